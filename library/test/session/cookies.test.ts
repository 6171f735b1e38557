import { describe, expect, it } from 'vitest'
import { createSojourn } from '../../src/sojourn.js'
import { Browser } from '../support/browser.js'
import { hearing, scene, SECRET } from '../support/sojourn.js'

const NEWER = 'a newer secret that is long enough: 9876543210'
const signIn = async (browser: Browser<Record<string, unknown>>) =>
  browser.visit((session) => session.signIn('alice'))
const subject = async (browser: Browser<Record<string, unknown>>) =>
  browser.visit(async (session) => (await session.load()).subject)

describe('session cookies', () => {
  it('S0-05, ASVS 3.3.3: are HttpOnly, Secure, __Host-, SameSite=Lax and for the whole path by default', async () => {
    const { sojourn } = scene()
    const { outgoing } = await new Browser(sojourn).request((session) => session.signIn('alice'))
    expect(outgoing?.cookies).toHaveLength(1)
    expect(outgoing?.cookies[0]).toMatch(
      /^__Host-sid-[\w-]{4}=[\w.-]{85}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
  })

  it('behaviour 37a: all our cookies together stay under 512 bytes (130 in fact) whatever the data; more data than the cap is a clear error', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await signIn(browser)
    await browser.visit((session) => {
      session.set('big', 'x'.repeat(60_000))
    })
    expect((browser.cookie ?? '').length).toBeLessThanOrEqual(130)
    const over = browser.visit((session) => {
      session.set('more', 'x'.repeat(10_000))
    })
    await expect(over).rejects.toThrow(
      /The session is 69 KB; the limit is 64 KB \(maxSessionBytes\)/,
    )
  })

  it('a secret put in front signs nobody out; the cookie is sent anew under it, and dies with the old one when that is not listed any more', async () => {
    const { sojourn, store, clock } = scene()
    const browser = new Browser(sojourn)
    await signIn(browser)
    const old = new Browser(createSojourn({ secrets: NEWER, store, clock }))
    old.jar.set([...browser.jar][0]?.[0] ?? '', [...browser.jar][0]?.[1] ?? '')
    expect(await subject(old)).toBeUndefined()
    const both = new Browser(createSojourn({ secrets: [NEWER, SECRET], store, clock }))
    for (const [name, value] of browser.jar) both.jar.set(name, value)
    expect(await subject(both)).toBe('alice')
    const only = new Browser(createSojourn({ secrets: NEWER, store, clock }))
    for (const [name, value] of both.jar) only.jar.set(name, value)
    expect(await subject(only)).toBe('alice')
  })

  it('behaviour 21b: a changed name, prefix or Domain keeps people in', async () => {
    const { sojourn, store, clock } = scene({ cookie: { name: '__Host-old' } })
    const browser = new Browser(sojourn)
    await signIn(browser)
    for (const cookie of [
      { name: '__Secure-new', domain: 'example.com', previousNames: ['__Host-old'] },
      { name: 'plain', previousNames: ['__Secure-new'] },
    ]) {
      const moved = new Browser(createSojourn({ secrets: SECRET, store, clock, cookie }))
      for (const [name, value] of browser.jar) moved.jar.set(name, value)
      expect(await subject(moved)).toBe('alice')
      expect(moved.jar.has(cookie.name)).toBe(true)
      browser.jar.clear()
      for (const name of [cookie.name]) browser.jar.set(name, moved.jar.get(name) ?? '')
    }
  })

  it('behaviour 22a: two applications with default settings on one host do not disturb each other', async () => {
    const one = new Browser(scene().sojourn)
    const two = new Browser(scene({ secrets: NEWER }).sojourn)
    const local = { host: 'localhost:3000', isSecure: false }
    await one.visit((session) => session.signIn('alice'), local)
    for (const [name, value] of one.jar) two.jar.set(name, value)
    await two.visit((session) => session.signIn('bob'), { ...local, host: 'localhost:4000' })
    for (const [name, value] of two.jar) one.jar.set(name, value)
    expect(one.jar.size).toBe(2)
    expect(await one.visit(async (session) => (await session.load()).subject, local)).toBe('alice')
    expect(await two.visit(async (session) => (await session.load()).subject, local)).toBe('bob')
    await two.visit((session) => session.signOut(), local)
    expect([...two.jar.keys()]).toHaveLength(1)
  })

  it('a cookie that the connection cannot carry is not sent; the diagnostic names cause and fix, once for each refusal', async () => {
    const { sojourn, told } = scene()
    const forwardedNotice = 'x-forwarded-proto=https from 10.0.0.3 ignored: trustProxy is not set'
    const attempt = new Browser(sojourn).visit((session) => session.signIn('alice'), {
      isSecure: false,
      forwardedNotice,
    })
    await expect(attempt).rejects.toMatchObject({ code: 'tls_required' })
    await hearing()
    expect(told).toEqual([
      {
        name: 'cookie.diagnostic',
        event: {
          message: `No session cookie can be set: ${forwardedNotice}; set trustProxy to the number or the addresses of your proxies.`,
        },
      },
    ])
  })

  it('on plain-http localhost the cookie drops prefix and Secure, and nowhere else', async () => {
    const { sojourn } = scene()
    for (const host of ['localhost:3000', '127.0.0.1', '[::1]:80', 'app.localhost']) {
      const { outgoing } = await new Browser(sojourn).request(
        (session) => session.signIn('alice'),
        { isSecure: false, host },
      )
      expect(outgoing?.cookies[0]).toMatch(
        /^sid-[\w-]{4}=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax$/,
      )
      expect(outgoing?.headers.map(([name]) => name)).not.toContain('Clear-Site-Data')
    }
    for (const host of [
      'localhost.evil.example',
      'evil.example',
      '192.168.1.5:3000',
      'xlocalhost',
    ]) {
      const attempt = new Browser(sojourn).visit((session) => session.signIn('alice'), {
        isSecure: false,
        host,
      })
      await expect(attempt).rejects.toMatchObject({ code: 'tls_required' })
    }
  })

  it('a cookie without prefix does not count on a secure connection: a neighbour could have planted it', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice'), {
      isSecure: false,
      host: 'localhost',
    })
    expect(await subject(browser)).toBeUndefined()
  })

  it('cookie-06: two cookies of one name with different values are refused, without a store call', async () => {
    const { sojourn, calls } = scene()
    const browser = new Browser(sojourn)
    await signIn(browser)
    calls.length = 0
    const cookie = `${browser.cookie ?? ''}; ${[...browser.jar.keys()][0] ?? ''}=other`
    const { result } = await browser.request(async (session) => (await session.load()).resolution, {
      cookie,
    })
    expect(result).toEqual({ state: 'rejected', code: 'cookie_duplicate' })
    expect(calls).toEqual([])
  })

  it('behaviour 8e, ASVS 3.3.3: combinations that browsers refuse are refused when the library is set up', () => {
    const make = (cookie: object) => () => createSojourn({ secrets: SECRET, cookie })
    expect(make({ name: '__Host-sid', domain: 'example.com' })).toThrow(
      /__Host- cookie cannot have a Domain/,
    )
    expect(make({ name: '__Host-sid', path: '/app' })).toThrow(/path/)
    expect(make({ sameSite: 'laxx' })).toThrow(/sameSite must be lax, strict or none/)
    expect(make({ sameSite: 'none', secure: false })).toThrow(/Secure/)
    expect(make({ name: 'a b' })).toThrow(/token characters/)
    expect(make({ domain: 'https://example.com' })).toThrow(/domain/)
  })

  it('no answer of a request that lost a race sends a cookie', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await signIn(browser)
    const cookie = browser.cookie ?? ''
    await browser.visit((session) => session.signOut())
    const { outgoing } = await browser.request((session) => session.load(), { cookie })
    expect(outgoing?.cookies).toEqual([])
  })
})
