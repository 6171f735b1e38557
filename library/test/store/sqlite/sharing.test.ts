import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Store } from '../../../src/store/store.js'
import { driver, inPlace, newSession, start } from './support.js'

/** SQLite as it is, with a note of how long the lock was free before each transaction. */
function createWatch() {
  const free: number[] = []
  let committedAt = Number.NaN
  class DatabaseSync extends driver.DatabaseSync {
    override exec(sql: string): void {
      if (sql.startsWith('BEGIN')) free.push(performance.now() - committedAt)
      super.exec(sql)
      if (sql === 'COMMIT') committedAt = performance.now()
    }
  }
  return { free, driver: { DatabaseSync } }
}

async function writeFor(store: Store, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds
  while (performance.now() < until) await store.create(newSession(store))
}

/** Who looks once in a millisecond finds a lock that is free for so long. */
const FINDABLE = 1.8

describe('a process that writes without a break', () => {
  it('leaves the file to others for a moment, several times in what they wait for it', () =>
    inPlace(async (place) => {
      const watch = createWatch()
      const store = await place.open({ driver: watch.driver })
      await writeFor(store, 500)
      const breaks = watch.free.filter((milliseconds) => milliseconds >= FINDABLE)
      expect(breaks.length).toBeGreaterThanOrEqual(2)
      expect(watch.free.length).toBeGreaterThan(breaks.length)
    }))

  it('does so more often once it has met another', () =>
    inPlace(async (place) => {
      const watch = createWatch()
      const store = await place.open({ driver: watch.driver, busyTimeout: 5_000 })
      const other = place.raw()
      other.exec('BEGIN IMMEDIATE')
      const meeting = start(store)
      await pause(10)
      other.exec('COMMIT')
      await meeting
      watch.free.length = 0
      await writeFor(store, 500)
      const breaks = watch.free.filter((milliseconds) => milliseconds >= FINDABLE)
      expect(breaks.length).toBeGreaterThanOrEqual(20)
    }))

  it('takes no break where it writes now and then', () =>
    inPlace(async (place) => {
      const watch = createWatch()
      const store = await place.open({ driver: watch.driver })
      const id = await start(store)
      const waits: number[] = []
      for (let index = 0; index < 20; index += 1) {
        const since = performance.now()
        await store.change(id, { seen: true })
        waits.push(performance.now() - since)
        await pause(5)
      }
      waits.sort((left, right) => left - right)
      expect(waits[5]).toBeLessThan(FINDABLE)
    }))
})
