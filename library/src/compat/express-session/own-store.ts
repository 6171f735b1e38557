import { keepSessions } from '../kept/index.js'
import type { Store as ForeignStore } from 'express-session'
import type { Store as OwnStore } from '../../store/store.js'
import { UPGRADE, type ClassicStore, type KeepingStore } from './contract.js'

/** A store in the shape of connect-redis that can be more under this middleware. */
export interface UpgradableStore {
  [UPGRADE](): KeepingStore | undefined
}

/** Whatever was given as `store`, as a store with express-session's callbacks. */
export function toClassicStore(
  store: ForeignStore | ClassicStore | OwnStore | UpgradableStore,
): ClassicStore {
  const upgraded = UPGRADE in store ? store[UPGRADE]() : undefined
  if (upgraded !== undefined) return upgraded
  if ('bucketOf' in store) return keepSessions({ store })
  return store as ClassicStore
}
