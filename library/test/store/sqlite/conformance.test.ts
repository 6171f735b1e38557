import { describe, expect, it } from 'vitest'
import { createManualClock, describeStoreConformance } from '../../../src/testing/index.js'
import { newPlace, newSession, type Place } from './support.js'
import type { Store } from '../../../src/store/store.js'

/** One more than there are creations between two sweeps, times what the longest test leaves to sweep. */
const SWEEPS = 64
/** `CONFORMANCE_OPERATIONS=10000` is what the suite does where nobody says how many; ten times that are done in memory. */
const OPERATIONS = Number(process.env['CONFORMANCE_OPERATIONS'] ?? 2_000)

const harness = {
  async open() {
    const clock = createManualClock()
    const place = newPlace()
    return {
      place,
      store: await place.open({ clock }),
      second: () => place.open({ clock }),
      advance: (milliseconds: number) => clock.advance(milliseconds),
      inspect: () => assertIntact(place),
      close: () => place[Symbol.asyncDispose](),
    }
  },
  corrupt({ place }: { place: Place }, id: string) {
    place.raw().prepare('UPDATE session SET version = 99 WHERE id = ?').run(id)
  },
  async countEntries({ place, store }: { place: Place; store: Store }) {
    for (let index = 0; index < SWEEPS; index += 1) {
      await store.create(newSession(store, { subject: 'sweeper' }))
    }
    const { count } = place
      .raw()
      .prepare(
        `SELECT (SELECT count(*) FROM session WHERE subject IS NOT 'sweeper')
          + (SELECT count(*) FROM tombstone) + (SELECT count(*) FROM subject)
          + (SELECT count(*) FROM debt) + (SELECT count(*) FROM tally) AS count`,
      )
      .get() as { count: number }
    return count
  },
}

function assertIntact(place: Place): void {
  expect(place.raw().prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
}

describeStoreConformance(
  'sqlite',
  harness,
  { describe, it },
  { operations: OPERATIONS, crowd: OPERATIONS },
)
