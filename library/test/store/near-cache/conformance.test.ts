import { describe, it } from 'vitest'
import type { Tables } from '../../../src/store/memory/tables.js'
import { createNearCache, type NearCache } from '../../../src/store/near-cache.js'
import type { Store } from '../../../src/store/store.js'
import { describeStoreConformance } from '../../../src/testing/index.js'
import { altered, openTwo } from './support.js'

/**
 * Two handles on one storage, each behind a near cache of its own; `face` is what the suite sees of them. It does
 * not see the feed: the near cache watches it all the time, and to pass it on is proved beside.
 */
function harness(face: (cache: NearCache, tables: Tables) => Store) {
  return {
    async open() {
      const { clock, tables, one, two } = openTwo()
      const [store, other] = [one, two].map((each) =>
        altered(face(createNearCache(each, { clock }), tables), { changes: undefined }),
      )
      if (store === undefined || other === undefined) throw new RangeError('no stores')
      return {
        clock,
        tables,
        store,
        second: () => other,
        advance: (milliseconds: number) => clock.advance(milliseconds),
        close: async () => void (await Promise.all([store.close(), other.close()])),
      }
    },
    forgetIndex: ({ tables }: { tables: Tables }, subject: string) => tables.forgetIndex(subject),
  }
}

describeStoreConformance(
  'memory behind a near cache',
  harness((cache) => cache),
  { describe, it },
)

// Every read looks into the near cache first, as requests do: what is served is held to the whole contract.
describeStoreConformance(
  'memory through a near cache',
  harness((cache, tables) =>
    altered(cache, {
      async read(id) {
        return cache.peek(id) ?? cache.read(id)
      },
      // That a session was seen is told to nobody, and here the other handle is asked about that, too.
      async change(id, change) {
        const result = await cache.change(id, change)
        if (change.seen === true) tables.watchers.session(id)
        return result
      },
      async rotate(id, rotation) {
        const result = await cache.rotate(id, rotation)
        if (rotation.isSeen) tables.watchers.session(id)
        return result
      },
      async readDocument(name) {
        const peeked = cache.peekDocument(name)
        return peeked === undefined ? cache.readDocument(name) : peeked.document
      },
    }),
  ),
  { describe, it },
)
