import { describe, expect, it } from 'vitest'
import { refuseUnlessRecent, refuseUnlessSignedIn } from '../../src/guard/session-guard.js'
import { Browser } from '../support/browser.js'
import { scene } from '../support/sojourn.js'

const subjectOf = (browser: Browser<Record<string, unknown>>, cookie?: string) =>
  browser
    .request(
      async (session) => {
        await session.load()
        return {
          subject: session.subject,
          state: session.state,
          refusal: refuseUnlessSignedIn(session),
        }
      },
      cookie === undefined ? {} : { cookie },
    )
    .then(({ result }) => result)

describe('signing in', () => {
  it('behaviour 12a: sign-in always makes a new id; nothing attaches a person to an existing one', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => {
      session.set('cart', ['tea'])
    })
    const guestId = await browser.visit(async (session) => (await session.load()).id)
    await browser.visit((session) => session.signIn('alice'))
    const id = await browser.visit(async (session) => (await session.load()).id)
    await browser.visit((session) => session.signIn('alice'))
    const again = await browser.visit(async (session) => (await session.load()).id)
    expect(new Set([guestId, id, again]).size).toBe(3)
    const members = Object.getOwnPropertyNames(
      Object.getPrototypeOf(await browser.visit((session) => session)),
    )
    expect(members.filter((name) => /subject|attach|user/i.test(name))).toEqual(['subject'])
    const handle = await browser.visit((session) => session)
    expect(() => {
      ;(handle as { subject: string }).subject = 'mallory'
    }).toThrow(TypeError)
  })

  it('keeps the data of the guest, and the id from before never authenticates', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => {
      session.set('cart', ['tea'])
    })
    const planted = browser.cookie ?? ''
    await browser.visit(async (session) => {
      session.set('note', 'set in the same request')
      await session.signIn('alice')
    })
    expect(await browser.visit((session) => session.all())).toEqual({
      cart: ['tea'],
      note: 'set in the same request',
    })
    expect((await subjectOf(browser, planted)).subject).toBeUndefined()
  })

  it('keeps only the named keys where that is asked, and nothing of another person', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => {
      session.set('cart', 1)
      session.set('junk', 2)
    })
    await browser.visit((session) => session.signIn('alice', { keep: ['cart'] }))
    expect(await browser.visit((session) => session.all())).toEqual({ cart: 1 })
    await browser.visit((session) => session.signIn('bob'))
    expect(await browser.visit((session) => session.all())).toEqual({})
  })

  it('behaviour 12c: requests that still carry the guest cookie are served as that guest, never as signed in, and never replace the new cookie', async () => {
    const { sojourn, clock } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => {
      session.set('cart', ['tea'])
    })
    const old = browser.cookie ?? ''
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = browser.request(async (session) => {
      await session.load()
      await gate
      session.set('late', 1)
      return session.subject
    })
    await browser.visit((session) => session.signIn('alice'))
    release()
    const { result, outgoing } = await slow
    expect(result).toBeUndefined()
    expect(outgoing?.cookies ?? []).toEqual([])
    const parallel = await browser.request((session) => session.get('cart'), { cookie: old })
    expect(parallel.result).toEqual(['tea'])
    expect(parallel.outgoing?.cookies).toEqual([])
    clock.advance(31_000)
    expect(await subjectOf(browser, old)).toMatchObject({ state: 'revoked', subject: undefined })
  })

  it('cookie-21: the id of a guest answers 401 session_rotated once the guest has signed in', async () => {
    const { sojourn, clock } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => {
      session.set('a', 1)
    })
    const old = browser.cookie ?? ''
    await browser.visit((session) => session.signIn('alice'))
    expect((await subjectOf(browser, old)).refusal).toMatchObject({
      status: 401,
      code: 'session_rotated',
    })
    clock.advance(60_000)
    expect((await subjectOf(browser, old)).refusal).toMatchObject({
      status: 401,
      code: 'session_rotated',
    })
  })

  it('ASVS 7.2.4: a new token at sign-in, sign-in again and step-up; the one before is refused', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice'))
    const first = browser.cookie ?? ''
    await browser.visit((session) => session.signIn('alice'))
    const second = browser.cookie ?? ''
    expect(second).not.toBe(first)
    expect((await subjectOf(browser, first)).refusal).toMatchObject({ status: 401 })
    await browser.visit((session) => session.elevate())
    const third = browser.cookie ?? ''
    expect(third).not.toBe(second)
    expect((await subjectOf(browser)).subject).toBe('alice')
    await sojourn.settled()
    expect((await subjectOf(browser, second)).refusal).toMatchObject({ status: 401 })
  })

  it('behaviour 12d: after a renewal whose answer was lost, the old secret works until the new one is first used', async () => {
    const { sojourn, clock } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice'))
    const old = browser.cookie ?? ''
    const { outgoing } = await browser.request((session) => session.elevate())
    expect((await subjectOf(browser, old)).subject).toBe('alice')
    clock.advance(60_000)
    const retry = await browser.request((session) => session.load(), { cookie: old })
    expect(retry.result.subject).toBe('alice')
    expect(retry.outgoing?.cookies).toHaveLength(1)
    browser.keep(retry.outgoing)
    expect((await subjectOf(browser)).subject).toBe('alice')
    await sojourn.settled()
    expect((await subjectOf(browser, old)).subject).toBeUndefined()
    const lost = new Browser(sojourn)
    lost.keep(outgoing)
    expect((await subjectOf(lost)).subject).toBeUndefined()
  })

  it('two step-ups at once leave the person signed in with either answer', async () => {
    const { sojourn } = scene()
    for (let run = 0; run < 50; run += 1) {
      const browser = new Browser(sojourn)
      await browser.visit((session) => session.signIn('alice'))
      const answers = await Promise.all(
        [1, 2].map(() => browser.request((session) => session.elevate())),
      )
      for (const { outgoing } of run % 2 === 0 ? answers : answers.reverse()) browser.keep(outgoing)
      expect((await subjectOf(browser)).subject).toBe('alice')
    }
  })

  it('behaviour 27a: a step-up marks the same session under a new secret for its minutes; being seen never prolongs it', async () => {
    const { sojourn, clock } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice'))
    const before = {
      id: await browser.visit(async (session) => (await session.load()).id),
      cookie: browser.cookie,
    }
    clock.advance(400_000)
    const check = () =>
      browser.visit(async (session) => {
        await session.load()
        return refuseUnlessRecent(session, 300_000)
      })
    expect(await check()).toMatchObject({
      status: 401,
      code: 'reauthentication_required',
      maxAge: 300,
    })
    await browser.visit((session) => session.elevate({ methods: ['pwd'] }))
    expect(browser.cookie).not.toBe(before.cookie)
    expect(await browser.visit(async (session) => (await session.load()).id)).toBe(before.id)
    for (let minute = 0; minute < 5; minute += 1) {
      expect(await check()).toBeUndefined()
      clock.advance(60_000)
      await sojourn.settled()
    }
    clock.advance(1)
    expect(await check()).toMatchObject({ code: 'reauthentication_required' })
  })

  it('renews the secret when it has reached its age, once for many requests', async () => {
    const { sojourn, clock } = scene({ renewal: '10m' })
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice'))
    const first = browser.cookie
    clock.advance(601_000)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => browser.request((session) => session.load())),
    )
    const sent = answers.flatMap(({ outgoing }) => outgoing?.cookies ?? [])
    expect(sent).toHaveLength(1)
    for (const { outgoing } of answers) browser.keep(outgoing)
    expect(browser.cookie).not.toBe(first)
    expect((await subjectOf(browser)).subject).toBe('alice')
  })

  it('refuses a sign-in on a connection that cannot carry the cookie, before anything is stored', async () => {
    const { sojourn, calls } = scene()
    const attempt = new Browser(sojourn).visit((session) => session.signIn('alice'), {
      isSecure: false,
    })
    await expect(attempt).rejects.toMatchObject({ code: 'tls_required', status: 403 })
    expect(calls).toEqual([])
  })

  it('refuses subjects that are no well-formed text of 1 to 255 characters', async () => {
    const { sojourn } = scene()
    for (const subject of ['', 'x'.repeat(256), '\ud800', 7, null]) {
      const attempt = new Browser(sojourn).visit((session) => session.signIn(subject as string))
      await expect(attempt).rejects.toMatchObject({ code: 'field_invalid' })
    }
  })

  it('behaviour 13a: attributes of a person are seen on the next request of all their sessions', async () => {
    const { sojourn } = scene()
    const browsers = [new Browser(sojourn), new Browser(sojourn)]
    for (const browser of browsers) await browser.visit((session) => session.signIn('alice'))
    await sojourn.patchSubject('alice', { roles: ['admin'], plan: 'pro' })
    await sojourn.patchSubject('alice', { plan: undefined })
    for (const browser of browsers) {
      expect(await browser.visit(async (session) => (await session.load()).attributes)).toEqual({
        roles: ['admin'],
      })
    }
  })

  it('behaviour 43a: one lifetime drives cookie and record; a browser-session cookie has no Max-Age, a remembered one has', async () => {
    const { sojourn } = scene({
      absolute: '2h',
      idle: '1h',
      remember: { idle: '2d', absolute: '5d' },
    })
    const plain = await new Browser(sojourn).request(async (session) => {
      await session.signIn('alice')
      return session.facts
    })
    expect(plain.outgoing?.cookies[0]).not.toMatch(/Max-Age|Expires/)
    expect((plain.result?.expiresAt ?? 0) - (plain.result?.createdAt ?? 0)).toBe(2 * 3_600_000)
    const kept = await new Browser(sojourn).request(async (session) => {
      await session.signIn('alice', { remember: true })
      return session.facts
    })
    expect(kept.outgoing?.cookies[0]).toMatch(`Max-Age=${String(5 * 86_400)}`)
    expect((kept.result?.expiresAt ?? 0) - (kept.result?.createdAt ?? 0)).toBe(5 * 86_400_000)
    expect((kept.result?.idleExpiresAt ?? 0) - (kept.result?.createdAt ?? 0)).toBe(2 * 86_400_000)
  })
})
