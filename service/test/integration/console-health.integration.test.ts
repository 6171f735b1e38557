/** The overview and the store of the console: numbers, their stream, and what they say while the store is away. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findSqliteDriver } from '../../../library/src/store/sqlite/driver.js'
import { openStream, type OpenStream } from '../../../library/test/live/stage.js'
import {
  startRedis,
  waitFor,
  type RedisServer,
} from '../../../library/test/support/redis-server.js'
import { startService, type Service } from '../support/service.js'
import type { Client } from '../support/client.js'
import { register, signIn } from '../support/tokens.js'

const TOKEN = randomBytes(32).toString('base64url')
const REDIS_PASSWORD = randomBytes(16).toString('hex')
const BEARER = { headers: { Authorization: `Bearer ${TOKEN}` } }

let redis: RedisServer
let service: Service
let boss: Client

beforeAll(async () => {
  redis = await startRedis()
  await redis.cli('ACL', 'SETUSER', 'app', 'on', `>${REDIS_PASSWORD}`, '~*', '&*', '+@all')
  const url = redis.url.replace('redis://', `redis://app:${REDIS_PASSWORD}@`)
  // Short, so that activity would be noted after four seconds.
  service = await startService({ REDIS_URL: url, ADMIN_TOKEN: TOKEN, SESSION_IDLE: '40s' })
  boss = service.client()
  await register(boss, 'boss')
  const id = (await boss.get('/session')).json<{ subject: string }>().subject
  const made = await service.client().post(`/admin/users/${id}/role`, { role: 'admin' }, BEARER)
  expect(made.status).toBe(200)
  // Whoever gets a role signs in anew.
  await signIn(boss, 'boss')
})

afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await redis.stop()
})

/** As another process might, which ends no session of this one. */
async function setRole(role: 'user' | 'admin'): Promise<void> {
  const { DatabaseSync } = await findSqliteDriver()
  const database = new DatabaseSync(join(service.dataDir, 'sojourn.db'))
  database.prepare(`UPDATE account SET role = ? WHERE username = 'boss'`).run(role)
  database.close()
}

const follow = (client: Client): Promise<OpenStream> =>
  openStream(`${service.url}/admin/stream`, { cookie: client.cookie })

/** A sample comes every five seconds. */
const until = (isTrue: () => boolean, what: string): Promise<void> =>
  waitFor(what, () => Promise.resolve(isTrue()))

const named = (stream: OpenStream, name: string) =>
  stream.events.filter((event) => event.name === name)

describe('the overview', () => {
  it('tells how this process does: to administrators, as a page or JSON, and to the token', async () => {
    const shown = (await boss.get('/admin')).json<Record<string, any>>()
    expect(shown['process']).toMatchObject({ name: 'sojourn', pid: service.pid })
    expect(shown['store']).toEqual({ isAnswering: true, awaySince: null, breaker: 'closed' })
    expect(shown['samples'].at.length).toBe(shown['samples'].signIns.length)
    expect((await service.client().get('/admin', BEARER)).status).toBe(200)
    const page = await boss.page('/admin')
    expect(page.status).toBe(200)
    expect(page.text).toContain(`process ${String(service.pid)} on `)
    // Without a script there are sentences and tables, and the line that says of when they are.
    expect(page.text).toContain('The page shows the moment it was loaded')
    expect(page.text.match(/<table class="numbers"/g)?.length).toBe(6)
    const other = service.client()
    await register(other, 'other')
    expect((await other.get('/admin')).status).toBe(403)
    expect((await service.client().get('/admin')).status).toBe(401)
    expect((await service.client().get('/admin/stream', BEARER)).json().code).toBe('not_acceptable')
    expect((await boss.request('HEAD', '/admin/stream')).status).toBe(200)
  })

  it('sends each sample as it comes, as no activity, until the role is taken away', async () => {
    const stream = await follow(boss)
    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    await until(() => named(stream, 'window').length === 1, 'the window')
    const [known] = named(stream, 'window')
    expect(known?.data).toMatchObject({ every: 5_000, kept: 180, columns: expect.any(Object) })
    const seenBefore = (await lookAt(boss)).lastSeenAt
    const visitor = service.client()
    await register(visitor, 'visitor')
    await signIn(visitor, 'visitor')
    await until(() => named(stream, 'sample').length === 2, 'two samples')
    const [, sample] = named(stream, 'sample')
    expect(sample?.data).toMatchObject({ isAway: false, failures: 0 })
    expect(Number(sample?.data['signIns'])).toBeGreaterThanOrEqual(1)
    const { texts } = sample?.data as { texts: { tiles: Record<string, { value: string }> } }
    expect(texts.tiles['store']?.value).toBe('answers')
    const again = await follow(boss)
    again.cancel()
    expect((await lookAt(boss)).lastSeenAt).toBe(seenBefore)
    await setRole('user')
    await stream.over
    expect(stream.events.at(-1)).toEqual({ name: 'forbidden', data: {} })
    expect((await boss.get('/admin')).status).toBe(403)
    await setRole('admin')
  }, 30_000)

  it('ends the stream with the session', async () => {
    const elsewhere = service.client()
    await signIn(elsewhere, 'boss')
    const stream = await follow(elsewhere)
    const { id } = (await elsewhere.get('/session')).json<{ id: string }>()
    expect((await boss.request('DELETE', `/sessions/${id}`)).status).toBe(200)
    await stream.over
    expect(stream.events.at(-1)?.name).toBe('ended')
  })
})

