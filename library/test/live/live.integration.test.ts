import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signIn } from '../../src/testing/sign-in.js'
import type { SignedIn } from '../../src/testing/signed-in.js'
import { createNodeIncoming } from '../../src/request/incoming.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import {
  knock,
  openIo,
  openRedis,
  openSocket,
  openStream,
  startNode,
  until,
  type Data,
  type Node,
  type NodeOptions,
} from './stage.js'

const APP = 'https://app.example'
/** What the documentation promises, all nodes, all transports. Milliseconds. */
const BOUND = 1_000

let redis: RedisServer
/** Where people sign in and out. */
let here: Node
/** Where their sockets are. */
let there: Node
const opened: { close(): unknown }[] = []

async function node(options?: NodeOptions, hasSubscriber = true): Promise<Node> {
  const connection = await openRedis(redis.port, hasSubscriber)
  const started = await startNode(connection.store, options)
  opened.push(started, connection)
  return started
}

beforeAll(async () => {
  redis = await startRedis()
  here = await node()
  there = await node({ live: { trustedOrigins: [APP] } })
})

afterAll(async () => {
  for (const one of opened) await one.close()
  await redis.stop()
})

const person = (subject: string) => signIn(here.sojourn, { subject })
const eventsOf = ({ port }: Node): string => `http://127.0.0.1:${String(port)}/events`
/** The session of somebody who is signed in, as a request of theirs finds it. */
async function sessionOf(of: Node, headers: Record<string, string>) {
  const request = { method: 'GET', url: '/', headers, socket: { remoteAddress: '127.0.0.1' } }
  const { session } = of.sojourn.exchange(createNodeIncoming(request, of.sojourn.proxyTrust))
  return session.load()
}

/** What a browser sends in which `who` acts for `subject`. */
async function actingFor(of: Node, who: SignedIn, subject: string) {
  const headers = { ...who.headers, host: 'localhost' }
  const request = { method: 'POST', url: '/', headers, socket: { remoteAddress: '127.0.0.1' } }
  const exchange = of.sojourn.exchange(createNodeIncoming(request, of.sojourn.proxyTrust))
  await exchange.session.impersonate(subject, { reason: 'support' })
  const outgoing = await exchange.commit()
  who.jar.keep(outgoing?.cookies ?? [])
  return who.headers
}

