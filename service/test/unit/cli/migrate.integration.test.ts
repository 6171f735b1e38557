/** `sojourn migrate sessions` between a SQLite file and a real Redis. */
import { join } from 'node:path'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisStore } from '../../../../library/src/store/redis/index.js'
import { openSqliteStore } from '../../../../library/src/store/sqlite/index.js'
import type { Store } from '../../../../library/src/store/store.js'
import { startRedis, type RedisServer } from '../../../../library/test/support/redis-server.js'
import { incoming } from '../../../../library/test/support/browser.js'
import { StoreUnavailable } from '../../../../library/src/errors.js'
import { clocksApart, moveSessions } from '../../../src/admin/move-sessions.js'
import { loadConfig } from '../../../src/config/load.js'
import { openStoredKeyRing } from '../../../src/open-key-ring.js'
import { newFolder } from '../config/support.js'
import { openDesk, type Desk, type Holder } from './desk.js'
import { shell } from './support.js'

let server: RedisServer
let client: ReturnType<typeof createClient>

beforeAll(async () => {
  server = await startRedis()
  client = createClient({ url: server.url })
  await client.connect()
})

afterAll(async () => {
  client.destroy()
  await server.stop()
})

type Shell = ReturnType<typeof shell>

const fileOf = ({ environment }: Shell): string =>
  join(environment['DATA_DIR'] ?? '', 'sessions.db')
const sqliteOf = (terminal: Shell): string => `sqlite:${fileOf(terminal)}`

async function move(terminal: Shell, ...words: string[]): Promise<any> {
  const answer = await terminal.call(['migrate', 'sessions', ...words, '--json'])
  expect(answer.error).toBe('')
  return JSON.parse(answer.out)
}

/** What a node on another store says to each credential that a node on the first gave out. */
async function statesOf(desk: Desk, holder: Holder): Promise<string[]> {
  const byCookie = desk.sojourn.exchange(incoming(holder.cookie))
  const byToken = desk.sojourn.exchange(incoming(undefined, { bearer: holder.accessToken }))
  const sessions = [await byCookie.session.load(), await byToken.session.load()]
  const cart = await sessions[0]?.get('cart')
  return [...sessions.map(({ state }) => state), String(cart)]
}

const SERVED = ['active', 'active', 'a secret book']

/** A Redis store under a prefix of its own, as a node has it. */
function redisStore(keyPrefix: string): Store {
  return createRedisStore({ client, keyPrefix })
}

async function reasonOf(desk: Desk, id: string): Promise<string> {
  const found = await desk.sojourn.find(id)
  return found.state === 'over' ? found.reason : found.state
}

