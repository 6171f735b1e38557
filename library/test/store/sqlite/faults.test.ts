import { renameSync, rmSync, truncateSync, openSync, writeSync, closeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../../src/errors.js'
import type { Store } from '../../../src/store/store.js'
import type { SqliteDriver } from '../../../src/store/sqlite/index.js'
import { driver, inPlace, newSession, start, type Place } from './support.js'

async function expectUnavailable(promise: Promise<unknown>, word: string): Promise<void> {
  const fault = await promise.catch((error: unknown) => error)
  expect(fault).toBeInstanceOf(StoreUnavailable)
  expect((fault as Error).message).toContain(word)
  expect((fault as Error).cause).toBeInstanceOf(Error)
}

/** Every verb that writes. */
function writesOf(store: Store, id: string): Promise<unknown>[] {
  return [
    store.create(newSession(store)),
    store.change(id, { seen: true }),
    store.change(id, { traits: { methods: 'pwd' } }),
    store.end(id, 'logged_out'),
    store.endAll('ann', 'logged_out'),
    store.reap('ann', 10),
    store.changeSubject('ann', { isDisabled: true }),
  ]
}

/** Every verb that only reads finds what it should. */
async function expectReadable(store: Store, id: string): Promise<void> {
  expect((await store.read(id)).status).toBe('found')
  expect((await store.list('ann', { limit: 10 })).records.map((record) => record.id)).toEqual([id])
  expect((await store.readSubject('ann')).epoch).toBe(0)
}

describe('a file that another connection has locked', () => {
  it('fails every write within 600 ms, lets reads through, and comes back by itself', () =>
    inPlace(async (place) => {
      const store = await place.open()
      const id = await start(store)
      const other = place.raw()
      other.exec('BEGIN EXCLUSIVE')
      const since = performance.now()
      const writes = writesOf(store, id)
      await expectReadable(store, id)
      await Promise.all(writes.map((write) => expectUnavailable(write, 'lock')))
      expect(performance.now() - since).toBeLessThan(600)
      expect((await store.check()).details['isWritable']).toBe(false)
      other.exec('ROLLBACK')
      await expectReadable(store, id)
      expect((await store.end(id, 'logged_out')).status).toBe('ended')
      expect((await store.check()).details['isWritable']).toBe(true)
    }))

  it('stops neither the event loop nor fifty writes longer than one', () =>
    inPlace(async (place) => {
      const store = await place.open()
      place.raw().exec('BEGIN EXCLUSIVE')
      const since = performance.now()
      let turns = 0
      const watch = setInterval(() => (turns += 1), 1)
      const writes = Array.from({ length: 50 }, () => store.create(newSession(store)))
      await Promise.all(writes.map((write) => expectUnavailable(write, 'lock')))
      clearInterval(watch)
      expect(performance.now() - since).toBeLessThan(600)
      expect(turns).toBeGreaterThan(10)
    }))

  it('is waited for: what is asked while it is locked happens once it is free', () =>
    inPlace(async (place) => {
      const store = await place.open({ busyTimeout: 5_000 })
      const id = await start(store)
      const other = place.raw()
      other.exec('BEGIN IMMEDIATE')
      const writes = Array.from({ length: 100 }, () =>
        store.change(id, { increment: new Map([['n', 1]]) }),
      )
      await pause(50)
      other.exec('COMMIT')
      await Promise.all(writes)
      expect(await store.read(id)).toMatchObject({ record: { revision: 100 } })
    }))

  it('gives each write its own patience: what comes later is not failed with what came first', () =>
    inPlace(async (place) => {
      const store = await place.open({ busyTimeout: 300 })
      const other = place.raw()
      other.exec('BEGIN IMMEDIATE')
      const first = expectUnavailable(store.create(newSession(store)), 'lock')
      await pause(200)
      const second = start(store)
      await first
      other.exec('COMMIT')
      expect((await store.read(await second)).status).toBe('found')
    }))
})

describe('a file that may only be read', () => {
  class ReadOnly extends (driver.DatabaseSync as new (
    path: string,
    options: { readOnly: boolean },
  ) => InstanceType<SqliteDriver['DatabaseSync']>) {
    constructor(path: string) {
      super(path, { readOnly: true })
    }
  }

  it('fails every write at once, and lets reads through', () =>
    inPlace(async (place) => {
      const id = await start(await place.open())
      const store = await place.open({ driver: { DatabaseSync: ReadOnly } })
      const writes = writesOf(store, id)
      await Promise.all(writes.map((write) => expectUnavailable(write, 'read-only')))
      await expectReadable(store, id)
      expect((await store.check()).details['isWritable']).toBe(false)
    }))
})

describe('a disk that is full', () => {
  /** SQLite's own limit answers with the very fault of a full disk, in the same place. */
  class Small extends driver.DatabaseSync {
    constructor(path: string) {
      super(path)
      this.exec('PRAGMA max_page_count = 40')
    }
  }

  it('fails what does not fit, keeps what did, and takes more once there is room', () =>
    inPlace(async (place) => {
      const store = await place.open({ driver: { DatabaseSync: Small } })
      const ids: string[] = []
      let fault: unknown
      while (fault === undefined) {
        const data = new Map([['blob', JSON.stringify('x'.repeat(2_000))]])
        await start(store, { data, subject: `user ${ids.length}` }).then(
          (id) => ids.push(id),
          (error: unknown) => (fault = error),
        )
      }
      expect(fault).toBeInstanceOf(StoreUnavailable)
      expect((fault as Error).message).toContain('the disk is full')
      expect(ids.length).toBeGreaterThan(5)
      for (const id of ids) expect((await store.read(id)).status).toBe('found')
      await store.close()
      const roomy = await place.open()
      expect((await roomy.read(await start(roomy))).status).toBe('found')
      expect((await roomy.read(ids[0] ?? '')).status).toBe('found')
    }))

  it('fails all writes that shared the commit, for none of them is kept', () =>
    inPlace(async (place) => {
      const store = await place.open({ driver: { DatabaseSync: Small } })
      const data = new Map([['blob', JSON.stringify('x'.repeat(20_000))]])
      const sessions = Array.from({ length: 30 }, () => newSession(store, { data }))
      const results = await Promise.allSettled(sessions.map((session) => store.create(session)))
      for (const [index, { id }] of sessions.entries()) {
        const { status } = await store.read(id)
        expect(status).toBe(results[index]?.status === 'fulfilled' ? 'found' : 'missing')
      }
      expect(results.some(({ status }) => status === 'rejected')).toBe(true)
    }))
})

describe('a file that is not what it was', () => {
  async function closed(place: Place): Promise<string> {
    const store = await place.open()
    for (let index = 0; index < 200; index += 1) await start(store)
    const id = await start(store)
    await store.close()
    return id
  }

  it('is StoreUnavailable where its pages are damaged, and never an answer', () =>
    inPlace(async (place) => {
      const id = await closed(place)
      // Where each table and each index begins; the schema itself stays whole.
      const roots = place
        .raw()
        .prepare('SELECT rootpage FROM sqlite_schema WHERE rootpage > 1')
        .all()
      const descriptor = openSync(place.file, 'r+')
      for (const { rootpage } of roots as { rootpage: number }[]) {
        writeSync(descriptor, Buffer.alloc(4_096, 0xa5), 0, 4_096, (rootpage - 1) * 4_096)
      }
      closeSync(descriptor)
      await expectUnavailable(place.open(), 'damaged')
      // With a key of its own the store need not read one from the file.
      const store = await place.open({ routingKey: 'k' })
      await expectUnavailable(store.read(id), 'damaged')
      await expectUnavailable(store.list('ann', { limit: 10 }), 'damaged')
    }))

  it('is StoreUnavailable where its end is missing', () =>
    inPlace(async (place) => {
      const id = await closed(place)
      truncateSync(place.file, 12_288)
      const outcome = await place
        .open()
        .then(
          (store) => store.read(id),
          (error: unknown) => Promise.reject(error as Error),
        )
        .catch((error: unknown) => error)
      expect(outcome).toBeInstanceOf(StoreUnavailable)
    }))

  it('is told by check where it was removed or replaced while it was open', () =>
    inPlace(async (place) => {
      const store = await place.open()
      await store.check()
      renameSync(place.file, `${place.file}.old`)
      await expect(store.check()).rejects.toThrow('removed while it was open')
      await expect(store.check()).rejects.toBeInstanceOf(StoreUnavailable)
      rmSync(`${place.file}-wal`, { force: true })
      rmSync(`${place.file}-shm`, { force: true })
      await place.open()
      await expect(store.check()).rejects.toThrow('replaced while it was open')
    }))
})

describe('writes that share a commit', () => {
  it('do not suffer from a mistake in the values of one of them', () =>
    inPlace(async (place) => {
      const store = await place.open()
      const good = Array.from({ length: 5 }, () => newSession(store))
      const bad = { ...newSession(store), secretDigest: undefined as unknown as string }
      const results = await Promise.allSettled(
        [...good.slice(0, 3), bad, ...good.slice(3)].map((session) => store.create(session)),
      )
      expect(results.map(({ status }) => status).join()).toBe(
        'fulfilled,fulfilled,fulfilled,rejected,fulfilled,fulfilled',
      )
      for (const { id } of good) expect((await store.read(id)).status).toBe('found')
      expect((await store.read(bad.id)).status).toBe('missing')
    }))
})
