import { describe, expect, it } from 'vitest'
import { createRefreshTokens } from '../../src/credential/refresh-token.js'
import { createSessionTokens, deriveKey } from '../../src/credential/session-token.js'
import type { SojournOptions } from '../../src/options.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { createManualClock } from '../../src/testing/manual-clock.js'
import { Browser } from '../support/browser.js'
import { hearing, scene, SECRET, TOKENS } from '../support/sojourn.js'

const MINUTE = 60_000

async function withTokens(options: Partial<SojournOptions> = {}, tokens: object = {}) {
  const set = scene<Record<string, unknown>>({
    idle: '12h',
    absolute: '30d',
    ...options,
    tokens: { ...TOKENS, ...tokens },
  })
  const browser = new Browser(set.sojourn)
  const pair = await browser.visit(async (session) => {
    await session.signIn('alice', { methods: ['pwd'] })
    return session.issueTokens({ scope: ['read', 'write'] })
  })
  /** A client that has nothing but tokens. */
  const phone = new Browser(set.sojourn)
  const state = async (bearer: string) =>
    (
      await phone.request(
        async (session) => {
          await session.load()
          return {
            state: session.state,
            resolution: session.resolution,
            subject: session.subject,
            id: session.id,
            endReason: session.endReason,
            claims: session.claims,
          }
        },
        { bearer },
      )
    ).result
  set.calls.length = 0
  return { ...set, browser, phone, pair, state }
}

