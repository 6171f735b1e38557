import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { findSqliteDriver } from '../../../../library/src/store/sqlite/driver.js'
import { createAccounts } from '../../../src/account/accounts.js'
import { openDatabase } from '../../../src/account/database.js'
import { transpile } from '../../support/transpile.js'
import { describeAccounts } from './accounts-suite.js'

const module = await findSqliteDriver()
const run = promisify(execFile)

const FOLDER = mkdtempSync(join(tmpdir(), 'sojourn-accounts-'))
afterAll(() => {
  rmSync(FOLDER, { recursive: true, force: true })
})

function newFile(): string {
  return join(mkdtempSync(join(FOLDER, 'one-')), 'deeper', 'accounts.db')
}

const PASSWORD = 'a long enough one'

describeAccounts('SQLite, in a file', () =>
  openDatabase({ kind: 'sqlite', file: newFile(), module }),
)

describe('a SQLite file', () => {
  it('keeps accounts when the service is started again', async () => {
    const file = newFile()
    const first = createAccounts({ database: await openDatabase({ kind: 'sqlite', file, module }) })
    await first.register({ username: 'ada', password: PASSWORD })
    await first.close()
    const second = createAccounts({
      database: await openDatabase({ kind: 'sqlite', file, module }),
    })
    expect((await second.verifyPassword('ada', PASSWORD)).outcome).toBe('verified')
    await second.close()
  })

  it('is migrated once by six processes that start at once', async () => {
    const file = newFile()
    const folder = transpile()
    writeFileSync(
      join(folder, 'start.mjs'),
      `import * as module from '@photostructure/sqlite'
       import { openDatabase } from './service/src/account/database.js'
       import { createAccounts } from './service/src/account/accounts.js'
       const accounts = createAccounts({ database: await openDatabase({ kind: 'sqlite', file: process.argv[2], module }) })
       const { outcome } = await accounts.register({ username: 'ada', password: 'a long enough one' })
       await accounts.close()
       console.log(outcome)`,
    )
    const starts = Array.from({ length: 6 }, () =>
      run(process.execPath, [join(folder, 'start.mjs'), file]),
    )
    const outcomes = (await Promise.all(starts)).map(({ stdout }) => stdout.trim())
    expect(outcomes.sort()).toEqual(['registered', 'taken', 'taken', 'taken', 'taken', 'taken'])
  }, 30_000)

  it('that another process has locked is waited for, then answered with 503 within a second', async () => {
    const file = newFile()
    const accounts = createAccounts({
      database: await openDatabase({ kind: 'sqlite', file, module }),
    })
    const other = new module.DatabaseSync(file)
    other.exec('begin immediate')
    const started = performance.now()
    const refused = accounts.register({ username: 'ada', password: PASSWORD })
    await expect(refused).rejects.toMatchObject({
      status: 503,
      code: 'store_unavailable',
      retryAfter: 1,
    })
    expect(performance.now() - started).toBeLessThan(1_400)
    // Reading goes on, and so does writing when the lock is gone in time.
    expect(await accounts.findByLogin('ada')).toBeUndefined()
    setTimeout(() => {
      other.exec('rollback')
    }, 200)
    expect((await accounts.register({ username: 'ada', password: PASSWORD })).outcome).toBe(
      'registered',
    )
    other.close()
    await accounts.close()
  })

  it('that is none, or cannot be made, is a fault', async () => {
    const file = newFile()
    const fault = { status: 503, code: 'store_unavailable' }
    await expect(
      openDatabase({ kind: 'sqlite', file: `${import.meta.filename}/x.db`, module }),
    ).rejects.toThrow()
    const folder = mkdtempSync(join(FOLDER, 'one-'))
    await expect(openDatabase({ kind: 'sqlite', file: folder, module })).rejects.toMatchObject(
      fault,
    )
    const nonsense = join(folder, 'x.db')
    writeFileSync(nonsense, 'nonsense '.repeat(1_000))
    await expect(openDatabase({ kind: 'sqlite', file: nonsense, module })).rejects.toMatchObject(
      fault,
    )
    expect(file).not.toBe(nonsense)
  })
})
