import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  openStream,
  until,
  type OpenStream,
  type StreamEvent,
} from '../../../library/test/live/stage.js'
import { startService, type Service } from '../support/service.js'
import type { Client } from '../support/client.js'
import { register, signIn } from '../support/tokens.js'

let service: Service

beforeAll(async () => {
  service = await startService({}, { movingClock: true })
})

afterAll(async () => {
  await service[Symbol.asyncDispose]()
})

const follow = (client: Client, more: Record<string, string> = {}): Promise<OpenStream> =>
  openStream(`${service.url}/events`, { cookie: client.cookie, ...more })

const namesOf = ({ events }: OpenStream): string[] => events.map(({ name }) => name)

describe('GET /events', () => {
  it('tells of a session what happens to it, extends nothing, and ends with it', async () => {
    const ada = service.client()
    await register(ada, 'ada')
    const stream = await follow(ada, { 'last-event-id': '7', 'accept-encoding': 'gzip, br' })
    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    expect(stream.headers['cache-control']).toBe('no-store, no-transform')
    expect(stream.headers['x-accel-buffering']).toBe('no')
    expect(stream.headers['content-encoding']).toBe(undefined)
    await until(() => stream.events.length === 1, 'the first event')
    const { data: _, ...session } = (await ada.get('/session')).json<Record<string, unknown>>()
    const [first] = stream.events
    expect(first).toEqual({
      name: 'session',
      data: {
        ...session,
        serverTime: expect.any(String),
        lastSeenAt: expect.any(String),
        idleExpiresAt: expect.any(String),
      },
    })
    await service.advance(3_560_000)
    await until(() => namesOf(stream).includes('expiring'), 'the warning')
    const warning = stream.events.find(({ name }) => name === 'expiring')?.data
    const left = instant(warning?.['idleExpiresAt']) - instant(warning?.['serverTime'])
    expect(left).toBeLessThanOrEqual(60_000)
    // Nobody but the stream was here since the last of these.
    const known = stream.events.filter(({ name }) => name !== 'expiring').at(-1)
    expect(warning?.['idleExpiresAt']).toBe(known?.data['idleExpiresAt'])
    const extended = (await ada.post('/session/extend')).json<Record<string, unknown>>()
    // The request itself has extended it already: that is told as well.
    const isTold = ({ name, data }: StreamEvent): boolean =>
      name === 'extended' && data['idleExpiresAt'] === extended['idleExpiresAt']
    await until(() => stream.events.some(isTold), 'the extension')
    const elsewhere = service.client()
    await signIn(elsewhere, 'ada')
    const revoked = await elsewhere.request('DELETE', `/sessions/${String(session['id'])}`)
    expect(revoked.status).toBe(200)
    await stream.over
    expect(stream.events.at(-1)).toEqual({
      name: 'ended',
      data: {
        id: session['id'],
        reason: 'logged_out_elsewhere',
        serverTime: expect.any(String),
      },
    })
    await expect(follow(ada)).rejects.toThrow('401')
  })

  it('without a session is 401, for HEAD has a head alone, and has so many at a time and no more', async () => {
    await expect(follow(service.client())).rejects.toThrow('session_missing')
    const bob = service.client()
    await register(bob, 'bob')
    const foreign = { headers: { 'Sec-Fetch-Site': 'same-site', Origin: 'https://other.example' } }
    const refused = await bob.get('/events', foreign)
    expect([refused.status, refused.json().code]).toEqual([403, 'cross_origin'])
    expect((await bob.request('HEAD', '/events')).status).toBe(200)
    const streams = await Promise.all(Array.from({ length: 10 }, () => follow(bob)))
    const full = await bob.get('/events')
    expect([full.status, full.json().code]).toEqual([429, 'rate_limited'])
    expect(Number(full.headers['retry-after'])).toBeGreaterThan(0)
    for (const stream of streams) stream.cancel()
    await Promise.all(streams.map(({ over }) => over))
    const again = await retried(() => follow(bob))
    again.cancel()
    const metrics = (await service.client().get('/metrics')).text
    expect(metrics).toContain('route="/events",status_class="2xx"')
    expect(metrics).not.toMatch(/http_request_duration_seconds_count\{route="\/events"\} [2-9]\d/)
    expect(durationsOf(metrics)).toBe(refusalsOf(metrics))
  })

  it('ends without a word of the session when the service stops, well within the time that it has', async () => {
    const eve = service.client()
    await register(eve, 'eve')
    const stream = await follow(eve)
    await until(() => stream.events.length === 1, 'the first event')
    const startedAt = performance.now()
    const stopped = service.stop()
    await stream.over
    expect(await stopped).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(8_000)
    expect(namesOf(stream)).toEqual(['session'])
  })
})

function instant(text: unknown): number {
  return Date.parse(String(text))
}

/** A place is free as soon as the service has noticed that somebody left. */
async function retried<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; tries < 100; tries += 1) {
    const result = await attempt().catch(() => undefined)
    if (result !== undefined) return result
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return attempt()
}

/** How many answers of the route were timed. */
function durationsOf(metrics: string): number {
  const found = /^http_request_duration_seconds_count\{route="\/events"\} (\d+)$/m.exec(metrics)
  return Number(found?.[1] ?? 0)
}

/** How many answers of the route were no streams. */
function refusalsOf(metrics: string): number {
  const lines = metrics.matchAll(
    /^http_requests_total\{method="GET",route="\/events",status_class="[345]xx"\} (\d+)$/gm,
  )
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0)
}