describe('an access token', () => {
  it('presents the session it was issued for, and says what RFC 9068 wants', async () => {
    const { pair, state, browser } = await withTokens()
    const found = await state(pair.accessToken)
    const id = await browser.visit(async (session) => (await session.load()).id)
    expect(found).toMatchObject({ state: 'active', subject: 'alice', id })
    const claims = JSON.parse(
      Buffer.from(pair.accessToken.split('.')[1] ?? '', 'base64url').toString(),
    ) as Record<string, unknown>
    expect(claims).toMatchObject({
      iss: 'https://app.example',
      aud: 'https://api.example',
      sub: 'alice',
      sid: id,
      scope: 'read write',
      amr: ['pwd'],
    })
    expect(claims).toHaveProperty('jti')
    expect(claims).toHaveProperty('auth_time')
    expect(claims).not.toHaveProperty('nbf')
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(900)
    expect(pair).toMatchObject({ expiresIn: 900, tokenType: 'Bearer' })
    const header = Buffer.from(pair.accessToken.split('.')[0] ?? '', 'base64url').toString()
    expect(JSON.parse(header)).toMatchObject({ typ: 'at+jwt', alg: 'EdDSA' })
  })

  it('S0-07, S4-13: lives for minutes unless configured, asked for shorter but never longer, and not past its session', async () => {
    const { pair, state, clock, browser } = await withTokens({ absolute: '30m', idle: '30m' })
    const issue = async (accessLifetime: '1m' | '2h') =>
      browser.visit((session) => session.issueTokens({ accessLifetime }))
    expect((await issue('1m')).expiresIn).toBe(60)
    expect((await issue('2h')).expiresIn).toBe(900)
    clock.advance(20 * MINUTE)
    expect(await state(pair.accessToken)).toMatchObject({
      resolution: { state: 'rejected', code: 'token_expired' },
    })
    const late = await browser.visit((session) => session.issueTokens())
    expect(late.expiresIn).toBeLessThanOrEqual(600)
  })

  it('is shortened at random by a tenth at most', async () => {
    const { browser } = await withTokens({}, { jitter: 0.1 })
    const lifetimes = await Promise.all(
      Array.from({ length: 200 }, async () =>
        browser.visit(async (session) => (await session.issueTokens()).expiresIn),
      ),
    )
    expect(Math.min(...lifetimes)).toBeGreaterThanOrEqual(809)
    expect(Math.max(...lifetimes)).toBeLessThanOrEqual(900)
    expect(new Set(lifetimes).size).toBeGreaterThan(10)
  })

  it('S0-03: is accepted wherever a session is wanted, and reads and writes its data', async () => {
    const { pair, phone, browser } = await withTokens()
    await phone.visit(
      (session) => {
        session.set('cart', ['book'])
      },
      { bearer: pair.accessToken },
    )
    expect(await browser.visit((session) => session.get('cart'))).toEqual(['book'])
    expect(phone.jar.size).toBe(0)
  })

  it('jwt-11: is refused as session_ended once its session was revoked, by whatever way', async () => {
    for (const way of ['cookie', 'token', 'register', 'all'] as const) {
      const { sojourn, pair, state, browser, phone } = await withTokens()
      if (way === 'cookie') await browser.visit((session) => session.signOut())
      if (way === 'token')
        await phone.visit((session) => session.signOut(), { bearer: pair.accessToken })
      if (way === 'register') await sojourn.revoke(pair.sessionId)
      if (way === 'all') await sojourn.revokeAll('alice')
      expect(await state(pair.accessToken), way).toMatchObject({ state: 'revoked' })
      expect(await sojourn.tokens.refresh(pair.refreshToken), way).toMatchObject({
        status: 'refused',
      })
      const cookie = await browser.visit(async (session) => (await session.load()).isSignedIn)
      expect(cookie, way).toBe(false)
    }
  })

  it('jwt-12, CVE-2026-43911: dies with the epoch of its subject, and so do the refresh tokens', async () => {
    const { sojourn, pair, state } = await withTokens()
    await sojourn.revokeAll('alice', { reason: 'password_changed' })
    expect(await state(pair.accessToken)).toMatchObject({ endReason: 'password_changed' })
    expect(await sojourn.tokens.refresh(pair.refreshToken)).toMatchObject({
      code: 'invalid_grant',
      reason: 'password_changed',
    })
  })

  it('CVE-2026-84321, jwt-09: of a disabled person stays dead when the person is enabled again', async () => {
    const { sojourn, pair, state } = await withTokens({ cache: {} })
    expect(await state(pair.accessToken)).toMatchObject({ state: 'active' })
    await sojourn.disable('alice')
    expect(await state(pair.accessToken)).toMatchObject({ state: 'revoked' })
    expect(await sojourn.tokens.refresh(pair.refreshToken)).toMatchObject({ code: 'invalid_grant' })
    await sojourn.enable('alice')
    expect(await state(pair.accessToken)).toMatchObject({ state: 'revoked' })
    expect(await sojourn.tokens.refresh(pair.refreshToken)).toMatchObject({ code: 'invalid_grant' })
  })

  it('behaviour 39a: with a cookie of the same session is fine, with that of another is refused', async () => {
    const { sojourn, pair, browser } = await withTokens()
    const load = async (client: Browser<Record<string, unknown>>) =>
      (
        await client.request(async (session) => (await session.load()).resolution, {
          bearer: pair.accessToken,
        })
      ).result
    expect(await load(browser)).toMatchObject({ state: 'active' })
    const other = new Browser(sojourn)
    await other.visit((session) => session.signIn('alice'))
    expect(await load(other)).toEqual({ state: 'rejected', code: 'credentials_conflict' })
    await sojourn.revoke(pair.sessionId)
    expect(await load(browser)).toMatchObject({ state: 'revoked' })
  })

  it('behaviour 13c, ASVS 8.3.2: is refused after a fact about its person changed; the next one has the new fact', async () => {
    const { sojourn, pair, state } = await withTokens(
      {},
      {
        allowedClaims: ['role'],
        claims: ({ attributes }: { attributes: Record<string, unknown> }) => ({
          role: attributes['role'] ?? 'user',
        }),
      },
    )
    expect(await state(pair.accessToken)).toMatchObject({ claims: { extra: { role: 'user' } } })
    await sojourn.patchSubject('alice', { role: 'admin' })
    expect(await state(pair.accessToken)).toMatchObject({
      resolution: { state: 'rejected', code: 'token_stale' },
    })
    const result = await sojourn.tokens.refresh(pair.refreshToken)
    if (result.status !== 'refreshed') throw new Error(result.message)
    expect(await state(result.tokens.accessToken)).toMatchObject({
      state: 'active',
      claims: { extra: { role: 'admin' } },
    })
  })

  it('behaviour 7c: costs exactly one store command when strict, and none from the near cache', async () => {
    const strict = await withTokens()
    await strict.state(strict.pair.accessToken)
    strict.calls.length = 0
    for (let run = 0; run < 100; run += 1) await strict.state(strict.pair.accessToken)
    expect(strict.calls).toEqual(Array.from({ length: 100 }, () => 'read'))
    const cached = await withTokens({ cache: {} })
    await cached.state(cached.pair.accessToken)
    cached.calls.length = 0
    for (let run = 0; run < 100; run += 1) await cached.state(cached.pair.accessToken)
    expect(cached.calls).toEqual([])
    expect(cached.sojourn.cacheStats().hits).toBeGreaterThanOrEqual(100)
  })

  it('asks the store where a route wants it fresh, whatever the near cache knows', async () => {
    const { pair, phone, calls } = await withTokens({ cache: {} })
    const load = async (fresh: boolean) =>
      phone.request((session) => session.load({ fresh }), { bearer: pair.accessToken })
    await load(false)
    calls.length = 0
    await load(false)
    expect(calls).toEqual([])
    await load(true)
    expect(calls).toEqual(['read'])
  })

  it("behaviour 36a: is judged by the store's clock, on hosts whose own is half a minute off in either direction", async () => {
    const storeClock = createManualClock()
    const store = createMemoryStore({ clock: storeClock })
    const hosts = [-30_000, 0, 30_000].map((skew) => {
      const clock = createManualClock(storeClock.now() + skew)
      return {
        ...scene<Record<string, unknown>>({
          store,
          clock,
          tokens: TOKENS,
          secrets: 'one secret for all of the hosts: 0123456789',
          absolute: '30d',
          idle: '12h',
        }),
        clock,
      }
    })
    const advance = (milliseconds: number): void => {
      storeClock.advance(milliseconds)
      for (const { clock } of hosts) clock.advance(milliseconds)
    }
    for (const issuer of hosts) {
      const pair = await new Browser(issuer.sojourn).visit(async (session) => {
        await session.signIn('alice')
        return session.issueTokens()
      })
      const states = async () =>
        Promise.all(
          hosts.map(async ({ sojourn }) => {
            const { result } = await new Browser(sojourn).request(
              async (session) => (await session.load()).state,
              { bearer: pair.accessToken },
            )
            return result
          }),
        )
      expect(await states()).toEqual(['active', 'active', 'active'])
      advance(898_000)
      expect(await states()).toEqual(['active', 'active', 'active'])
      advance(10_000)
      expect(await states()).toEqual(['rejected', 'rejected', 'rejected'])
    }
  })

  it('never holds a field that sounds like a secret', async () => {
    for (const name of ['password', 'passwordHash', 'client_secret', 'apiKey']) {
      await expect(
        withTokens({}, { allowedClaims: [name], claims: () => ({ [name]: 'x' }) }),
        name,
      ).rejects.toThrow()
    }
  })
})

