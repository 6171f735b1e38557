import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ChangeFeed } from '../../../src/store/change-feed.js'
import type { SqliteValue } from '../../../src/store/sqlite/index.js'
import type { Store } from '../../../src/store/store.js'
import { createManualClock } from '../../../src/testing/index.js'
import { prepareChildren } from './children.js'
import { driver, inPlace, newSession, start } from './support.js'

const run = prepareChildren()
const DAY = 86_400_000

function feedOf(store: Store): ChangeFeed {
  return store.changes ?? expect.fail('the store has no feed')
}

function listen(store: Store): string[] {
  const told: string[] = []
  feedOf(store).watch({
    onSession: (id) => told.push(`session ${id}`),
    onSubject: (subject) => told.push(`subject ${subject}`),
    onDocument: (name) => told.push(`document ${name}`),
    onEverything: () => told.push('everything'),
  })
  return told
}

/** SQLite as it is, until it shall not be able to read what such statements read. */
function createFragile() {
  const state: { broken: RegExp | undefined } = { broken: undefined }
  class DatabaseSync extends driver.DatabaseSync {
    override prepare(sql: string) {
      const statement = super.prepare(sql)
      return {
        run: statement.run.bind(statement),
        get: (...values: SqliteValue[]) => {
          if (state.broken?.test(sql) === true) throw new Error('disk I/O error')
          return statement.get(...values)
        },
        all: (...values: SqliteValue[]) => {
          if (state.broken?.test(sql) === true) throw new Error('disk I/O error')
          return statement.all(...values)
        },
      }
    }
  }
  return { state, driver: { DatabaseSync } }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('the change feed of a file', () => {
  it('tells of its own changes before the verb has answered, by their names', () =>
    inPlace(async (place) => {
      const store = await place.open()
      const id = await start(store)
      const told = listen(store)
      const order: string[] = []
      const ending = store.end(id, 'logged_out').then(() => order.push(`after ${told.join()}`))
      await ending
      expect(order).toEqual([`after session ${id}`])
      await store.endAll('ann', 'revoked_admin')
      await store.writeDocument('keys', 'a', 0)
      expect(told).toEqual([`session ${id}`, 'subject ann', 'document keys'])
    }))

  it('tells of those of others as soon as it is asked for its age, and each once', () =>
    inPlace(async (place) => {
      const [store, other] = [await place.open(), await place.open()]
      const told = listen(store)
      const ids = await Promise.all(Array.from({ length: 20 }, () => start(other)))
      for (const id of ids) await other.end(id, 'logged_out')
      expect(feedOf(store).age()).toBe(0)
      expect(told).toEqual(ids.map((id) => `session ${id}`))
      const own = await start(store)
      await store.end(own, 'logged_out')
      expect(feedOf(store).age()).toBe(0)
      expect(told.slice(20)).toEqual([`session ${own}`])
    }))

  it('tells of another process without being asked', () =>
    inPlace(async (place) => {
      const store = await place.open()
      const id = await start(store)
      const told = listen(store)
      await run('increment', { file: place.file, id, times: 3 }).done
      await vi.waitFor(() => expect(told).toEqual(Array(3).fill(`session ${id}`)), 1_000)
    }))

  it('tells everything where more has changed than is written down', () =>
    inPlace(async (place) => {
      const [store, other] = [await place.open(), await place.open()]
      const told = listen(store)
      const id = await start(other)
      const write = (): Promise<unknown> => other.change(id, { increment: new Map([['n', 1]]) })
      for (let index = 0; index < 11; index += 1) {
        await Promise.all(Array.from({ length: 100 }, write))
      }
      expect(feedOf(store).age()).toBe(0)
      expect(told).toEqual(['everything'])
      expect(place.raw().prepare('SELECT count(*) AS n FROM change').get()).toEqual({ n: 1_024 })
      await write()
      expect(feedOf(store).age()).toBe(0)
      expect(told).toEqual(['everything', `session ${id}`])
    }))

  it('knows nothing while the file cannot be read, and then tells what it missed', () =>
    inPlace(async (place) => {
      const fragile = createFragile()
      const [store, other] = [await place.open({ driver: fragile.driver }), await place.open()]
      const told = listen(store)
      const id = await start(other)
      fragile.state.broken = /data_version|FROM change/
      await other.end(id, 'logged_out')
      expect([feedOf(store).age(), told]).toEqual([Infinity, []])
      fragile.state.broken = undefined
      expect([feedOf(store).age(), told]).toEqual([0, [`session ${id}`]])
    }))

  it('tells everything at first where the file could not be read when somebody began to watch', () =>
    inPlace(async (place) => {
      const fragile = createFragile()
      const store = await place.open({ driver: fragile.driver })
      fragile.state.broken = /data_version|FROM change/
      const told = listen(store)
      expect(feedOf(store).age()).toBe(Infinity)
      fragile.state.broken = undefined
      expect([feedOf(store).age(), told]).toEqual([0, ['everything']])
    }))

  it('answers a write that is committed, though its news could not be read; they are told later', () =>
    inPlace(async (place) => {
      const fragile = createFragile()
      const store = await place.open({ driver: fragile.driver })
      const told = listen(store)
      fragile.state.broken = /FROM change/
      expect(await store.writeDocument('keys', 'a', 0)).toMatchObject({ revision: 1 })
      expect([feedOf(store).age(), told]).toEqual([Infinity, []])
      fragile.state.broken = undefined
      expect([feedOf(store).age(), told]).toEqual([0, ['document keys']])
    }))

  it('looks by itself while somebody watches, and not after that, nor once it is closed', () =>
    inPlace(async (place) => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
      const store = await place.open()
      const watcher = {
        onSession: () => undefined,
        onSubject: () => undefined,
        onDocument: () => undefined,
        onEverything: () => undefined,
      }
      const [first, second] = [feedOf(store).watch(watcher), feedOf(store).watch(watcher)]
      expect(vi.getTimerCount()).toBe(1)
      first.close()
      expect(vi.getTimerCount()).toBe(1)
      second.close()
      second.close()
      expect(vi.getTimerCount()).toBe(0)
      feedOf(store).watch(watcher)
      await store.close()
      expect(vi.getTimerCount()).toBe(0)
      expect(feedOf(store).age()).toBe(Infinity)
    }))
})

