/** How long a stay lasts, and what is said when it is over. The service's clock is moved, not waited for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis } from '../../../library/test/support/redis-server.js'
import type { Client } from '../support/client.js'
import { startService, type Service } from '../support/service.js'

const PASSWORD = 'correct horse battery 9'
const SECOND = 1_000
const MINUTE = 60 * SECOND

let service: Service
beforeAll(async () => {
  const environment = { SESSION_IDLE: '10m', SESSION_TTL: '30m' }
  service = await startService(environment, { movingClock: true })
})
afterAll(() => service[Symbol.asyncDispose]())

async function arrive(username: string): Promise<Client> {
  const client = service.client()
  const body = { username, password: PASSWORD }
  const registered = await client.post('/register', body)
  if (registered.status !== 201) expect((await client.post('/login', body)).status).toBe(200)
  return client
}

const statusOf = async (client: Client): Promise<number> => (await client.get('/dashboard')).status

describe('a stay', () => {
  it('S0-06, S1-07: lasts as long as somebody is there, and ends after the idle time without a request', async () => {
    const client = await arrive('idle')
    for (let round = 0; round < 2; round += 1) {
      await service.advance(9 * MINUTE)
      expect(await statusOf(client)).toBe(200)
    }
    await service.advance(10 * MINUTE + SECOND)
    const out = await client.get('/dashboard')
    expect(out.status).toBe(401)
    expect(out.json()).toMatchObject({ reason: 'expired_idle' })

    // The absolute limit is the server's own too: traffic does not move it, and a cookie cannot outlive it.
    const busy = await arrive('busy')
    for (let minute = 0; minute < 29; minute += 1) {
      await service.advance(MINUTE)
      expect(await statusOf(busy)).toBe(200)
    }
    await service.advance(MINUTE)
    const late = await busy.get('/dashboard')
    expect(late.status).toBe(401)
    expect(late.json()).toMatchObject({ reason: 'expired_absolute' })
  })

  it('is not prolonged by a page that polls and says so', async () => {
    const [polling, person] = [await arrive('polling'), await arrive('present')]
    for (let minute = 0; minute < 9; minute += 1) {
      await service.advance(MINUTE)
      const answer = await polling.get('/session', { headers: { 'Sojourn-Passive': '1' } })
      expect(answer.status).toBe(200)
      expect(await statusOf(person)).toBe(200)
    }
    await service.advance(MINUTE + SECOND)
    const out = await polling.get('/session', { headers: { 'Sojourn-Passive': '1' } })
    expect([out.status, out.json().reason]).toEqual([401, 'expired_idle'])
    expect(await statusOf(person)).toBe(200)
  })

  it('S1-18: says when it will end, can be extended, and leads back to where the person was', async () => {
    const client = await arrive('expiry')
    const before = (await client.get('/session')).json<Times>()
    const left = Date.parse(before.idleExpiresAt) - Date.parse(before.serverTime)
    expect(left).toBeGreaterThan(9 * MINUTE)
    expect(left).toBeLessThanOrEqual(10 * MINUTE)
    await service.advance(9 * MINUTE)
    const extended = (await client.post('/session/extend')).json<Times>()
    const gained = Date.parse(extended.idleExpiresAt) - Date.parse(before.idleExpiresAt)
    expect(Math.abs(gained - 9 * MINUTE)).toBeLessThan(5 * SECOND)
    expect(extended.expiresAt).toBe(before.expiresAt)

    await service.advance(11 * MINUTE)
    const refused = await client.get('/profile?tab=1')
    expect(refused.status).toBe(401)
    expect(refused.headers['content-type']).toBe('application/problem+json')
    expect(refused.json()).toMatchObject({ code: 'session_ended', reason: 'expired_idle' })
    expect(refused.headers['www-authenticate']).toBe(
      'Cookie realm="sojourn", reason="expired_idle", Bearer realm="sojourn"',
    )

    const page = await client.page('/profile?tab=1')
    expect(page.status).toBe(303)
    expect(page.headers.location).toBe('/login?returnTo=%2Fprofile%3Ftab%3D1&reason=expired_idle')
    const signIn = await client.follow(page)
    expect(signIn.text).toMatch(/signed out after|without activity|a while/i)
    const returnTo = /name="returnTo" value="([^"]+)"/.exec(signIn.text)?.[1] ?? ''
    const back = await client.form('/login', { username: 'expiry', password: PASSWORD, returnTo })
    expect(back.headers.location).toBe('/profile?tab=1')
    expect((await client.follow(back)).status).toBe(200)
  })

  it('ASVS 7.5.1: grave acts need a recent proof of who it is; being seen is none, and a password is', async () => {
    await using patient = await startService({}, { movingClock: true })
    const client = patient.client()
    await client.post('/register', { username: 'ada', password: PASSWORD })
    const other = patient.client()
    await other.post('/login', { username: 'ada', password: PASSWORD })
    const { id } = (await other.get('/session')).json<{ id: string }>()
    for (let round = 0; round < 4; round += 1) {
      await patient.advance(4 * MINUTE)
      await client.get('/dashboard')
    }
    for (const ask of [
      () => client.delete(`/sessions/${id}`),
      () => client.post('/sessions/revoke-others'),
    ]) {
      const refused = await ask()
      expect(refused.status).toBe(401)
      expect(refused.json()).toMatchObject({ code: 'reauthentication_required' })
      expect(refused.headers['www-authenticate']).toBe(
        'Cookie realm="sojourn", error="insufficient_user_authentication", max_age="900", Bearer realm="sojourn"',
      )
    }
    // A browser is led to where it can prove it.
    const led = await client.form(`/sessions/${id}/end`)
    const asking = encodeURIComponent(`/sessions/${id}/end`)
    expect(led.headers.location).toBe(`/reauthenticate?returnTo=${asking}`)
    // The password itself always asks for the one before.
    const password = { currentPassword: 'not it', newPassword: 'another horse battery 9' }
    expect((await client.post('/password', password)).status).toBe(403)
    expect((await other.get('/dashboard')).status).toBe(200)

    expect((await client.post('/reauthenticate', { password: 'not it' })).status).toBe(403)
    expect((await client.delete(`/sessions/${id}`)).status).toBe(401)
    expect((await client.post('/reauthenticate', { password: PASSWORD })).status).toBe(200)
    expect((await client.delete(`/sessions/${id}`)).status).toBe(200)
    expect((await other.get('/dashboard')).status).toBe(401)
  })
})

describe('the end of a stay', () => {
  it('is told with its reason to who holds it, by JSON and by page, and to nobody else', async () => {
    await using small = await startService(
      { SESSION_MAX_PER_USER: '2', SESSION_IDLE: '10m', SESSION_TTL: '30m' },
      { movingClock: true },
    )
    const enter = async (path: string): Promise<Client> => {
      const client = small.client()
      await client.post(path, { username: 'ada', password: PASSWORD })
      return client
    }
    const ended = new Map<string, Client>()
    ended.set('evicted_limit', await enter('/register'))
    ended.set('password_changed', await enter('/login'))
    const changer = await enter('/login')
    await changer.post('/password', { currentPassword: PASSWORD, newPassword: PASSWORD })
    ended.set('logged_out_elsewhere', changer.copy())
    await (await enter('/login')).post('/sessions/revoke-others')
    const leaver = await enter('/login')
    ended.set('logged_out', leaver.copy())
    await leaver.post('/logout')
    const again = await enter('/login')
    ended.set('signed_in_again', again.copy())
    await again.post('/login', { username: 'ada', password: PASSWORD })
    await small.advance(11 * MINUTE)
    ended.set('expired_idle', again)

    const { cookie } = ended.get('logged_out') as Client
    for (const [reason, client] of ended) {
      const refused = await client.get('/dashboard')
      expect([reason, refused.status]).toEqual([reason, 401])
      expect(refused.json()).toMatchObject({ code: 'session_ended', reason })
      expect(refused.headers['www-authenticate']).toContain(`reason="${reason}"`)
      const { location = '' } = (await client.page('/dashboard')).headers
      expect(location).toContain(`reason=${reason}`)
      for (const page of [location, '/signed-out']) {
        expect([reason, (await client.page(page)).text]).toEqual([
          reason,
          expect.stringMatching(/<time [^>]*>Ended (?:just now|\d+ \w+ ago)</),
        ])
      }
    }
    // The same id without its secret is told nothing but that.
    const stranger = cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    const guess = await small.client().get('/dashboard', { cookie: stranger })
    expect(guess.json()).not.toHaveProperty('reason')
  })
})

describe('on Redis, by the clock on the wall', () => {
  it('S1-07: the idle time runs out, and a request in time starts it anew', async () => {
    const redis = await startRedis()
    try {
      await using real = await startService({ REDIS_URL: redis.url, SESSION_IDLE: '10s' })
      const [gone, here] = [real.client(), real.client()]
      await gone.post('/register', { username: 'gone', password: PASSWORD })
      await here.post('/register', { username: 'here', password: PASSWORD })
      for (let second = 0; second < 11; second += 1) {
        await new Promise((resolve) => setTimeout(resolve, SECOND))
        expect(await statusOf(here)).toBe(200)
      }
      expect((await gone.get('/dashboard')).json()).toMatchObject({ reason: 'expired_idle' })
      expect(await statusOf(here)).toBe(200)
    } finally {
      await redis.stop()
    }
  })
})

interface Times {
  readonly idleExpiresAt: string
  readonly expiresAt: string
  readonly serverTime: string
}
