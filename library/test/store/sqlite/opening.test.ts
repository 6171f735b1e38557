import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { InvalidOption, StoreUnavailable } from '../../../src/errors.js'
import type { Connection } from '../../../src/store/sqlite/connection.js'
import { openFile } from '../../../src/store/sqlite/open-file.js'
import { APPLICATION_ID, MIGRATIONS, type Migration } from '../../../src/store/sqlite/schema.js'
import { openSqliteStore, type SqliteStoreOptions } from '../../../src/store/sqlite/index.js'
import { prepareChildren } from './children.js'
import { driver, inPlace, start, type Place } from './support.js'

const run = prepareChildren()

async function faultOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.catch((error: unknown) => error)
  expect(outcome).toBeInstanceOf(Error)
  return outcome as Error
}

function pragma(place: Place, name: string): unknown {
  return Object.values(place.raw().prepare(`PRAGMA ${name}`).get() as object)[0]
}

describe('openSqliteStore', () => {
  it('creates a file with a write-ahead log, for its owner alone', () =>
    inPlace(async (place) => {
      await start(await place.open())
      expect(pragma(place, 'journal_mode')).toBe('wal')
      expect(pragma(place, 'user_version')).toBe(MIGRATIONS.length)
      expect(pragma(place, 'application_id')).toBe(APPLICATION_ID)
      for (const end of ['', '-wal', '-shm']) {
        expect(statSync(place.file + end).mode & 0o777, end).toBe(0o600)
      }
    }))

  it('keeps what it holds, and the bucket of every subject, when it is opened again', () =>
    inPlace(async (place) => {
      const first = await place.open()
      const id = await start(first, { data: new Map([['a', '1']]) })
      const bucket = first.bucketOf('ann')
      await first.close()
      const second = await place.open()
      expect(await second.read(id)).toMatchObject({ status: 'found', record: { id } })
      expect(second.bucketOf('ann')).toBe(bucket)
    }))

  it('leaves one file that is whole by itself when it is closed, and closes twice without a word', () =>
    inPlace(async (place) => {
      const store = await place.open()
      const id = await start(store)
      await store.close()
      await store.close()
      const rest = readdirSync(place.folder).filter((name) => name.endsWith('-wal'))
      for (const name of rest) expect(statSync(join(place.folder, name)).size).toBe(0)
      const row = place.raw().prepare('SELECT id FROM session').get()
      expect(row).toEqual({ id })
    }))

  it('answers what was asked before it was closed, and StoreUnavailable afterwards', () =>
    inPlace(async (place) => {
      const store = await place.open()
      const starting = Promise.all(Array.from({ length: 200 }, () => start(store)))
      await store.close()
      expect(await starting).toHaveLength(200)
      const calls = [
        store.read('AA.x'),
        start(store),
        store.list('ann', { limit: 1 }),
        store.check(),
      ]
      for (const fault of await Promise.all(calls.map(faultOf))) {
        expect(fault).toBeInstanceOf(StoreUnavailable)
        expect(fault.message).toContain('closed')
      }
      expect(place.raw().prepare('SELECT count(*) AS n FROM session').get()).toEqual({ n: 200 })
    }))

  it('is opened by many at once on a file that is not there yet', () =>
    inPlace(async (place) => {
      const stores = await Promise.all(Array.from({ length: 10 }, () => place.open()))
      const id = await start(stores[0] ?? expect.fail())
      for (const store of stores) expect((await store.read(id)).status).toBe('found')
    }))

  it.each<[string, Partial<SqliteStoreOptions>]>([
    ['file', { file: '' }],
    ['file', { file: ':memory:' }],
    ['file', { file: 'file:x?mode=memory' }],
    ['busyTimeout', { busyTimeout: -1 }],
    ['busyTimeout', { busyTimeout: Number.NaN }],
    ['openTimeout', { openTimeout: Number.POSITIVE_INFINITY }],
    ['tombstoneFor', { tombstoneFor: '1h' as never }],
    ['lingerFor', { lingerFor: -1 }],
  ])('refuses a wrong option by its name: %s %j', async (name, options) => {
    const fault = await faultOf(openSqliteStore({ file: '/nowhere/at/all', ...options }))
    expect(fault).toBeInstanceOf(InvalidOption)
    expect(fault.message).toMatch(new RegExp(`^${name}:`))
  })

  it('says so where the folder is not there', () =>
    inPlace(async (place) => {
      const file = join(place.folder, 'no', 'such', 'sessions.db')
      const fault = await faultOf(openSqliteStore({ file }))
      expect(fault).toBeInstanceOf(InvalidOption)
      expect(fault.message).toContain(join(place.folder, 'no', 'such'))
    }))
})

