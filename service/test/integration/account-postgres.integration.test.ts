import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccounts } from '../../src/account/accounts.js'
import { openDatabase } from '../../src/account/database.js'
import { startPostgres, type TestPostgres } from '../support/postgres.js'
import { describeAccounts } from '../unit/account/accounts-suite.js'

const PASSWORD = 'a long enough one'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.remove())

describeAccounts('PostgreSQL', () => openDatabase({ kind: 'postgres', url: postgres.url }))

describe('a PostgreSQL server', () => {
  it('is migrated once by eight that start at once', async () => {
    const url = await postgres.createDatabase('empty')
    const opened = await Promise.all(
      Array.from({ length: 8 }, () => openDatabase({ kind: 'postgres', url })),
    )
    const all = opened.map((database) => createAccounts({ database }))
    const outcomes = await Promise.all(
      all.map((accounts) => accounts.register({ username: 'ada', password: PASSWORD })),
    )
    expect(outcomes.filter(({ outcome }) => outcome === 'registered')).toHaveLength(1)
    await Promise.all(all.map((accounts) => accounts.close()))
  }, 30_000)

  it('that is not there is a fault', async () => {
    const fault = { status: 503, code: 'store_unavailable' }
    const nowhere = openDatabase({ kind: 'postgres', url: 'postgres://sojourn@127.0.0.1:1/x' })
    await expect(nowhere).rejects.toMatchObject(fault)
  })

  it('that hangs or dies is answered with 503 within a second, and used again when it is back', async () => {
    const url = await postgres.createDatabase('trouble')
    const accounts = createAccounts({ database: await openDatabase({ kind: 'postgres', url }) })
    await accounts.register({ username: 'ada', password: PASSWORD })
    const fault = { status: 503, code: 'store_unavailable', retryAfter: 1 }

    await postgres.freeze()
    let started = performance.now()
    await expect(accounts.verifyPassword('ada', PASSWORD)).rejects.toMatchObject(fault)
    expect(performance.now() - started).toBeLessThan(1_200)
    await postgres.thaw()
    await expect
      .poll(async () => (await accounts.verifyPassword('ada', PASSWORD)).outcome)
      .toBe('verified')

    await postgres.stop('SIGQUIT')
    started = performance.now()
    await expect(accounts.findByLogin('ada')).rejects.toMatchObject(fault)
    expect(await accounts.isAvailable()).toBe(false)
    await expect(accounts.findByLogin('ada')).rejects.toMatchObject(fault)
    expect(performance.now() - started).toBeLessThan(2_000)
    await postgres.start()
    expect((await accounts.verifyPassword('ada', PASSWORD)).outcome).toBe('verified')
    await accounts.close()
  }, 30_000)
})
