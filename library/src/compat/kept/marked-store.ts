import { KEEPING, type StoreMethods } from '../express-session/contract.js'
import { Store } from '../express-session/store.js'

/** What our own stores have from their class. */
export interface MarkedMethods extends StoreMethods {
  readonly [KEEPING]: true
}

/** See {@link MarkedStore}. */
export interface MarkedStoreConstructor {
  new (): MarkedMethods
  readonly prototype: MarkedMethods
}

class Marked extends Store {}
Object.defineProperty(Marked.prototype, KEEPING, { value: true })

/** The `Store` of express-session with the mark by which the middleware knows our own. */
export const MarkedStore: MarkedStoreConstructor = Marked as unknown as MarkedStoreConstructor