describe('a refresh token', () => {
  it('behaviour 3a: presented 20 times at once gives the same successor each time, 200 times over, with no revocation', async () => {
    const { sojourn, pair } = await withTokens()
    let token = pair.refreshToken
    for (let round = 0; round < 200; round += 1) {
      const results = await Promise.all(
        Array.from({ length: 20 }, () => sojourn.tokens.refresh(token)),
      )
      const successors = new Set(
        results.map((result) =>
          result.status === 'refreshed' ? result.tokens.refreshToken : result.message,
        ),
      )
      expect(successors.size).toBe(1)
      const [successor = ''] = successors
      expect(successor).not.toBe(token)
      token = successor
    }
    // The chain grew by one in each round: the generation stands in the token, in base 36.
    expect(Number.parseInt(token.split('.')[4] ?? '', 36)).toBe(201)
  })

  it('behaviour 3b: whose answer was lost is forgiven after a minute, an hour and a day, as long as the successor was never presented', async () => {
    for (const delay of [MINUTE, 60 * MINUTE, 24 * 60 * MINUTE - 1]) {
      for (const presented of ['nothing', 'refresh', 'access'] as const) {
        const { sojourn, pair, clock, state } = await withTokens(
          { idle: '29d' },
          { refresh: { forgive: '24h', lifetime: '29d' } },
        )
        const lost = await sojourn.tokens.refresh(pair.refreshToken)
        if (lost.status !== 'refreshed') throw new Error(lost.message)
        if (presented === 'refresh') await sojourn.tokens.refresh(lost.tokens.refreshToken)
        if (presented === 'access') await state(lost.tokens.accessToken)
        await sojourn.settled()
        clock.advance(delay)
        const again = await sojourn.tokens.refresh(pair.refreshToken)
        if (presented !== 'nothing') {
          expect(again, presented).toMatchObject({ code: 'invalid_grant', reason: 'refresh_reuse' })
          continue
        }
        if (again.status !== 'refreshed') throw new Error(again.message)
        expect(again.how).toBe('forgiven')
        expect(again.tokens.refreshToken).not.toBe(lost.tokens.refreshToken)
        // The one that was never presented is dead, and whoever has it is not the one who was forgiven.
        expect(await sojourn.tokens.refresh(lost.tokens.refreshToken)).toMatchObject({
          code: 'invalid_grant',
          reason: 'refresh_reuse',
        })
      }
    }
  })

  it('behaviour 3c, ASVS 10.4.5, jwt-05: spent, with its successor used and the grace over, ends the session and every access token of it, with one event', async () => {
    const { sojourn, pair, clock, state, told, browser } = await withTokens()
    const second = await sojourn.tokens.refresh(pair.refreshToken)
    if (second.status !== 'refreshed') throw new Error(second.message)
    const third = await sojourn.tokens.refresh(second.tokens.refreshToken)
    if (third.status !== 'refreshed') throw new Error(third.message)
    expect(await state(third.tokens.accessToken)).toMatchObject({ state: 'active' })
    clock.advance(11_000)
    expect(await sojourn.tokens.refresh(second.tokens.refreshToken)).toEqual({
      status: 'refused',
      code: 'invalid_grant',
      message: 'The refresh token was already used. Sign in again.',
      reason: 'refresh_reuse',
    })
    for (const { accessToken } of [pair, second.tokens, third.tokens]) {
      expect(await state(accessToken)).toMatchObject({
        state: 'revoked',
        endReason: 'refresh_reuse',
      })
    }
    expect(await browser.visit(async (session) => (await session.load()).endReason)).toBe(
      'refresh_reuse',
    )
    expect(await sojourn.tokens.refresh(third.tokens.refreshToken)).toMatchObject({
      status: 'refused',
    })
    await hearing()
    expect(told.filter(({ name }) => name === 'refresh.reused')).toHaveLength(1)
    expect(told.filter(({ name }) => name === 'session.ended')).toHaveLength(1)
  })

  it('behaviour 3d: held by a thief as well ends the session when the second of them comes, whoever is first', async () => {
    for (const forgive of [0, '24h'] as const) {
      const { sojourn, pair, clock } = await withTokens({}, { refresh: { forgive } })
      const first = await sojourn.tokens.refresh(pair.refreshToken)
      if (first.status !== 'refreshed') throw new Error(first.message)
      clock.advance(11_000)
      const second = await sojourn.tokens.refresh(pair.refreshToken)
      clock.advance(11_000)
      const third = await sojourn.tokens.refresh(first.tokens.refreshToken)
      const live = [second, third].filter(({ status }) => status === 'refreshed')
      expect(live.length).toBeLessThanOrEqual(1)
      // At the latest when the second of them refreshes, nobody has a live token.
      if (second.status === 'refreshed') {
        expect(third).toMatchObject({ reason: 'refresh_reuse' })
        expect(await sojourn.tokens.refresh(second.tokens.refreshToken)).toMatchObject({
          status: 'refused',
        })
      } else expect(second.reason).toBe('refresh_reuse')
    }
  })

  it('jwt-07: two generations old is reuse, even inside the grace', async () => {
    const { sojourn, pair } = await withTokens()
    const second = await sojourn.tokens.refresh(pair.refreshToken)
    if (second.status !== 'refreshed') throw new Error(second.message)
    await sojourn.tokens.refresh(second.tokens.refreshToken)
    expect(await sojourn.tokens.refresh(pair.refreshToken)).toMatchObject({
      message: 'The refresh token was already used. Sign in again.',
      reason: 'refresh_reuse',
    })
  })

  it('jwt-10: with a right beginning and a random end is refused before the store is asked, and harms nobody', async () => {
    const { sojourn, pair, calls, state } = await withTokens()
    const parts = pair.refreshToken.split('.')
    for (const at of [1, 2, 3, 4, 5]) {
      const forged = parts.map((part, index) => (index === at ? flip(part) : part)).join('.')
      expect(await sojourn.tokens.refresh(forged)).toMatchObject({
        message: 'The refresh token is not valid.',
      })
    }
    expect(calls).toEqual([])
    expect(await state(pair.accessToken)).toMatchObject({ state: 'active' })
    expect(await sojourn.tokens.refresh(pair.refreshToken)).toMatchObject({ status: 'refreshed' })
  })

  it('jwt-04: an access token in its place is refused as such, and the family lives on', async () => {
    const { sojourn, pair } = await withTokens()
    expect(await sojourn.tokens.refresh(pair.accessToken)).toMatchObject({
      code: 'invalid_grant',
      message: 'This is not a refresh token.',
    })
    expect(await sojourn.tokens.refresh(pair.refreshToken)).toMatchObject({ status: 'refreshed' })
  })

  it('jwt-08: of another client is refused, and stays good for its own', async () => {
    const { sojourn, browser } = await withTokens()
    const pair = await browser.visit((session) => session.issueTokens({ clientId: 'phone' }))
    for (const clientId of ['tablet', undefined]) {
      expect(await sojourn.tokens.refresh(pair.refreshToken, { clientId })).toMatchObject({
        code: 'invalid_grant',
        message: 'The refresh token is not valid here.',
      })
    }
    const result = await sojourn.tokens.refresh(pair.refreshToken, { clientId: 'phone' })
    expect(result).toMatchObject({ status: 'refreshed' })
  })

  it('S0-08: is refused once the session has been idle too long, is too old, or was revoked', async () => {
    const idle = await withTokens({ idle: '10m' })
    idle.clock.advance(11 * MINUTE)
    expect(await idle.sojourn.tokens.refresh(idle.pair.refreshToken)).toMatchObject({
      reason: 'expired_idle',
    })

    const old = await withTokens({ idle: '10m', absolute: '30m' })
    let token = old.pair.refreshToken
    for (let minutes = 0; minutes < 29; minutes += 9) {
      const result = await old.sojourn.tokens.refresh(token)
      if (result.status === 'refreshed') token = result.tokens.refreshToken
      old.clock.advance(9 * MINUTE)
    }
    expect(await old.sojourn.tokens.refresh(token)).toMatchObject({ reason: 'expired_absolute' })

    const ended = await withTokens()
    await ended.browser.visit((session) => session.signOut())
    expect(await ended.sojourn.tokens.refresh(ended.pair.refreshToken)).toMatchObject({
      reason: 'logged_out',
    })
  })

  it('ASVS 10.4.8: dies at its absolute limit however often it was exchanged', async () => {
    const { sojourn, pair, clock } = await withTokens(
      { idle: '29d', absolute: '30d' },
      { refresh: { lifetime: '7d' } },
    )
    let token = pair.refreshToken
    for (let day = 1; day < 7; day += 1) {
      clock.advance(24 * 60 * MINUTE)
      const result = await sojourn.tokens.refresh(token)
      if (result.status !== 'refreshed') throw new Error(`day ${String(day)}: ${result.message}`)
      token = result.tokens.refreshToken
    }
    clock.advance(24 * 60 * MINUTE)
    expect(await sojourn.tokens.refresh(token)).toMatchObject({
      message: 'The refresh token has expired. Sign in again.',
    })
  })

  it('costs one store command', async () => {
    const { sojourn, pair, calls } = await withTokens()
    await sojourn.tokens.refresh(pair.refreshToken)
    expect(calls).toEqual(['rotate'])
  })

  it('S4-10: asks for the claims of the person anew, and ends the session where there is no such person', async () => {
    let role: string | undefined = 'user'
    const { sojourn, pair, state } = await withTokens(
      {},
      { allowedClaims: ['role'], claims: () => (role === undefined ? undefined : { role }) },
    )
    role = 'admin'
    const result = await sojourn.tokens.refresh(pair.refreshToken)
    if (result.status !== 'refreshed') throw new Error(result.message)
    expect(await state(result.tokens.accessToken)).toMatchObject({
      claims: { extra: { role: 'admin' } },
    })
    role = undefined
    expect(await sojourn.tokens.refresh(result.tokens.refreshToken)).toMatchObject({
      reason: 'subject_disabled',
    })
    expect(await state(result.tokens.accessToken)).toMatchObject({ state: 'revoked' })
  })

  it('begins a family that replaces the one before', async () => {
    const { sojourn, pair, browser } = await withTokens()
    const newer = await browser.visit((session) => session.issueTokens())
    expect(await sojourn.tokens.refresh(pair.refreshToken)).toMatchObject({
      message: 'The refresh token is not valid.',
    })
    expect(await sojourn.tokens.refresh(newer.refreshToken)).toMatchObject({ status: 'refreshed' })
  })

  it('is accepted from an older secret of the ring, and its successor is signed with the newest', async () => {
    const store = createMemoryStore()
    const old = 'the older refresh secret of two: 0123456789'
    const young = 'the younger refresh secret of two: 012345678'
    const make = (secrets: string[]) =>
      scene<Record<string, unknown>>({ store, tokens: { ...TOKENS, refresh: { secrets } } })
    const before = make([old])
    const pair = await new Browser(before.sojourn).visit(async (session) => {
      await session.signIn('alice')
      return session.issueTokens()
    })
    const both = make([young, old])
    const result = await both.sojourn.tokens.refresh(pair.refreshToken)
    if (result.status !== 'refreshed') throw new Error(result.message)
    const after = make([young])
    expect(await after.sojourn.tokens.refresh(pair.refreshToken)).toMatchObject({
      status: 'refused',
    })
    expect(await after.sojourn.tokens.refresh(result.tokens.refreshToken)).toMatchObject({
      status: 'refreshed',
    })
  })
})