describe('the end of a session', () => {
  it('behaviour 26a, behaviour 26d, CVE-2026-111917: a revoke on one node closes every socket and stream on another one within the bound, and says why', async () => {
    const ada = await person('ada')
    const one = await openSocket(there, { headers: ada.headers })
    const other = await openSocket(there, { headers: ada.bearer, origin: null })
    const room = await openIo(there, { headers: ada.headers })
    const stream = await openStream(eventsOf(there), ada.headers)
    const eve = await person('eve')
    const stays = await openSocket(there, { headers: eve.headers })
    expect(there.live.stats()).toEqual({ connections: 5, sessions: 2 })
    const startedAt = performance.now()
    await here.sojourn.revoke(ada.id ?? '', { reason: 'logged_out_elsewhere' })
    const closed = await Promise.all([one.closed, other.closed])
    for (const { code, reason, at } of closed) {
      expect([code, reason]).toEqual([4401, 'logged_out_elsewhere'])
      expect(at - startedAt).toBeLessThan(BOUND)
    }
    expect(await room.ended).toEqual({ code: 4401, reason: 'logged_out_elsewhere' })
    expect(await room.disconnected).toBe('io server disconnect')
    await stream.over
    expect(stream.events.map(({ name }) => name)).toEqual(['session', 'ended'])
    expect(stream.events[1]?.data).toMatchObject({ id: ada.id, reason: 'logged_out_elsewhere' })
    expect(performance.now() - startedAt).toBeLessThan(BOUND)
    expect(stays.socket.readyState).toBe(stays.socket.OPEN)
    expect(there.live.stats()).toEqual({ connections: 1, sessions: 1 })
    stays.socket.terminate()
  })

  it('behaviour 2e: leaves no credential of it that any node would take', async () => {
    const ada = await person('every')
    const { socket, closed } = await openSocket(there, { headers: ada.headers })
    // Both nodes know the session well.
    for (const one of [here, there]) {
      expect((await sessionOf(one, ada.headers)).state).toBe('active')
      expect((await sessionOf(one, ada.bearer)).state).toBe('active')
    }
    const { refreshToken } = ada
    await here.sojourn.revoke(ada.id ?? '')
    await closed
    expect(socket.readyState).toBe(socket.CLOSED)
    for (const one of [here, there]) {
      expect((await sessionOf(one, ada.headers)).state).toBe('revoked')
      expect((await sessionOf(one, ada.bearer)).state).toBe('revoked')
      expect(await knock(one, { headers: ada.headers })).toMatchObject({ status: 401 })
      expect(await knock(one, { headers: ada.bearer })).toMatchObject({ status: 401 })
      const refreshed = await one.sojourn.tokens.refresh(refreshToken)
      expect(refreshed.status).toBe('refused')
    }
  })

  it('of all sessions of a person, of one that is switched off, and of the one that somebody acts from, closes theirs alike', async () => {
    const ada = await person('ada2')
    const bob = await person('bob2')
    const acting = await actingFor(here, await person('admin2'), 'customer')
    const ends = [
      (await openSocket(there, { headers: ada.headers })).closed,
      (await openSocket(there, { headers: bob.headers })).closed,
      (await openSocket(there, { headers: acting })).closed,
    ]
    await here.sojourn.revokeAll('ada2', { reason: 'password_changed' })
    await here.sojourn.disable('bob2')
    await here.sojourn.revokeAll('admin2', { reason: 'logged_out_elsewhere' })
    expect((await Promise.all(ends)).map(({ code, reason }) => [code, reason])).toEqual([
      [4401, 'password_changed'],
      [4401, 'subject_disabled'],
      [4401, 'logged_out_elsewhere'],
    ])
  })

  it('after a sign-out, what the client still sends is nobody’s', async () => {
    const ada = await person('deaf')
    const { socket, closed } = await openSocket(there, { headers: ada.headers })
    socket.send('before')
    await until(() => there.heard.includes('before'), 'a message')
    // It reads no close frame, and goes on talking.
    socket.pause()
    await here.sojourn.revoke(ada.id ?? '')
    await until(() => there.live.stats().sessions === 0, 'the end')
    socket.send('after')
    await pause(100)
    expect(there.heard).not.toContain('after')
    socket.resume()
    expect(await closed).toMatchObject({ code: 4401, reason: 'revoked_admin' })
  })

  it('closes it too where the session is to be proved anew, and no store tells of changes', async () => {
    const silent = await node({ live: { recheckEvery: '300ms' } }, false)
    const ada = await person('silent')
    const bob = await person('pending')
    const first = await openSocket(silent, { headers: ada.headers })
    const second = await openSocket(there, { headers: bob.headers })
    const startedAt = performance.now()
    await here.sojourn.revoke(ada.id ?? '')
    await (await sessionOf(here, bob.headers)).demandProof('new_place')
    const end = await first.closed
    expect(end).toMatchObject({ code: 4401, reason: 'revoked_admin' })
    expect(end.at - startedAt).toBeLessThan(BOUND)
    expect(await second.closed).toMatchObject({ code: 4401, reason: 'reauthentication_required' })
    expect(await knock(there, { headers: bob.headers })).toMatchObject({ status: 401 })
  })
})

describe('a live session', () => {
  it('behaviour 26b: shows what others write, and writes what it sets and nothing else', async () => {
    const ada = await signIn<Data>(here.sojourn, { subject: 'live', data: { cart: ['tea'] } })
    const incoming = {
      method: 'GET',
      url: '/',
      headers: ada.headers,
      socket: { remoteAddress: '127.0.0.1' },
    }
    const admission = await there.live.admit(incoming, { isReadable: true })
    if (!admission.ok) throw new Error('refused')
    const { socket } = await openSocket(there, { headers: ada.headers })
    const connection = there.live.attach(socketAlone(), admission.admitted)
    expect(await connection.session.get('cart')).toEqual(['tea'])
    const elsewhere = await sessionOf(here, ada.headers)
    elsewhere.set('theme', 'dark')
    await elsewhere.save()
    const seen: unknown[] = []
    await waitFor(async () => {
      seen[0] = await connection.session.get('theme')
      return seen[0] === 'dark'
    })
    connection.session.set('cart', ['tea', 'milk'])
    await connection.session.save()
    const sums = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        at % 2 === 0 ? connection.session.incr('count') : elsewhere.incr('count'),
      ),
    )
    expect(new Set(sums).size).toBe(20)
    const after = await (await sessionOf(here, ada.headers)).all()
    expect(after).toEqual({ cart: ['tea', 'milk'], theme: 'dark', count: 20 })
    await here.sojourn.revoke(ada.id ?? '')
    await until(() => !connection.isOpen, 'the end')
    expect(() => connection.session.set('theme', 'light')).toThrow('has ended')
    expect(connection.end).toEqual({ kind: 'ended', reason: 'revoked_admin' })
    socket.terminate()
  })
})