describe('the store', () => {
  it('is shown with its server and what there is to be done, and without what opens it', async () => {
    const answer = await boss.get('/admin/store')
    const shown = answer.json<Record<string, any>>()
    expect(shown).toMatchObject({ kind: 'redis', topology: 'single', isUp: true, awaySince: null })
    const [server] = shown['servers']
    expect(server.details).toMatchObject({ evictionPolicy: 'noeviction', appendOnly: 0 })
    const durability = shown['findings'].find(({ id }: { id: string }) => id === 'store.durability')
    expect(durability).toMatchObject({
      verdict: 'warn',
      fix: expect.stringContaining('appendonly'),
    })
    const page = await boss.page('/admin/store')
    for (const text of [answer.text, page.text]) expect(text).not.toContain(REDIS_PASSWORD)
    expect(page.text).toContain('It answers, in')
    expect(page.text).toContain('Redis keeps no AOF')
    expect(page.text).toContain('Refuses new sessions (noeviction)')
  })

  it('while it is away: the token is told since when, a cookie gets 503, and samples are gaps', async () => {
    const stream = await follow(boss)
    redis.pause()
    await until(() => named(stream, 'sample').some(({ data }) => data['isAway'] === true), 'a gap')
    const away = named(stream, 'sample').find(({ data }) => data['isAway'] === true)
    const { at: _, isAway: __, texts, ...values } = away?.data ?? {}
    expect(new Set(Object.values(values))).toEqual(new Set([null]))
    const { tiles } = texts as { tiles: Record<string, { value: string; note: string }> }
    for (const name of ['sessions', 'signIns', 'latency', 'hitRate', 'store']) {
      expect(tiles[name]?.value).toBe('no answer')
    }
    expect(tiles['store']?.note).toMatch(/^since \d\d:\d\d:\d\d UTC$/)
    const asked = await service.client().get('/admin/store', BEARER)
    expect(asked.status).toBe(200)
    expect(asked.json()).toMatchObject({ isUp: false, awaySince: expect.any(String) })
    const overview = (await service.client().get('/admin', BEARER)).json<Record<string, any>>()
    expect(overview['store']).toMatchObject({ isAnswering: false })
    expect(overview['samples'].signIns.at(-1)).toBe(null)
    const refused = await boss.page('/admin')
    expect([refused.status, refused.headers['set-cookie']]).toEqual([503, undefined])
    redis.resume()
    stream.cancel()
  }, 40_000)
})

async function lookAt(client: Client): Promise<{ lastSeenAt: string }> {
  const passive = { headers: { 'Sojourn-Passive': '1' } }
  return (await client.get('/session', passive)).json<{ lastSeenAt: string }>()
}
