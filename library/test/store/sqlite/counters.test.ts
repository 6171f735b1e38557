import { describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../../src/errors.js'
import type { Counters } from '../../../src/store/counters.js'
import { openFile } from '../../../src/store/sqlite/open-file.js'
import { forgetSurplusCounts } from '../../../src/store/sqlite/sweep.js'
import type { Store } from '../../../src/store/store.js'
import { createManualClock } from '../../../src/testing/index.js'
import { driver, inPlace, newSession, type Place } from './support.js'

const HOUR = 3_600_000
const RATE = { quota: 2, window: HOUR }
const RULE = { max: 2, lockFor: HOUR, forgetAfter: HOUR }

function countersOf(store: Store): Counters {
  return store.counters ?? expect.fail('a SQLite store counts')
}

function count(place: Place, table: 'debt' | 'tally'): number {
  return (place.raw().prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n
}

describe('counts in a file', () => {
  it('survive the store that counted them', () =>
    inPlace(async (place) => {
      const first = await place.open()
      await countersOf(first).spend('k', RATE)
      await countersOf(first).attempt('k', RULE)
      await first.close()
      const second = countersOf(await place.open())
      expect((await second.spend('k', RATE)).remaining).toBe(0)
      expect((await second.attempt('k', RULE)).hasLocked).toBe(true)
    }))

  it('are refused while another process holds the lock, and a fault where they would be written', () =>
    inPlace(async (place) => {
      const counters = countersOf(await place.open({ busyTimeout: 50 }))
      await counters.spend('spent', RATE, 2)
      await counters.attempt('locked', { ...RULE, max: 1 })
      place.raw().exec('BEGIN IMMEDIATE')
      expect((await counters.spend('spent', RATE)).isAllowed).toBe(false)
      expect((await counters.spend('fresh', RATE, 0)).isAllowed).toBe(true)
      expect((await counters.attempt('locked', RULE)).isAllowed).toBe(false)
      expect(await counters.forget('fresh')).toBe(0)
      await expect(counters.spend('fresh', RATE)).rejects.toThrow(StoreUnavailable)
      await expect(counters.attempt('fresh', RULE)).rejects.toThrow(StoreUnavailable)
      await expect(counters.forget('locked')).rejects.toThrow(StoreUnavailable)
    }))

  it('are swept by counting alone, a bounded number at a time', () =>
    inPlace(async (place) => {
      const clock = createManualClock()
      const counters = countersOf(await place.open({ clock }))
      const all = Array.from({ length: 300 }, (_, index) => `k${index}`)
      await Promise.all(all.map((key) => counters.spend(key, RATE)))
      await Promise.all(all.map((key) => counters.attempt(key, RULE)))
      clock.advance(HOUR)
      let before = count(place, 'debt')
      for (let index = 0; index < 96; index += 1) {
        await counters.spend('again', { quota: 1_000, window: HOUR })
        const after = count(place, 'debt')
        expect(before - after).toBeLessThanOrEqual(32)
        before = after
      }
      expect([count(place, 'debt'), count(place, 'tally')]).toEqual([1, 0])
    }))

  it('are swept by sessions that begin, too', () =>
    inPlace(async (place) => {
      const clock = createManualClock()
      const store = await place.open({ clock })
      await countersOf(store).spend('k', RATE)
      await countersOf(store).attempt('k', RULE)
      clock.advance(HOUR)
      for (let index = 0; index < 8; index += 1) await store.create(newSession(store))
      expect([count(place, 'debt'), count(place, 'tally')]).toEqual([0, 0])
    }))

  it('are bounded: beyond, those that end first are forgotten', () =>
    inPlace(async (place) => {
      const clock = createManualClock()
      const counters = countersOf(await place.open({ clock }))
      await counters.spend('long', { quota: 1, window: 9 * HOUR })
      const others = Array.from({ length: 50 }, (_, index) => `k${index}`)
      await Promise.all(others.map((key) => counters.spend(key, RATE)))
      await Promise.all(others.map((key) => counters.attempt(key, RULE)))
      const connection = await openFile(driver, place.file, 1_000)
      const context = { connection, now: clock.now(), tombstoneFor: 0, lingerFor: 0 }
      forgetSurplusCounts(context, 50)
      expect([count(place, 'debt'), count(place, 'tally')]).toEqual([50, 50])
      forgetSurplusCounts(context, 1)
      connection.close()
      expect([count(place, 'debt'), count(place, 'tally')]).toEqual([1, 1])
      expect((await counters.spend('long', { quota: 1, window: 9 * HOUR })).isAllowed).toBe(false)
    }))
})