describe('after a sign-out', () => {
  it('CVE-2024-31999, CVE-2025-4754: cookie, access token and refresh token are refused when they come again', async () => {
    const { sojourn, pair, state, browser } = await withTokens()
    const { cookie } = browser
    await browser.visit((session) => session.signOut())
    const replayed = new Browser(sojourn)
    const again = await replayed.request(async (session) => (await session.load()).state, {
      ...(cookie === undefined ? {} : { cookie }),
    })
    expect(again.result).toBe('revoked')
    expect(await state(pair.accessToken)).toMatchObject({ endReason: 'logged_out' })
    expect(await sojourn.tokens.refresh(pair.refreshToken)).toMatchObject({ reason: 'logged_out' })
  })
})

describe('a credential with a right name', () => {
  it('CVE-2022-39263: and a wrong secret is refused, though it was signed with our own key', async () => {
    const { pair, browser, sojourn } = await withTokens()
    const name = [...browser.jar.keys()][0] ?? ''
    const stranger = createSessionTokens([SECRET], 32).mintFor(pair.sessionId)
    const { result } = await new Browser(sojourn).request(
      async (session) => (await session.load()).resolution,
      { cookie: `${name}=${stranger.token}` },
    )
    expect(result).toEqual({ state: 'rejected', code: 'session_unknown' })
    const other = createRefreshTokens(
      [deriveKey(SECRET, 'refresh secret').toString('base64url')],
      32,
    ).mint(pair.sessionId)
    expect(await sojourn.tokens.refresh(other.token)).toMatchObject({
      message: 'The refresh token is not valid.',
    })
    expect(await sojourn.tokens.refresh(pair.refreshToken)).toMatchObject({ status: 'refreshed' })
  })
})

