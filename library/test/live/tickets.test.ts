import { describe, expect, it } from 'vitest'
import { createLive, type LiveOptions } from '../../src/live/index.js'
import type { Incoming } from '../../src/request/incoming.js'
import { madeUpIncoming } from '../../src/testing/made-up-request.js'
import { signIn } from '../../src/testing/sign-in.js'
import { scene, TOKENS } from '../support/sojourn.js'

const APP = 'https://app.example'
const PARTNER = 'https://partner.example'

async function stage(options: LiveOptions = { origin: APP, trustedOrigins: [PARTNER] }) {
  const made = scene({ tokens: TOKENS })
  const live = createLive(made.sojourn, options)
  const client = await signIn(made.sojourn, { subject: 'ada' })
  const { session } = made.sojourn.exchange(madeUpIncoming({ cookie: client.cookie }))
  await session.load()
  const issue = (origin?: string): string => {
    const issued = live.issueTicket(session, origin)
    if (!issued.ok) throw new Error(issued.refusal.code)
    return issued.ticket
  }
  const knock = async (headers: Record<string, string | undefined>) => {
    const admission = await live.admit(withHeaders(headers))
    return admission.ok
      ? admission.admitted.subject
      : (admission.refusal.check ?? admission.refusal.code)
  }
  return { ...made, live, client, session, issue, knock }
}

function withHeaders(headers: Readonly<Record<string, string | undefined>>): Incoming {
  const { cookie, authorization } = headers
  const made = madeUpIncoming({ cookie, authorization })
  return {
    method: 'GET',
    target: '/ws',
    host: made.host,
    isSecure: made.isSecure,
    address: made.address,
    userAgent: undefined,
    cookieHeader: cookie,
    header: (name) => headers[name.toLowerCase()] ?? made.header(name),
    isRepeated: () => false,
    forwardedNotice: undefined,
  }
}

const offering = (ticket: string, origin?: string) => ({
  'sec-websocket-protocol': `chat, ticket.${ticket}`,
  origin,
})

describe('a ticket', () => {
  it('ASVS 4.4.3: is good once, in its session, for half a minute by the clock of the store', async () => {
    const { live, client, clock, issue, knock } = await stage()
    const [one, two] = [issue(), issue()]
    const admission = await live.admit(withHeaders(offering(issue(), APP)))
    expect(admission).toMatchObject({ ok: true, admitted: { id: client.id } })
    clock.advance(29_999)
    expect(await knock(offering(one, APP))).toBe('ada')
    expect(await knock(offering(one, APP))).toBe('ticket_used')
    clock.advance(1)
    expect(await knock(offering(two, APP))).toBe('ticket_expired')
    // What was used is not forgotten before it is too late to use it again.
    expect(await knock(offering(one, APP))).toBe('ticket_expired')
  })

  it('is for the page that it was issued for, and dies with its session', async () => {
    const { sojourn, client, issue, knock } = await stage()
    const ticket = issue(PARTNER)
    expect(await knock(offering(ticket, APP))).toBe('ticket_origin')
    expect(await knock(offering(ticket))).toBe('ticket_origin')
    expect(await knock(offering(ticket, PARTNER))).toBe('ada')
    expect(() => issue('https://evil.example')).toThrow('origin')
    const late = issue()
    await sojourn.revoke(client.id ?? '')
    expect(await knock(offering(late, APP))).toBe('ticket')
  })

  it('that was made up or altered costs the store nothing', async () => {
    const { calls, issue, knock } = await stage()
    const ticket = issue()
    const [, body = '', tag = ''] = ticket.split('.')
    const claim = Buffer.from(body, 'base64url').toString().replace('"ada"', '"eve"')
    const altered = `t1.${Buffer.from(claim).toString('base64url')}.${tag}`
    calls.length = 0
    for (const bad of ['', 'x', altered, `${ticket}A`, `t2${ticket.slice(2)}`]) {
      expect(await knock(offering(bad, APP))).toBe('ticket')
    }
    expect(calls).toEqual([])
  })

  it('is for people who are signed in, and not for a session in doubt', async () => {
    const { live, sojourn, session, issue, knock } = await stage()
    const ticket = issue()
    await session.demandProof('new_place')
    expect(await knock(offering(ticket, APP))).toBe('pending')
    const { session: nobody } = sojourn.exchange(madeUpIncoming({}))
    await nobody.load()
    expect(live.issueTicket(nobody)).toMatchObject({ ok: false, refusal: { status: 401 } })
  })
})

describe('a handshake', () => {
  it('where the origin is set is compared with it, scheme and all', async () => {
    const { client, knock } = await stage()
    const { cookie } = client
    expect(await knock({ cookie, origin: APP })).toBe('ada')
    expect(await knock({ cookie, origin: PARTNER })).toBe('ada')
    expect(await knock({ cookie, origin: 'http://app.example' })).toBe('origin')
    expect(await knock({ cookie, origin: 'http://localhost' })).toBe('origin')
    expect(await knock({ cookie })).toBe('origin')
    expect(await knock({ ...client.bearer })).toBe('ada')
    const open = await stage({ mayOmitOrigin: true })
    expect(await open.knock({ cookie: open.client.cookie })).toBe('ada')
    expect(await open.knock({ cookie: open.client.cookie, origin: 'null' })).toBe('origin')
  })

  it('counts as nothing: whoever connects again and again is no person', async () => {
    const { clock, calls, client, knock } = await stage()
    clock.advance('30m')
    calls.length = 0
    expect(await knock({ cookie: client.cookie, origin: APP })).toBe('ada')
    expect(calls).toEqual(['read'])
  })

  it('of a guest is taken where that is asked for', async () => {
    for (const mayBeGuest of [false, true]) {
      const { sojourn, knock } = await stage({ origin: APP, mayBeGuest })
      const exchange = sojourn.exchange(madeUpIncoming({}))
      exchange.session.set('cart', ['tea'])
      const outgoing = await exchange.commit()
      const cookie = (outgoing?.cookies[0] ?? '').split(';')[0]
      expect(await knock({ cookie, origin: APP })).toBe(mayBeGuest ? undefined : 'session_missing')
    }
  })
})

describe('the options', () => {
  it('are refused where they are wrong', async () => {
    const { sojourn } = scene()
    const wrong: LiveOptions[] = [
      { origin: 'app.example' },
      { trustedOrigins: ['https://app.example/'] },
      { ticketLifetime: '2m' },
      { ticketLifetime: 0 },
      { maxPerSession: 0 },
      { recheckEvery: 'soon' as never },
    ]
    for (const options of wrong) expect(() => createLive(sojourn, options)).toThrow('option')
  })
})
