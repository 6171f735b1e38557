import { describe, it } from 'vitest'
import { createNearCache } from '../../../src/store/near-cache.js'
import type { Tables } from '../../../src/store/memory/tables.js'
import type { Store } from '../../../src/store/store.js'
import { describeStoreConformance } from '../../../src/testing/index.js'
import { altered, openTwo } from './support.js'

/** Both handles have a near cache of their own; `face` is what the suite sees of each. */
function harness(face: (store: Store, tables: Tables) => Store) {
  return {
    async open() {
      const { clock, tables, one, two } = openTwo()
      const behind = (store: Store): Store => face(store, tables)
      const wrapped = [one, two].map((store) => behind(altered(store, { name: store.name })))
      const [store, other] = wrapped.map((each) => withClock(each))
      if (store === undefined || other === undefined) throw new RangeError('no stores')
      function withClock(each: Store): Store {
        return each
      }
      return {
        clock,
        tables,
        store,
        second: () => other,
        advance: (milliseconds: number) => clock.advance(milliseconds),
        close: () => Promise.all([store.close(), other.close()]).then(() => undefined),
      }
    },
  }
}

describeStoreConformance(
  'memory behind a near cache',
  harness((store) => createNearCache(store)),
  { describe, it },
)