/** A socket that goes nowhere: what is attached is looked at, not what is sent. */
function socketAlone() {
  const nothing = (): void => undefined
  return {
    readyState: 1,
    close: nothing,
    terminate: nothing,
    on: nothing,
    once: nothing,
    removeAllListeners: nothing,
  }
}

async function waitFor(check: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 5_000
  while (!(await check())) {
    if (performance.now() > end) throw new Error('It never came.')
    await pause(10)
  }
}

describe('a handshake', () => {
  it('ASVS 4.4.2: with a cookie is taken from our own pages and trusted ones, and from nobody else', async () => {
    const ada = await person('origin')
    const { headers } = ada
    const refused = { status: 403, code: 'cross_origin' }
    const own = `127.0.0.1:${String(there.port)}`
    const cases: readonly (readonly [string | null, Record<string, string>, unknown])[] = [
      [`http://${own}`, {}, 'open'],
      [`https://${own}`, {}, 'open'],
      [APP, {}, 'open'],
      [APP, { 'sec-fetch-site': 'cross-site' }, 'open'],
      ['https://evil.example', {}, refused],
      ['https://evil.example', { 'sec-fetch-site': 'same-site' }, refused],
      [`http://${own}.evil.example`, {}, refused],
      [`${APP}.evil.example`, {}, refused],
      ['null', {}, refused],
      [null, {}, refused],
      [null, { 'sec-fetch-site': 'none' }, refused],
      [`http://${own}, ${APP}`, {}, refused],
    ]
    for (const [origin, more, expected] of cases) {
      const result = await knock(there, { origin, headers: { ...headers, ...more } })
      if (expected === 'open') expect([origin, result]).toEqual([origin, 'open'])
      else expect([origin, result]).toMatchObject([origin, expected])
    }
    await expect(openIo(there, { headers, origin: 'https://evil.example' })).rejects.toThrow(
      'cross_origin',
    )
    // No page can make a browser add a token.
    expect(await knock(there, { origin: 'https://evil.example', headers: ada.bearer })).toBe('open')
  })

  it('without a session, with one that is over, or with a token in its address, is refused by HTTP', async () => {
    const ada = await person('over')
    await here.sojourn.revoke(ada.id ?? '', { reason: 'logged_out' })
    expect(await knock(there, {})).toMatchObject({ status: 401, code: 'session_missing' })
    expect(await knock(there, { headers: ada.headers })).toMatchObject({
      status: 401,
      code: 'session_ended',
    })
    await expect(openIo(there, { headers: ada.headers })).rejects.toMatchObject({
      message: 'session_ended',
      data: { status: 401, reason: 'logged_out' },
    })
    await expect(openStream(eventsOf(there), ada.headers)).rejects.toThrow('session_ended')
    const url = `${eventsOf(there)}?access_token=eyJhbGciOi`
    await expect(openStream(url, {})).rejects.toThrow('credential_in_url')
  })

  it('ASVS 4.4.3, ASVS 4.4.4: by a ticket opens one socket of its session, from the page that it was issued for', async () => {
    const ada = await person('ticket')
    const session = await sessionOf(there, ada.headers)
    const issue = (): string => {
      const issued = there.live.issueTicket(session, APP)
      if (!issued.ok) throw new Error('refused')
      expect(issued.expiresIn).toBe(30)
      return issued.ticket
    }
    const by = (ticket: string, origin: string | null = APP) =>
      knock(there, { origin, protocols: ['chat', `ticket.${ticket}`] })
    const ticket = issue()
    expect(await by(ticket, 'https://evil.example')).toMatchObject({ check: 'ticket_origin' })
    expect(await by(ticket, null)).toMatchObject({ check: 'ticket_origin' })
    const many = await Promise.all(Array.from({ length: 10 }, () => by(ticket)))
    expect(many.filter((one) => one === 'open')).toHaveLength(1)
    expect(await by(ticket)).toMatchObject({ status: 401, check: 'ticket_used' })
    expect(await by(`${issue().slice(0, -2)}AA`)).toMatchObject({ status: 401, check: 'ticket' })
    const { client, ended } = await openIo(there, { origin: APP, auth: { ticket: issue() } })
    const left = issue()
    const socket = await openSocket(there, {
      origin: APP,
      protocols: ['chat', `ticket.${issue()}`],
    })
    expect(socket.socket.protocol).toBe('chat')
    await here.sojourn.revoke(ada.id ?? '')
    expect(await socket.closed).toMatchObject({ code: 4401, reason: 'revoked_admin' })
    expect(await ended).toEqual({ code: 4401, reason: 'revoked_admin' })
    expect(await by(left)).toMatchObject({ status: 401, code: 'session_ended' })
    client.disconnect()
    const nobody = await sessionOf(there, {})
    expect(there.live.issueTicket(nobody, APP)).toMatchObject({
      ok: false,
      refusal: { status: 401 },
    })
    expect(() => there.live.issueTicket(session, 'https://evil.example')).toThrow('origin')
  })

  it('beyond what a session, a person or a process may have open is refused with 429', async () => {
    const tight = await node({ live: { maxPerSession: 1, maxPerSubject: 2, maxConnections: 3 } })
    const full = { status: 429, code: 'rate_limited' }
    const [one, two, three, other, last] = [
      await person('crowd'),
      await person('crowd'),
      await person('crowd'),
      await person('another'),
      await person('last'),
    ]
    const sockets = [await openSocket(tight, { headers: one.headers })]
    expect(await knock(tight, { headers: one.headers })).toMatchObject(full)
    sockets.push(await openSocket(tight, { headers: two.headers }))
    expect(await knock(tight, { headers: three.headers })).toMatchObject(full)
    sockets.push(await openSocket(tight, { headers: other.headers }))
    expect(await knock(tight, { headers: last.headers })).toMatchObject(full)
    await expect(openStream(eventsOf(tight), last.headers)).rejects.toThrow('429')
    sockets[0]?.socket.close()
    await sockets[0]?.closed
    await until(() => tight.live.stats().connections === 2, 'a free place')
    expect(await knock(tight, { headers: three.headers })).toBe('open')
  })
})

