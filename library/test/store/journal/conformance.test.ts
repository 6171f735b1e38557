import { expect, describe, it } from 'vitest'
import { createJournal } from '../../../src/store/journal.js'
import { MemoryStore } from '../../../src/store/memory.js'
import { Tables } from '../../../src/store/memory/tables.js'
import { STORE_DEFAULTS } from '../../../src/store/store.js'
import { altered } from '../near-cache/support.js'
import { createManualClock, describeStoreConformance } from '../../../src/testing/index.js'

/**
 * The whole contract, seen through a journal; the other handle has one of its own. The suite does not see the feed: the
 * journal watches it all the time.
 */
const harness = {
  async open() {
    const clock = createManualClock()
    const tables = new Tables(STORE_DEFAULTS)
    const open = (): ReturnType<typeof createJournal> => {
      const memory = new MemoryStore({ clock, routingKey: 'the same for both' }, tables)
      return createJournal(Object.assign(memory, { mayForget: true }), { clock })
    }
    const journals = [open(), open()] as const
    return {
      clock,
      tables,
      store: altered(journals[0].store, { changes: undefined }),
      second: () => altered(journals[1].store, { changes: undefined }),
      advance: (milliseconds: number) => clock.advance(milliseconds),
      async close() {
        for (const journal of journals) {
          await journal.store.close()
          expect(journal.stats()).toMatchObject({ rollbacks: 0, resets: 0, pending: 0 })
        }
      },
    }
  },
  forgetIndex: ({ tables }: { tables: Tables }, subject: string) => tables.forgetIndex(subject),
}

describeStoreConformance(
  'memory behind a journal',
  harness,
  { describe, it },
  { operations: 1_000 },
)