describe('what is written down', () => {
  it('lists what ran out of time among the endings, while its record lingers', () =>
    inPlace(async (place) => {
      const clock = createManualClock()
      const store = await place.open({ clock })
      const since = clock.now()
      const expires = await start(store, { idleTimeout: 1_000 })
      const replaced = await start(store)
      await store.end(replaced, 'signed_in', { after: 2_000 })
      clock.advance(1_000)
      const first = await feedOf(store).endings(since)
      expect(first.sessions).toEqual([{ id: expires, endedAt: since + 1_000 }])
      clock.advance(1_000)
      const second = await feedOf(store).endings(since + 1_001)
      expect(second.sessions).toEqual([{ id: replaced, endedAt: since + 2_000 }])
    }))

  it('looks the endings up by their instants, however many there are', () =>
    inPlace(async (place) => {
      await (await place.open()).close()
      const plan = (sql: string): string =>
        JSON.stringify(place.raw().prepare(`EXPLAIN QUERY PLAN ${sql}`).all())
      expect(plan('SELECT id FROM tombstone WHERE ended_at >= 1')).toContain('tombstone_by_instant')
      expect(plan('SELECT id FROM session WHERE expires_at >= 1 AND expires_at <= 2')).toContain(
        'session_by_expiry',
      )
      expect(plan('SELECT subject FROM subject WHERE epoch_at >= 1')).toContain('subject_by_epoch')
    }))

  it('notes that a document is read once a day', () =>
    inPlace(async (place) => {
      const clock = createManualClock()
      const store = await place.open({ clock })
      await store.writeDocument('keys', 'a', 0)
      const forgetAt = (): unknown => place.raw().prepare('SELECT forget_at FROM document').get()
      const first = forgetAt()
      clock.advance(DAY / 2)
      await store.readDocument('keys')
      expect(forgetAt()).toEqual(first)
      clock.advance(DAY)
      await store.readDocument('keys')
      expect(forgetAt()).not.toEqual(first)
    }))

  it('holds no half of a family', () =>
    inPlace(async (place) => {
      const store = await place.open()
      const family = { seedDigest: 'seed', lifetime: 1_000 }
      await store.create(newSession(store, { family }))
      for (const column of ['generation', 'rotated_at', 'is_presented', 'family_expires_at']) {
        const sql = `UPDATE session SET ${column} = NULL`
        expect(() => place.exec(sql), column).toThrow('CHECK constraint failed')
      }
      expect(() => place.exec(`UPDATE session SET generation = 9007199254740992`)).toThrow('CHECK')
    }))
})
