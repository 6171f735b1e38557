/** What OWASP ASVS 5.0 asks of session tokens: where they come from, how they are read, and when they are over. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { createSessionTokens } from '../../src/credential/session-token.js'
import { refuseUnlessSignedIn } from '../../src/guard/session-guard.js'
import { randomToken } from '../../src/system/random.js'
import { Browser } from '../support/browser.js'
import { scene, SECRET, TOKENS } from '../support/sojourn.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const MINUTE = 60_000
const HOUR = 60 * MINUTE

async function refusalOf(browser: Browser<Record<string, unknown>>, facts: object = {}) {
  const { result } = await browser.request(async (session) => {
    await session.load()
    return refuseUnlessSignedIn(session)
  }, facts)
  return result
}

describe('a session token', () => {
  it('ASVS 1.1.1: is compared as it came: percent-encoded once or twice it is malformed, and costs no store call', async () => {
    const { sojourn, calls } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice'))
    const [name = '', token = ''] = (browser.cookie ?? '').split(/=(.*)/s)
    const once = token.replaceAll('.', '%2E')
    const twice = token.replaceAll('.', '%252E')
    const every = [...token].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('')
    calls.length = 0
    for (const value of [once, twice, every, encodeURIComponent(every), `${token}%2525`]) {
      const refusal = await refusalOf(browser, { cookie: `${name}=${value}` })
      expect([value, refusal?.code]).toEqual([value, 'session_invalid'])
    }
    expect(calls).toEqual([])
    expect(await refusalOf(browser)).toBeUndefined()
  })

  it('ASVS 7.2.2: each is made for one session: none of a hundred of one person is like another, and no source holds one', async () => {
    const { sojourn } = scene({ tokens: TOKENS })
    const issued = new Set<string>()
    for (let count = 0; count < 100; count += 1) {
      const browser = new Browser(sojourn)
      const pair = await browser.visit(async (session) => {
        await session.signIn('alice')
        return session.issueTokens()
      })
      const [, secret = ''] = (browser.cookie ?? '').split(/=(.*)/s)
      for (const credential of [secret, pair.accessToken, pair.refreshToken]) {
        issued.add(credential ?? '')
      }
    }
    expect(issued.size).toBe(300)
    // A token that is good for anybody would have to stand somewhere.
    const constant =
      /['"`](?:[\w-]{2}\.[\w-]{22}\.[\w-]{38,}|rt\.[\w-]{2}\.[\w-]{22}\.[\w-]{22,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})/
    const sources = ['library/src', 'service/src', 'deploy'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    )
    expect(sources.length).toBeGreaterThan(300)
    expect(sources.filter((file) => constant.test(readFileSync(file, 'utf8')))).toEqual([])
  })

  it('ASVS 7.2.3: holds 32 bytes of the system’s CSPRNG and nothing else; of a million none comes twice, and their bits are even', async () => {
    // A million ids, of the random text that ids and secrets are made of (see the end of this test).
    const seen = new Set<string>()
    const rounds = 1_000_000
    for (let count = 0; count < rounds; count += 1) seen.add(randomToken(16))
    expect(seen.size).toBe(rounds)

    const tokens = createSessionTokens([SECRET], 32)
    const bytes = new Uint32Array(256)
    const minted = 20_000
    for (let count = 0; count < minted; count += 1) {
      const { token } = tokens.mint('AA')
      const secret = Buffer.from((token.split('.')[2] ?? '').slice(0, 43), 'base64url')
      if (secret.length !== 32) throw new Error('a secret of another length')
      for (const byte of secret) bytes[byte] = (bytes[byte] ?? 0) + 1
    }
    // Chi-square over 640,000 bytes, 255 degrees of freedom: above 350 once in 25,000 runs.
    const expected = (minted * 32) / 256
    const chiSquare = bytes.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(chiSquare).toBeLessThan(370)
    expect(chiSquare).toBeGreaterThan(160)

    // There is no other source: with a generator that always says the same, all tokens are the same.
    vi.resetModules()
    vi.doMock('node:crypto', async (original) => ({
      ...(await original<typeof import('node:crypto')>()),
      randomBytes: (size: number) => Buffer.alloc(size, 7),
    }))
    const { createSessionTokens: createPredictable } =
      await import('../../src/credential/session-token.js')
    // Files share their modules: nobody else may get those that were loaded with it.
    vi.doUnmock('node:crypto')
    vi.resetModules()
    const predictable = createPredictable([SECRET], 32)
    expect(predictable.mint('AA')).toEqual(predictable.mint('AA'))
  }, 60_000)

  it('ASVS 7.3.2: is over at the absolute limit, however busy, and so are the access and refresh tokens of its session', async () => {
    const { sojourn, clock } = scene({
      idle: '1h',
      absolute: '12h',
      tokens: { ...TOKENS, refresh: { lifetime: '30d' } },
    })
    const browser = new Browser(sojourn)
    let pair = await browser.visit(async (session) => {
      await session.signIn('alice')
      return session.issueTokens()
    })
    const phone = new Browser(sojourn)
    const refresh = async () => {
      const result = await sojourn.tokens.refresh(pair.refreshToken)
      if (result.status === 'refreshed') pair = result.tokens
      return result.status
    }
    const until = clock.now() + 12 * HOUR - 1_000
    while (clock.now() < until) {
      clock.advance(Math.min(5 * MINUTE, until - clock.now()))
      expect(await refusalOf(browser)).toBeUndefined()
      expect(await refresh()).toBe('refreshed')
    }
    expect(await refusalOf(phone, { bearer: pair.accessToken })).toBeUndefined()
    clock.advance(2_000)
    expect(await refusalOf(browser)).toMatchObject({ status: 401, reason: 'expired_absolute' })
    expect(await refusalOf(phone, { bearer: pair.accessToken })).toMatchObject({ status: 401 })
    expect(await refresh()).not.toBe('refreshed')
  })
})

describe('two tenants', () => {
  it('cookie-20: of one application know nothing of each other’s sessions', async () => {
    const tenant = () => scene({ cookie: { name: 'sid' } })
    const [one, two] = [tenant(), tenant()]
    const browser = new Browser(one.sojourn)
    await browser.visit((session) => session.signIn('alice'))
    const stranger = new Browser(two.sojourn)
    const refusal = await refusalOf(stranger, { cookie: browser.cookie, host: 'two.example' })
    expect(refusal).toMatchObject({
      status: 401,
      code: 'session_unknown',
      message: 'The session does not exist or has ended.',
    })
    expect(await refusalOf(browser)).toBeUndefined()
  })

  it('with secrets of their own do not even ask the store', async () => {
    const one = scene({ secrets: `${SECRET} of one`, cookie: { name: 'sid' } })
    const two = scene({ secrets: `${SECRET} of two`, cookie: { name: 'sid' } })
    const browser = new Browser(one.sojourn)
    await browser.visit((session) => session.signIn('alice'))
    const refusal = await refusalOf(new Browser(two.sojourn), { cookie: browser.cookie })
    expect(refusal).toMatchObject({ status: 401 })
    expect(two.calls).toEqual([])
  })
})
