import { describe, expect, it } from 'vitest'
import type { SojournOptions } from '../../src/options.js'
import { Browser } from '../support/browser.js'
import { scene } from '../support/sojourn.js'

async function signedIn(options: Partial<SojournOptions> = {}) {
  const set = scene<Record<string, unknown>>(options)
  const browser = new Browser(set.sojourn)
  await browser.visit((session) => session.signIn('alice'))
  set.calls.length = 0
  return { ...set, browser }
}

describe('store calls', () => {
  it('behaviour 11b: a route that never looks at the session causes 0 store commands, also with a cookie', async () => {
    const { browser, calls } = await signedIn()
    const { outgoing } = await browser.request(() => 'static')
    expect(outgoing).toBeUndefined()
    expect(calls).toEqual([])
  })

  it('behaviour 11a: 1,000 read-only requests in a minute are marked as seen at most once; expiry is never early by more than that', async () => {
    const { browser, calls, clock, sojourn, store } = await signedIn({ idle: '10m' })
    clock.advance(60_000)
    for (let run = 0; run < 1000; run += 1) {
      await browser.visit((session) => session.get('a'))
      await sojourn.settled()
      clock.advance(59)
    }
    expect(calls.filter((verb) => verb === 'read')).toHaveLength(1000)
    expect(calls.filter((verb) => verb === 'change')).toHaveLength(1)
    const facts = await browser.visit(async (session) => (await session.load()).facts)
    expect((facts?.serverTime ?? 0) + 600_000 - (facts?.idleExpiresAt ?? 0)).toBeLessThanOrEqual(
      60_000,
    )
    expect(store.name).toBe('memory')
  })

  it('behaviour 11c: 20 parallel requests of one page are marked as seen once', async () => {
    const { browser, calls, clock, sojourn } = await signedIn()
    clock.advance(120_000)
    await Promise.all(
      Array.from({ length: 20 }, () => browser.request((session) => session.load())),
    )
    await sojourn.settled()
    expect(calls.filter((verb) => verb === 'change')).toHaveLength(1)
  })

  it('behaviour 11d: reading costs one store call, however often and from however many places a request asks', async () => {
    const { browser, calls } = await signedIn()
    await browser.visit(async (session) => {
      await Promise.all([session.load(), session.get('a'), session.get('b'), session.all()])
      await session.get('c')
    })
    expect(calls).toEqual(['read'])
  })

  it('writes everything a request changed in one call', async () => {
    const { browser, calls } = await signedIn()
    await browser.visit((session) => {
      session.set('a', 1)
      session.set('b', 2)
      session.delete('c')
    })
    expect(calls).toEqual(['read', 'change'])
  })

  it('passive requests never extend the idle time', async () => {
    const { browser, clock, sojourn } = await signedIn({
      idle: '10m',
      isPassive: ({ target }) => target === '/poll',
    })
    for (let minute = 0; minute < 10; minute += 1) {
      clock.advance(59_000)
      await browser.visit((session) => session.load(), { target: '/poll' })
      await sojourn.settled()
    }
    clock.advance(11_000)
    const state = await browser.visit(async (session) => (await session.load()).state, {
      target: '/poll',
    })
    expect(state).toBe('expired')
  })

  it('behaviour 22b: a foreign, altered or malformed cookie is nobody, with 0 store commands', async () => {
    const { browser, calls } = await signedIn()
    const other = new Browser(
      scene({ secrets: 'another application, another secret 0123456789' }).sojourn,
    )
    await other.visit((session) => session.signIn('alice'))
    const [name = '', token = ''] = (browser.cookie ?? '').split('=')
    const foreign = (other.cookie ?? '').split('=')[1] ?? ''
    const bad = [
      foreign,
      '%%%',
      'x',
      token.slice(0, -1),
      `${token}A`,
      flip(token, 4),
      flip(token, 30),
      flip(token, token.length - 1),
      token.toUpperCase(),
      `"${token}"`,
      encodeURIComponent(`${token}\r\n`),
      's:abc.def',
      'j:{"a":1}',
    ]
    for (const value of bad) {
      const answer = await browser.request(
        async (session) => {
          await session.load()
          return { state: session.state, resolution: session.resolution }
        },
        { cookie: `${name}=${value}` },
      )
      expect(answer.result).toMatchObject({
        state: 'rejected',
        resolution: { code: 'session_invalid' },
      })
      expect(answer.outgoing?.cookies).toEqual([])
    }
    expect(calls).toEqual([])
  })

  it('cookie-03, cookie-05, cookie-14: one character more or less, a non-canonical spelling and encoded bytes are refused before any lookup', async () => {
    const { browser, calls } = await signedIn()
    const [name = '', token = ''] = (browser.cookie ?? '').split('=')
    const lastOfId = 24
    const respelled = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].map(
      (character) => token.slice(0, lastOfId) + character + token.slice(lastOfId + 1),
    )
    for (const value of [
      token.slice(1),
      `A${token}`,
      `${token}%00`,
      `${token}%0d%0a`,
      ...respelled,
    ]) {
      if (value === token) continue
      const state = await browser.request(async (session) => (await session.load()).resolution, {
        cookie: `${name}=${value}`,
      })
      expect(state.result).toEqual({ state: 'rejected', code: 'session_invalid' })
    }
    expect(calls).toEqual([])
  })

  it('a right id with a wrong secret is refused like an unknown one, and tells nothing', async () => {
    const { sojourn } = await signedIn()
    const forger = scene()
    const browser = new Browser(forger.sojourn)
    await browser.visit((session) => session.signIn('alice'))
    const state = await new Browser(sojourn).request(
      async (session) => (await session.load()).resolution,
      { cookie: browser.cookie ?? '' },
    )
    expect(state.result).toEqual({ state: 'rejected', code: 'session_unknown' })
  })
})

function flip(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}