describe('sojourn migrate sessions', () => {
  it('moves everybody from SQLite to Redis and back: cookies, tokens, ends, facts and key rings stay good', async () => {
    const terminal = shell()
    const old = await openDesk(terminal)
    const holders = await Promise.all(['ada', 'ada', 'bob'].map((name) => old.signIn(name)))
    const [first, second] = holders as [Holder, Holder]
    const over = await old.signIn('cid')
    await old.sojourn.revoke(over.id, { reason: 'logged_out_elsewhere' })
    const swept = await old.signIn('dan')
    await old.sojourn.revokeAll('dan', { reason: 'password_changed' })
    await old.sojourn.disable('eve')
    const ring = openStoredKeyRing(loadConfig(terminal.environment), old.store)
    const { kid } = (await ring?.admin.generate({})) ?? {}
    const there = ['--from', sqliteOf(terminal), '--to', server.url, '--to-prefix', 'mv1:']

    const counted = await move(terminal, ...there, '--dry-run')
    expect(counted.kinds.session.met).toBeGreaterThanOrEqual(3)
    expect(await client.keys('mv1:*')).toEqual([])

    const moved = await move(terminal, ...there)
    expect(moved).toMatchObject({ isComplete: true, next: null, unreadable: 0, keptDocuments: [] })
    expect(moved.kinds).toMatchObject({
      session: { taken: 3, misplaced: 0 },
      document: { taken: 1 },
    })
    const next = await openDesk(terminal, redisStore('mv1:'))
    for (const holder of holders) expect(await statesOf(next, holder)).toEqual(SERVED)
    expect(await reasonOf(next, over.id)).toBe('logged_out_elsewhere')
    expect(await reasonOf(next, swept.id)).toBe('password_changed')
    expect(await next.store.readSubject('eve')).toMatchObject({ isDisabled: true })
    const listed = await next.sojourn.list('ada')
    expect(listed.sessions.map(({ id }) => id).sort()).toEqual([first.id, second.id].sort())
    const moveds = openStoredKeyRing(loadConfig(terminal.environment), next.store)
    expect((await moveds?.admin.list())?.map((key) => key.kid)).toContain(kid)

    // The family goes on where it was, and the old token counts as spent.
    const result = await next.sojourn.tokens.refresh(first.refreshToken)
    expect(result).toMatchObject({ status: 'refreshed', how: 'rotated' })

    // And back, into a new file.
    const file = join(newFolder(), 'sessions.db')
    await move(terminal, '--from', server.url, '--from-prefix', 'mv1:', '--to', `sqlite:${file}`)
    const back = await openDesk(terminal, await openSqliteStore({ file }))
    for (const holder of holders) expect(await statesOf(back, holder)).toEqual(SERVED)
    expect(await reasonOf(back, over.id)).toBe('logged_out_elsewhere')
    expect(await back.sojourn.revokeAll('ada')).toBe(2)
    expect(await statesOf(back, second)).toEqual(['revoked', 'revoked', 'undefined'])
    await Promise.all([old, next, back].map((desk) => desk.close()))
    await back.store.close()
  })

  it('runs while both are in use: what ended is over, what was used stays, and nobody comes back', async () => {
    const terminal = shell()
    const old = await openDesk(terminal)
    const [stays, endsOld, endsNew, usedOld] = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => old.signIn(name)),
    )
    if (!stays || !endsOld || !endsNew || !usedOld) throw new Error('nobody is signed in')
    const words = ['--from', sqliteOf(terminal), '--to', server.url, '--to-prefix', 'mv2:']
    await move(terminal, ...words)
    const next = await openDesk(terminal, redisStore('mv2:'))
    await old.sojourn.revokeAll('b')
    await next.sojourn.revoke(endsNew.id)
    await usedOld.browser.visit(async (session) => {
      await session.load()
      session.set('cart', ['another'])
    })
    const late = await old.signIn('e')
    const again = await move(terminal, ...words)
    expect(again.isComplete).toBe(true)
    expect(again.kinds).toMatchObject({ session: { over: 1 }, ending: { taken: 1 } })
    expect(await statesOf(next, stays)).toEqual(SERVED)
    expect(await statesOf(next, late)).toEqual(SERVED)
    expect(await reasonOf(next, endsOld.id)).toBe('revoked_admin')
    expect(await reasonOf(next, endsNew.id)).toBe('revoked_admin')
    expect((await statesOf(next, usedOld))[2]).toBe('another')
    await Promise.all([old, next].map((desk) => desk.close()))
  })

  it('goes on where it was told to, shows progress at a terminal, and tells what differs', async () => {
    const terminal = shell()
    const old = await openDesk(terminal)
    const wanted = Array.from({ length: 220 }, (_, at) => at)
    await Promise.all(wanted.map(async (at) => old.store.create(bare(old.store, `p${String(at)}`))))
    await old.store.writeDocument('shared', 'one', 0)
    const store = redisStore('mv3:')
    await store.writeDocument('shared', 'another', 0)
    const words = ['--from', sqliteOf(terminal), '--to', server.url, '--to-prefix', 'mv3:']
    // A cursor in the middle of the sessions: what is before it is left.
    let cursor: string | undefined
    let passed = 0
    do {
      const given = await old.store.transfer?.give({ limit: 200, cursor })
      passed += given?.items.filter(({ kind }) => kind === 'session').length ?? 0
      cursor = given?.next
    } while (passed === 0)
    const rest = await move(terminal, ...words, '--resume', cursor ?? '')
    expect(rest.kinds.session.taken).toBe(220 - passed)
    expect(passed).toBeGreaterThan(0)
    const { out, error } = await terminal.call(['migrate', 'sessions', ...words], { columns: 100 })
    expect(error).toMatch(/\r\d+ things/)
    expect(out).toContain('The document "shared" differs over there')
    expect(out).toMatch(/sessions +│ 220 +│ 220/)
    expect(await store.readDocument('shared')).toEqual({ text: 'another', revision: 1 })
    expect((await client.keys('mv3:s{*')).length).toBe(220)
    await old.close()
  })

  it('leaves sessions that "sign out everywhere" would not find, and says so', async () => {
    const terminal = shell()
    const own = await openSqliteStore({ file: fileOf(terminal), routingKey: 'of the application' })
    await Promise.all(['a', 'b', 'c'].map(async (name) => own.create(bare(own, name))))
    await own.close()
    const words = ['--from', sqliteOf(terminal), '--to', server.url, '--to-prefix', 'mv4:']
    const { code, out, error } = await terminal.call(['migrate', 'sessions', ...words, '--json'])
    expect([code, JSON.parse(out).kinds.session]).toMatchObject([1, { misplaced: 3, taken: 0 }])
    expect(error).toContain('3 sessions were made with another routing key')
    expect(await client.keys('mv4:s*')).toEqual([])
  })

  it('refuses what cannot be meant, and never repeats a password', async () => {
    const terminal = shell({ SECRET_PLACE: 'redis://u:canary-word@127.0.0.1:1', EMPTY: '' })
    const desk = await openDesk(terminal)
    await desk.close()
    const from = sqliteOf(terminal)
    for (const [one, other, words] of [
      [from, from, '--from and --to are both'],
      [`${from}.not`, server.url, 'There is nothing to move'],
      ['mysql://x', server.url, '--from wants'],
      [from, 'redis://u:canary-word@127.0.0.1:1', 'env:<NAME>'],
      [from, 'env:NOT_THERE', 'NOT_THERE is not set'],
      [from, 'env:EMPTY', 'EMPTY is not set'],
    ] as const) {
      const { code, out, error } = await terminal.call([
        'migrate',
        'sessions',
        '--from',
        one,
        '--to',
        other,
      ])
      expect([one, other, code, out]).toEqual([one, other, 1, ''])
      expect(error).toContain(words)
      expect(error).not.toContain('canary-word')
    }
    const dry = await move(terminal, '--from', from, '--to', 'env:SECRET_PLACE', '--dry-run')
    expect(JSON.stringify(dry)).not.toContain('canary-word')
    expect(dry.to).toContain('127.0.0.1:1')
  })

  it('refuses two stores whose clocks are far apart', async () => {
    const terminal = shell()
    const ahead = await openDesk(terminal)
    await ahead.close()
    const source = await openSqliteStore({ file: fileOf(terminal) })
    const far = createRedisStore({ client, keyPrefix: 'mv5:', clockOffset: () => 60_000 })
    expect(await clocksApart(source, far)).toBeGreaterThan(50_000)
    expect(await clocksApart(source, redisStore('mv5:'))).toBeLessThan(5_000)
    await source.close()
  })

  it('tells where to go on when a store goes away', async () => {
    const terminal = shell()
    const desk = await openDesk(terminal)
    await Promise.all(
      Array.from({ length: 205 }, async (_, at) =>
        desk.store.create(bare(desk.store, `q${String(at)}`)),
      ),
    )
    let asked = 0
    const to: Store = {
      ...redisStore('mv6:'),
      transfer: {
        give: async () => ({ items: [], unreadable: 0, next: undefined, now: 0 }),
        take: async () => {
          asked += 1
          if (asked > 200) throw new StoreUnavailable('away')
          return 'taken'
        },
      },
    }
    let reached: string | undefined
    const moving = moveSessions(desk.store, {
      to,
      pauses: [1, 1],
      onStep: ({ next }) => void (reached = next),
    })
    await expect(moving).rejects.toThrow('away')
    expect(reached).toMatch(/^s/)
    await desk.close()
  })
})

/** A session without a credential. */
function bare(store: Store, subject: string) {
  return {
    id: `${store.bucketOf(subject)}.${subject.padEnd(22, 'x')}`,
    ...{
      subject,
      secretDigest: 'd'.repeat(43),
      idleTimeout: 3_600_000,
      absoluteTimeout: 3_600_000,
    },
    ...{ traits: {}, data: new Map<string, string>() },
  }
}
