/** The trail and the search for people on PostgreSQL; on SQLite the commands and the admin API show them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccounts } from '../../src/account/accounts.js'
import { openDatabase } from '../../src/account/database.js'
import { createTrail } from '../../src/audit/trail.js'
import { createNewSignIns, toldEvents } from '../../src/security/index.js'
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

  it('what people are told is read, and new sign-ins wait, of one person each', async () => {
    const database = await openDatabase({ kind: 'postgres', url: postgres.url })
    const trail = createTrail(database)
    const at = 4_000
    await trail.add([
      recordAt(at, { event: 'session.started', subject: 'hedy' }),
      recordAt(at + 1, { event: 'request.refused', subject: 'hedy' }),
      recordAt(at + 2, { event: 'session.started', subject: 'grace', actor: 'hedy' }),
    ])
    const { events } = await toldEvents(trail, 'hedy', { limit: 10 })
    expect(events.map(({ kind }) => kind)).toEqual(['signedIn'])
    const waiting = createNewSignIns(database)
    const signIn = (index: number, subject = 'hedy') => ({
      sessionId: `${subject}.${String(index)}`,
      ...{ subject, at: at + index, address: '203.0.113.0/24', agent: undefined },
    })
    for (let index = 0; index < 22; index += 1) await waiting.add(signIn(index))
    await waiting.add(signIn(21))
    await waiting.add(signIn(0, 'grace'))
    const ids = async (subject: string) =>
      (await waiting.listOf(subject)).map(({ sessionId }) => sessionId)
    const kept = Array.from({ length: 20 }, (_, index) => `hedy.${String(21 - index)}`)
    expect(await ids('hedy'), 'the latest').toEqual(kept)
    expect((await waiting.listOf('hedy'))[0]).toEqual(signIn(21))
    await waiting.settle('hedy', ['hedy.21', 'grace.0'])
    await waiting.settle('hedy', [])
    expect([await ids('hedy'), await ids('grace')]).toEqual([kept.slice(1), ['grace.0']])
    await waiting.sweep(at + 10)
    expect([(await ids('hedy')).at(-1), await ids('grace')]).toEqual(['hedy.10', []])
    await waiting.erase('hedy')
    expect(await ids('hedy')).toEqual([])
    await database.destroy()
  }, 20_000)

  it('records are narrowed down as on SQLite', async () => {
    const database = await openDatabase({ kind: 'postgres', url: postgres.url })
    const trail = createTrail(database)
    const ids = async (wanted: Parameters<typeof trail.idAt>[0]): Promise<number[]> =>
      (await trail.list({ ...wanted, limit: 100 })).map(({ at }) => at)
    const address = '10.1.0.0'
    await trail.add([
      recordAt(11_000, { subject: 'f-ada', sessionId: 'f1.s', event: 'session.started' }),
      recordAt(12_000, { subject: 'f-ada', address, event: 'signin.failed', outcome: 'failure' }),
      recordAt(13_000, { subject: 'f-grace', actor: 'f-ada', event: 'admin.acted' }),
      recordAt(14_000, { event: 'signin.locked', outcome: 'refused', address }),
    ])
    const since = 10_000
    const events = ['signin.locked', 'session.started', 'admin.acted']
    expect(await ids({ since, events })).toEqual([14_000, 13_000, 11_000])
    expect(await ids({ since, events, subject: 'f-ada' })).toEqual([13_000, 11_000])
    expect(await ids({ since, outcome: 'failure' })).toEqual([12_000])
    expect(await ids({ since, actor: 'f-ada' })).toEqual([13_000])
    expect(await ids({ since, sessionId: 'f1.s' })).toEqual([11_000])
    expect(await ids({ since, address })).toEqual([14_000, 12_000])
    expect(await ids({ since, until: 13_000 })).toEqual([12_000, 11_000])
    const all = await trail.list({ since, limit: 4 })
    expect(await ids({ since, after: all[1]!.id })).toEqual([14_000])
    expect(await trail.idAt({ since, events }, 2)).toBe(all[1]!.id)
    expect(await trail.idAt({ since }, 4)).toBe(undefined)
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