describe('introspection and revocation', () => {
  it('tells of a good access token and a good refresh token, and jwt-16 of any other exactly that it is not', async () => {
    const { sojourn, pair, clock } = await withTokens()
    expect(await sojourn.tokens.introspect(pair.accessToken)).toMatchObject({
      active: true,
      sub: 'alice',
      sid: pair.sessionId,
      scope: 'read write',
    })
    expect(await sojourn.tokens.introspect(pair.refreshToken)).toMatchObject({ active: true })
    await sojourn.tokens.refresh(pair.refreshToken)
    for (const token of ['', 'garbage', 'a.b.c', pair.refreshToken, 'x'.repeat(200_000)]) {
      expect(await sojourn.tokens.introspect(token)).toEqual({ active: false })
    }
    clock.advance(20 * MINUTE)
    expect(await sojourn.tokens.introspect(pair.accessToken)).toEqual({ active: false })
  })

  it('S3-04: revoking works with an access token, an expired one, a refresh token and a spent one', async () => {
    for (const kind of ['access', 'expired', 'refresh', 'spent'] as const) {
      const { sojourn, pair, clock, browser, told } = await withTokens()
      if (kind === 'expired') clock.advance(60 * MINUTE)
      if (kind === 'spent') await sojourn.tokens.refresh(pair.refreshToken)
      const isAccess = kind === 'access' || kind === 'expired'
      const token = isAccess ? pair.accessToken : pair.refreshToken
      expect(await sojourn.tokens.revoke(token), kind).toBe(true)
      expect(await sojourn.tokens.revoke(token), kind).toBe(false)
      expect(await browser.visit(async (session) => (await session.load()).endReason)).toBe(
        'logged_out',
      )
      await hearing()
      expect(told.filter(({ name }) => name === 'session.ended')).toHaveLength(1)
    }
  })

  it('revokes nothing for a token that was altered', async () => {
    const { sojourn, pair, state } = await withTokens()
    for (const token of [flip(pair.accessToken), flip(pair.refreshToken), 'garbage']) {
      expect(await sojourn.tokens.revoke(token)).toBe(false)
    }
    expect(await state(pair.accessToken)).toMatchObject({ state: 'active' })
  })
})

/** The same text with its last character but one changed. */
function flip(text: string): string {
  const at = text.length - 2
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}
