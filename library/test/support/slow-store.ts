import type { Store } from '../../src/store/store.js'
import { StoreUnavailable } from '../../src/errors.js'

/** A store whose writing verbs can be made slow or faulty, for tests of what the answer waits for. */
export interface HinderedStore {
  readonly store: Store
  /** Milliseconds that each writing verb takes from now on. */
  delay: number
  /** Verbs that fail from now on. */
  readonly failing: Set<keyof Store>
}

const WRITING: readonly (keyof Store)[] = [
  'create',
  'change',
  'rotate',
  'end',
  'endAll',
  'changeSubject',
  'writeDocument',
]

export function hindered(store: Store): HinderedStore {
  const state: HinderedStore = { store, delay: 0, failing: new Set<keyof Store>() }
  const proxy = new Proxy(store, {
    get(target, name: keyof Store) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        if (state.failing.has(name)) throw new StoreUnavailable(`${name} fails`)
        if (WRITING.includes(name)) await new Promise((resolve) => setTimeout(resolve, state.delay))
        return (value as (...args: unknown[]) => unknown).apply(target, args)
      }
    },
  })
  // bucketOf is answered at once, as by every store.
  return Object.assign(state, {
    store: new Proxy(proxy, {
      get: (target, name: keyof Store) =>
        name === 'bucketOf' ? store.bucketOf.bind(store) : (Reflect.get(target, name) as unknown),
    }),
  })
}