describe('a file that is not to be used', () => {
  it('is refused where a later version wrote it, and left as it was', () =>
    inPlace(async (place) => {
      await (await place.open()).close()
      place.exec('PRAGMA user_version = 99')
      const fault = await faultOf(place.open())
      expect(fault).toBeInstanceOf(InvalidOption)
      expect(fault.message).toContain('schema version 99')
      expect(pragma(place, 'user_version')).toBe(99)
    }))

  it.each([
    ['has tables of its own', 'CREATE TABLE account (id TEXT)'],
    ['has a version of its own', 'PRAGMA user_version = 1'],
    ['has a name of its own', 'PRAGMA application_id = 1'],
  ])('is refused where it belongs to another application: it %s', (_, sql) =>
    inPlace(async (place) => {
      place.exec(sql)
      const before = place.raw().prepare('SELECT * FROM sqlite_schema').all()
      const fault = await faultOf(place.open())
      expect(fault).toBeInstanceOf(InvalidOption)
      expect(fault.message).toContain('belongs to another application')
      expect(place.raw().prepare('SELECT * FROM sqlite_schema').all()).toEqual(before)
      expect(pragma(place, 'journal_mode')).toBe('delete')
    }),
  )

  it('is StoreUnavailable where it is not a database, or a folder', () =>
    inPlace(async (place) => {
      writeFileSync(place.file, 'The quick brown fox jumps over the lazy dog.\n'.repeat(100))
      const fault = await faultOf(place.open())
      expect(fault).toBeInstanceOf(StoreUnavailable)
      expect(fault.message).toContain('not a SQLite database')
      expect(fault.cause).toBeInstanceOf(Error)
      mkdirSync(join(place.folder, 'folder.db'))
      const other = await faultOf(openSqliteStore({ file: join(place.folder, 'folder.db') }))
      expect(other).toBeInstanceOf(StoreUnavailable)
    }))

  it('is StoreUnavailable within openTimeout where another process holds it for itself', () =>
    inPlace(async (place) => {
      // Made by a process that is gone: a store closed here may keep its file until the garbage is collected.
      await run('create', { file: place.file, times: 0 }).done
      place.raw().exec('PRAGMA locking_mode = EXCLUSIVE; UPDATE setting SET value = value')
      const since = performance.now()
      const fault = await faultOf(place.open({ openTimeout: 100 }))
      expect(fault).toBeInstanceOf(StoreUnavailable)
      expect(fault.message).toContain('another process holds its lock')
      expect(performance.now() - since).toBeLessThan(400)
    }))
})

