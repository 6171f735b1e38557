import { describe, expect, it } from 'vitest'
import { InvalidOption } from '../../../src/errors.js'
import {
  findSqliteDriver,
  isSafeVersion,
  versionOf,
  type DriverSource,
  type SqliteDriver,
} from '../../../src/store/sqlite/driver.js'
import { prepareChildren } from './children.js'

const run = prepareChildren()

/** A module of which nothing is real but the version that it tells. */
function fakeDriver(version: string): SqliteDriver {
  class DatabaseSync {
    readonly isTransaction = false
    prepare = () => ({ get: () => ({ version }), all: () => [], run: () => ({ changes: 0 }) })
    exec = () => undefined
    close = () => undefined
  }
  return { DatabaseSync }
}

function source(name: string, driver: SqliteDriver | undefined, claimed?: string): DriverSource {
  return { name, claimed, load: async () => driver }
}

describe('isSafeVersion', () => {
  it.each(['3.51.3', '3.51.10', '3.52.0', '3.53.0', '3.100.0', '3.50.7', '3.50.12', '3.44.6'])(
    'takes %s, which is free of the WAL-reset bug',
    (version) => {
      expect(isSafeVersion(version)).toBe(true)
    },
  )

  it.each([
    '3.51.2',
    '3.51.0',
    '3.50.6',
    '3.49.9',
    '3.45.9',
    '3.44.5',
    '3.7.0',
    '3.6.23',
    '2.8.17',
  ])('refuses %s, which has it, or is older than anything we know', (version) => {
    expect(isSafeVersion(version)).toBe(false)
  })

  it.each(['', 'x', '3.51', '3.51.3-dev', 'v3.53.0', '4.0.0'])('refuses %j', (version) => {
    expect(isSafeVersion(version)).toBe(false)
  })
})

describe('findSqliteDriver', () => {
  it('takes the first source that is there and safe', async () => {
    const [first, second] = [fakeDriver('3.51.3'), fakeDriver('3.53.0')]
    const sources = [source('a', first, '3.51.3'), source('b', second)]
    expect(await findSqliteDriver(sources)).toBe(first)
    expect(await findSqliteDriver([source('a', undefined), ...sources.slice(1)])).toBe(second)
  })

  it('does not even load a source that says it is affected', async () => {
    const safe = fakeDriver('3.53.0')
    const affected: DriverSource = {
      name: 'affected',
      claimed: '3.50.4',
      load: () => Promise.reject(new Error('loaded')),
    }
    expect(await findSqliteDriver([affected, source('b', safe)])).toBe(safe)
  })

  it('believes the library that is linked, not what was claimed', async () => {
    const [linked, safe] = [fakeDriver('3.45.1'), fakeDriver('3.53.0')]
    expect(await findSqliteDriver([source('a', linked, '3.51.3'), source('b', safe)])).toBe(safe)
  })

  it('says what was found and what to install where none will do', async () => {
    const sources = [
      source('node:sqlite', fakeDriver('3.50.4'), '3.50.4'),
      source('other', undefined),
    ]
    const fault = await findSqliteDriver(sources).catch((error: unknown) => error)
    expect(fault).toBeInstanceOf(InvalidOption)
    const { message } = fault as InvalidOption
    expect(message).toContain('node:sqlite: SQLite 3.50.4; other: not there')
    expect(message).toContain('npm install @photostructure/sqlite')
  })

  it('finds a real and safe one on this Node.js', async () => {
    expect(isSafeVersion(versionOf(await findSqliteDriver()))).toBe(true)
  })

  it('prints no warning when the package is imported', async () => {
    const { done, complaints } = run('nothing', {})
    await done
    expect(complaints()).toBe('')
  })
})