describe('time', () => {
  it.concurrent(
    'behaviour 26c: runs on while messages come, unless they count as activity',
    async () => {
      const short = { idle: '1s', touchEvery: '100ms' } as const
      const passive = await node({ sojourn: short })
      const active = await node({ sojourn: short, live: { isActivity: true } })
      const ada = await signIn(passive.sojourn, { subject: 'passive' })
      const bob = await signIn(passive.sojourn, { subject: 'active' })
      const eve = await signIn(passive.sojourn, { subject: 'passive' })
      const joe = await signIn(passive.sojourn, { subject: 'active' })
      const quietRoom = await openIo(passive, { headers: eve.headers })
      const busyRoom = await openIo(active, { headers: joe.headers })
      const quiet = await openSocket(passive, { headers: ada.headers })
      const busy = await openSocket(active, { headers: bob.headers })
      const talk = setInterval(() => {
        for (const { socket } of [quiet, busy]) if (socket.readyState === 1) socket.send('hello')
        for (const { client } of [quietRoom, busyRoom]) if (client.connected) client.emit('hello')
      }, 150)
      const end = await quiet.closed
      expect([end.code, end.reason]).toEqual([4401, 'expired_idle'])
      await pause(500)
      expect(busy.socket.readyState).toBe(busy.socket.OPEN)
      clearInterval(talk)
      expect(await busy.closed).toMatchObject({ code: 4401, reason: 'expired_idle' })
    },
  )

  it.concurrent(
    'of a store that is away closes nothing as if signed out: sockets go on, and after the limit are told to come again',
    async () => {
      const away = await startRedis()
      const connection = await openRedis(away.port)
      const options = { recheckEvery: '200ms', awayLimit: '1200ms' } as const
      const alone = await startNode(connection.store, { live: options })
      try {
        const ada = await signIn(alone.sojourn, { subject: 'away' })
        const one = await openSocket(alone, { headers: ada.headers })
        let isClosed = false
        void one.closed.then(() => (isClosed = true))
        away.pause()
        await pause(600)
        expect(await knock(alone, { headers: ada.headers })).toMatchObject({
          status: 503,
          code: 'store_unavailable',
        })
        expect(isClosed).toBe(false)
        away.resume()
        await pause(1_500)
        expect(isClosed).toBe(false)
        const stream = await openStream(eventsOf(alone), ada.headers)
        away.pause()
        expect(await one.closed).toMatchObject({ code: 1013, reason: 'store_unavailable' })
        await stream.over
        expect(stream.events.map(({ name }) => name)).toEqual(['session'])
        away.resume()
      } finally {
        away.resume()
        await alone.close()
        connection.close()
        await away.stop()
      }
    },
  )
})