describe('migration', () => {
  const addColumn: Migration = (connection) => {
    connection.exec('ALTER TABLE session ADD COLUMN colour TEXT')
  }
  const fail: Migration = (connection) => {
    connection.exec('CREATE TABLE half (done TEXT)')
    throw new Error('a migration that fails')
  }

  async function migrated(place: Place, ...steps: readonly Migration[]): Promise<void> {
    const connection = await openFile(driver, place.file, 1_000, [...MIGRATIONS, ...steps])
    connection.close()
  }

  it('brings an older file up to date and keeps its sessions', () =>
    inPlace(async (place) => {
      const store = await place.open()
      const id = await start(store)
      await store.close()
      await migrated(place, addColumn)
      expect(place.raw().prepare('SELECT id, colour FROM session').all()).toEqual([
        { id, colour: null },
      ])
      expect(pragma(place, 'user_version')).toBe(MIGRATIONS.length + 1)
      expect((await faultOf(place.open())).message).toContain('install a later version')
    }))

  /** A file as the first version made it, with one session in it. */
  async function firstVersion(place: Place): Promise<Connection> {
    const connection = await openFile(driver, place.file, 1_000, MIGRATIONS.slice(0, 1))
    const now = Date.now()
    connection.run(
      `INSERT INTO session VALUES ('AA.old', 1, 'ann', 'digest', NULL, NULL, ?1, ?1, ?1, 3600000,
        ?1 + 86400000, NULL, 0, 1, ?1 + 3600000, '{"methods":"pwd"}', '[["a",1,"1"]]')`,
      now,
    )
    connection.run(
      `INSERT INTO tombstone VALUES ('AA.ended', 'ann', 'logged_out', ?1, ?1 + 9999)`,
      now,
    )
    connection.run(
      `INSERT INTO subject VALUES ('bob', 3, 'revoked_admin', ?1, 1, '[["r","1"]]', ?1)`,
      now,
    )
    return connection
  }

  it('brings a file of the first version up to date, with all that it holds', () =>
    inPlace(async (place) => {
      ;(await firstVersion(place)).close()
      const store = await place.open()
      const read = await store.read('AA.old')
      expect(read).toMatchObject({
        status: 'found',
        record: { secretDigest: 'digest', family: undefined, traits: { methods: 'pwd' } },
        subject: { epoch: 0, version: 0 },
      })
      expect(read.status === 'found' && read.record.data).toEqual(
        new Map([['a', { json: '1', revision: 1 }]]),
      )
      expect(await store.read('AA.ended')).toMatchObject({ ending: { reason: 'logged_out' } })
      expect(await store.readSubject('bob')).toMatchObject({
        epoch: 3,
        isDisabled: true,
        version: 0,
      })
      await store.change('AA.old', { family: { seedDigest: 'seed', lifetime: 60_000 } })
      expect(await store.read('AA.old')).toMatchObject({ record: { family: { generation: 1 } } })
      expect((await store.list('ann', { limit: 10 })).records).toHaveLength(1)
      const columns = place.raw().prepare('PRAGMA table_info(session)').all() as { name: string }[]
      expect(columns.at(-1)?.name).toBe('data')
    }))

  it('leaves a process of the first version that has the file open at work, and none in', () =>
    inPlace(async (place) => {
      const old = await firstVersion(place)
      const store = await place.open()
      const told: string[] = []
      store.changes?.watch({
        onSession: (id) => told.push(id),
        onSubject: (subject) => told.push(subject),
        onDocument: () => undefined,
        onEverything: () => told.push('everything'),
      })
      old.run(`UPDATE session SET last_seen_at = last_seen_at, expires_at = expires_at`)
      expect([store.changes?.age(), told]).toEqual([0, []])
      old.run(`UPDATE session SET revision = 2, data = '[]' WHERE id = 'AA.old'`)
      old.run(`UPDATE subject SET epoch = 4, attributes = '[]' WHERE subject = 'bob'`)
      old.run(`INSERT OR REPLACE INTO tombstone VALUES ('AA.x', 'ann', 'logged_out', 1, 2)`)
      expect([store.changes?.age(), told]).toEqual([0, ['AA.old', 'bob', 'AA.x']])
      old.close()
      const fault = await faultOf(openFile(driver, place.file, 1_000, MIGRATIONS.slice(0, 1)))
      expect(fault).toBeInstanceOf(InvalidOption)
      expect(fault.message).toContain(`schema version ${String(MIGRATIONS.length)}`)
    }))

  it('brings a file of the second version up to date, and a process of it stays at work', () =>
    inPlace(async (place) => {
      const old = await openFile(driver, place.file, 1_000, MIGRATIONS.slice(0, 2))
      const tables = (): number =>
        place.raw().prepare(`SELECT name FROM sqlite_schema WHERE name IN ('debt', 'tally')`).all()
          .length
      expect(tables()).toBe(0)
      old.run(`INSERT INTO document VALUES ('keys', 1, 9e15, 'a')`)
      const store = await place.open()
      expect(tables()).toBe(2)
      expect(await store.readDocument('keys')).toEqual({ text: 'a', revision: 1 })
      expect((await store.counters?.spend('k', { quota: 2, window: 60_000 }))?.remaining).toBe(1)
      old.run(`UPDATE document SET revision = 2, text = 'b'`)
      expect((await store.readDocument('keys'))?.text).toBe('b')
      old.close()
      const fault = await faultOf(openFile(driver, place.file, 1_000, MIGRATIONS.slice(0, 2)))
      expect(fault.message).toContain('schema version 3')
    }))

  it('happens whole or not at all', () =>
    inPlace(async (place) => {
      await (await place.open()).close()
      await expect(migrated(place, addColumn, fail)).rejects.toThrow('a migration that fails')
      expect(pragma(place, 'user_version')).toBe(MIGRATIONS.length)
      const tables = place.raw().prepare('SELECT sql FROM sqlite_schema').all()
      expect(JSON.stringify(tables)).not.toMatch(/colour|half/)
      await (await place.open()).close()
    }))

  it('happens once where several open the file at the same time', () =>
    inPlace(async (place) => {
      await (await place.open()).close()
      await Promise.all(Array.from({ length: 5 }, () => migrated(place, addColumn)))
      expect(pragma(place, 'user_version')).toBe(MIGRATIONS.length + 1)
    }))
})
