/** The trail and the search for people on PostgreSQL; on SQLite the commands and the admin API show them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccounts } from '../../src/account/accounts.js'
import { openDatabase } from '../../src/account/database.js'
import { createTrail } from '../../src/audit/trail.js'
import { auditId, type AuditRecord } from '../../../library/src/telemetry/index.js'
import { startPostgres, type TestPostgres } from '../support/postgres.js'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.remove())

const recordAt = (at: number, facts: Partial<AuditRecord> = {}): AuditRecord => ({
  ...{ id: auditId(at), at, event: 'subject.enabled', outcome: 'success' },
  ...facts,
})

describe('on PostgreSQL', () => {
  it('records are kept once, listed newest first, swept by age and erased by person', async () => {
    const database = await openDatabase({ kind: 'postgres', url: postgres.url })
    const trail = createTrail(database)
    const own = recordAt(2_000, { subject: 'ada', address: '203.0.113.7', details: { count: 1 } })
    const records = [
      recordAt(1_000, { address: '203.0.113.7', agent: 'x' }),
      own,
      recordAt(3_000, { subject: 'grace', actor: 'ada', sessionId: 'ab.c' }),
    ]
    await trail.add(records)
    await trail.add(records)
    expect(await trail.list({ limit: 10 })).toEqual([...records].reverse())
    expect(await trail.list({ limit: 10, subject: 'ada', before: records[2]!.id })).toEqual([own])
    expect(await trail.list({ limit: 10, since: 2_500 })).toEqual([records[2]])
    expect(await trail.countOf('ada')).toBe(2)
    expect(await trail.erase('ada')).toEqual({ deleted: 1, blanked: 1 })
    const left = await trail.list({ limit: 10 })
    expect(left[1]).toEqual(recordAt(1_000, { id: records[0]!.id }))
    expect(left[0]).toMatchObject({ subject: 'grace', actor: 'erased' })
    expect(await trail.sweep(2_000, 10)).toBe(1)
    expect(await trail.list({ limit: 10 })).toHaveLength(1)
    await database.destroy()
  }, 20_000)

  it('a search is literal, and accounts can be removed', async () => {
    const accounts = createAccounts({
      database: await openDatabase({ kind: 'postgres', url: postgres.url }),
    })
    const registered = await accounts.register({
      username: '100%_(a+)+$',
      password: 'a long enough one',
    })
    const id = registered.outcome === 'registered' ? registered.account.id : ''
    const found = async (text: string) =>
      (await accounts.search(text, { limit: 10 })).map((account) => account.id)
    for (const text of ['%_(', '(A+)+$', id, '']) expect(await found(text)).toEqual([id])
    for (const text of ['100__', '\\', '!', '\0', "' or 1=1--"])
      expect(await found(text)).toEqual([])
    expect(await accounts.search('', { limit: 10, after: id })).toEqual([])
    expect([await accounts.remove(id), await accounts.remove(id)]).toEqual([true, false])
    await accounts.close()
  }, 20_000)
})
