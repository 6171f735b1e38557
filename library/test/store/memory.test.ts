import { describe, expect, it } from 'vitest'
import { InvalidOption, StoreUnavailable } from '../../src/errors.js'
import { createMemoryStore, MemoryStore } from '../../src/store/memory.js'
import { Tables } from '../../src/store/memory/tables.js'
import { STORE_DEFAULTS } from '../../src/store/store.js'
import { createManualClock, describeStoreConformance } from '../../src/testing/index.js'

const harness = {
  open() {
    const clock = createManualClock()
    const tables = new Tables(STORE_DEFAULTS)
    const options = { clock, routingKey: 'the same for both' }
    return {
      clock,
      tables,
      store: new MemoryStore(options, tables),
      second: () => new MemoryStore(options, tables),
      advance: (milliseconds: number) => clock.advance(milliseconds),
      close: () => undefined,
    }
  },
  forgetIndex: ({ tables }: { tables: Tables }, subject: string) => tables.forgetIndex(subject),
  countEntries({ tables, clock }: { tables: Tables; clock: { now(): number } }) {
    tables.sweepAll(clock.now())
    return Object.values(tables.sizes).reduce((sum, size) => sum + size, 0)
  },
}

describeStoreConformance('memory', harness, { describe, it })
