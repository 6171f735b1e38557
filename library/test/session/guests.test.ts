import { describe, expect, it } from 'vitest'
import { Browser } from '../support/browser.js'
import { scene } from '../support/sojourn.js'

describe('guests', () => {
  it('behaviour 10a: 100,000 cookieless requests to pages that do not write leave 0 keys, 0 cookies and 0 store commands', async () => {
    const { sojourn, calls } = scene()
    for (let run = 0; run < 100_000; run += 1) {
      const exchange = sojourn.exchange({ ...EMPTY })
      if (run % 2 === 0) await exchange.session.get('a')
      const outgoing = await exchange.commit()
      if ((outgoing?.cookies.length ?? 0) > 0) throw new Error('a cookie was sent')
    }
    expect(calls).toEqual([])
  })

  it('behaviour 10b: a written guest session has its own short life and size cap, and each network may start so many a minute', async () => {
    const { sojourn, clock } = scene({
      anonymous: { idle: '10m', absolute: '20m', maxBytes: 100, perMinute: 3 },
    })
    const browser = new Browser(sojourn)
    const facts = await browser.visit(async (session) => {
      session.set('a', 1)
      await session.save()
      return session.facts
    })
    expect((facts?.expiresAt ?? 0) - (facts?.createdAt ?? 0)).toBe(20 * 60_000)
    const big = new Browser(sojourn).visit((session) => {
      session.set('a', 'x'.repeat(200))
    })
    await expect(big).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    const start = (address: string) =>
      new Browser(sojourn).visit(
        (session) => {
          session.set('a', 1)
        },
        { address },
      )
    await start('203.0.113.7')
    await start('203.0.113.7')
    await expect(start('203.0.113.7')).rejects.toMatchObject({ code: 'session_flood', status: 429 })
    await start('203.0.113.8')
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2:3::'])
      await start(address)
    await expect(start('2001:db8:1:2:ffff::9')).rejects.toMatchObject({ code: 'session_flood' })
    clock.advance(60_000)
    await start('203.0.113.7')
  })

  it('behaviour 10c: reading, reading flash messages and asking who is there create no record', async () => {
    const { sojourn, calls } = scene()
    const { outgoing } = await new Browser(sojourn).request(async (session) => {
      await session.load()
      await session.get('a')
      await session.all()
      await session.takeFlash('notice')
      session.delete('a')
      return [session.id, session.subject, session.facts]
    })
    expect(outgoing?.cookies).toEqual([])
    expect(calls).toEqual([])
  })

  it('an application without guests refuses to write before a sign-in', async () => {
    const { sojourn } = scene({ anonymous: false })
    const write = new Browser(sojourn).visit(async (session) => {
      session.set('a', 1)
      await session.save()
    })
    await expect(write).rejects.toMatchObject({ code: 'session_ended' })
  })

  it('a guest cookie has another name, so a guest answer cannot overwrite a sign-in', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice'))
    const guest = await browser.request(
      (session) => {
        session.set('a', 1)
      },
      { cookie: '' },
    )
    const name = guest.outgoing?.cookies[0]?.split('=')[0]
    expect(name).toMatch(/^__Host-sid-.*-guest$/)
    browser.keep(guest.outgoing)
    expect(await browser.visit(async (session) => (await session.load()).subject)).toBe('alice')
  })

  it('somebody whose session ended can be a guest again beside the dead cookie, without a loop', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice'))
    await sojourn.revokeAll('alice')
    expect(await browser.visit((session) => session.incr('views'))).toBe(1)
    expect(await browser.visit((session) => session.incr('views'))).toBe(2)
    expect(
      await browser.visit(async (session) => {
        await session.load()
        return [session.isSignedIn, session.endReason]
      }),
    ).toEqual([false, 'revoked_admin'])
  })
})

const EMPTY = {
  method: 'GET',
  target: '/',
  host: 'app.example',
  isSecure: true,
  address: '203.0.113.7',
  userAgent: undefined,
  cookieHeader: undefined,
  forwardedNotice: undefined,
  header: () => undefined,
  isRepeated: () => false,
} as const
