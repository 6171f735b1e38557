import type { StoreOptions } from '../store.js'
import type { Connection } from './connection.js'

/** What one call of a verb works with. `now` is the store's instant, the same for the whole call. */
export interface Context extends Readonly<Required<StoreOptions>> {
  readonly connection: Connection
  readonly now: number
}
