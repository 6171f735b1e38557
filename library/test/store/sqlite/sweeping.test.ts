import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/testing/index.js'
import { inPlace, newSession, start, type Place } from './support.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

function count(place: Place, table: string): number {
  const row = place.raw().prepare(`SELECT count(*) AS n FROM ${table}`).get()
  return (row as { n: number }).n
}

describe('sweeping', () => {
  it('keeps a file as large as the most it held at once, however many sessions pass through', () =>
    inPlace(async (place) => {
      const clock = createManualClock()
      const store = await place.open({ clock, tombstoneFor: HOUR, lingerFor: HOUR })
      const pages: number[] = []
      for (let round = 0; round < 20; round += 1) {
        const subject = `user ${round}`
        await Promise.all(Array.from({ length: 200 }, () => start(store, { subject })))
        await store.endAll(subject, 'revoked_admin')
        await store.reap(subject, 100)
        clock.advance(3 * HOUR)
        pages.push(Number((await store.check()).details['pages']))
      }
      // By then the latest 1,024 changes are written down, and no more ever are.
      expect(Math.max(...pages.slice(12))).toBeLessThanOrEqual((pages[11] ?? 0) + 2)
      expect(count(place, 'session')).toBeLessThan(500)
      expect(count(place, 'tombstone')).toBeLessThan(500)
    }))

  it('removes a bounded number of rows with one creation, and all of them in the end', () =>
    inPlace(async (place) => {
      const clock = createManualClock()
      const store = await place.open({ clock })
      await Promise.all(Array.from({ length: 400 }, () => start(store)))
      clock.advance(2 * DAY)
      let before = count(place, 'session')
      for (let index = 0; index < 150; index += 1) {
        await store.create(newSession(store, { subject: 'bob' }))
        const after = count(place, 'session')
        expect(before + 1 - after).toBeLessThanOrEqual(32)
        before = after
      }
      expect(count(place, `session WHERE subject = 'ann'`)).toBe(0)
    }))

  it('keeps the record of a subject while a session of it may be found, and a disabled one always', () =>
    inPlace(async (place) => {
      const clock = createManualClock()
      const store = await place.open({ clock })
      const lives = { idleTimeout: 60 * DAY, absoluteTimeout: 60 * DAY }
      await start(store, lives)
      await store.endAll('ann', 'revoked_admin')
      await store.changeSubject('eve', { isDisabled: true })
      await store.changeSubject('bob', { set: new Map([['role', '"admin"']]) })
      const sweepAll = async (): Promise<void> => {
        for (let index = 0; index < 16; index += 1) await start(store, { subject: 'cid' })
      }
      clock.advance(59 * DAY)
      await sweepAll()
      expect((await store.readSubject('ann')).epoch).toBe(1)
      expect((await store.readSubject('bob')).attributes.size).toBe(0)
      clock.advance(10 * DAY)
      await sweepAll()
      clock.advance(DAY)
      await sweepAll()
      expect((await store.readSubject('ann')).epoch).toBe(0)
      expect((await store.readSubject('eve')).isDisabled).toBe(true)
    }))
})
