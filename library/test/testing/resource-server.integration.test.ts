import { AssertionError } from 'node:assert'
import { Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { StoreUnavailable } from '../../src/errors.js'
import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import { createMemoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'
import * as testing from '../../src/testing/index.js'
import { createVerifier } from '../../src/verify/index.js'
import { SECRET, TOKENS } from '../support/sojourn.js'

const AUDIENCE = TOKENS.audience

interface Own {
  readonly sojourn: Sojourn<Record<string, unknown>>
  readonly clock: testing.ManualClock
}

function own(secrets = SECRET, given?: Store): Own {
  // Within a second: what tokens say of instants is cut to whole ones.
  const clock = testing.createManualClock(1_704_067_200_700)
  const store = given ?? createMemoryStore({ clock })
  return { clock, sojourn: createSojourn({ secrets, clock, store, tokens: TOKENS }) }
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('a resource server', () => {
  it('accepts the tokens of its issuer and no others, and not after a sign-out, without a network', async () => {
    vi.spyOn(Socket.prototype, 'connect').mockImplementation(() => {
      throw new Error('no network here')
    })
    vi.stubGlobal('fetch', () => Promise.reject(new Error('no network here')))
    const { sojourn, clock } = own()
    const api = testing.createResourceServer({ issuer: sojourn, audience: AUDIENCE })
    const [ada, bob] = [
      await testing.signIn(sojourn, { subject: 'ada', tokens: { scope: ['read'] } }),
      await testing.signIn(sojourn, { subject: 'bob' }),
    ]
    const accepted = await api.fetch('/orders', { headers: ada.bearer })
    expect(accepted.status).toBe(200)
    expect(await accepted.json()).toEqual({ sub: 'ada', sid: ada.id, scope: ['read'] })

    const nobody = await api.fetch('/orders')
    expect(nobody.status).toBe(401)
    expect(nobody.headers.get('www-authenticate')).toBe('Bearer realm="sojourn"')
    for (const authorization of ['Bearer x.y.z', `Bearer ${ada.refreshToken}`, 'Basic YTpi']) {
      expect((await api.fetch('/', { headers: { authorization } })).status).toBe(401)
    }
    const stranger = await testing.signIn(own(`${SECRET}!`).sojourn, { subject: 'ada' })
    const elsewhere = testing.createResourceServer({ issuer: sojourn, audience: 'https://other' })
    expect((await elsewhere.fetch('/', { headers: ada.bearer })).status).toBe(401)
    expect(await api.verify(stranger.accessToken)).toMatchObject({ code: 'kid_unknown' })

    await sojourn.revoke(ada.id ?? '')
    const refused = await api.fetch('/orders', { headers: ada.bearer })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect(await refused.json()).toMatchObject({ code: 'session_ended', status: 401 })
    expect((await api.fetch('/', { headers: bob.bearer })).status).toBe(200)
    await sojourn.revokeAll('bob')
    expect(await api.verify(bob.accessToken)).toMatchObject({ code: 'session_ended' })

    const late = await testing.signIn(sojourn, { subject: 'ada' })
    clock.advance('16m')
    expect(await api.verify(late.accessToken)).toMatchObject({ code: 'token_expired' })
  })

  it('asks for scope, and answers as it is told', async () => {
    const { sojourn } = own()
    const api = testing.createResourceServer({
      issuer: sojourn,
      audience: AUDIENCE,
      scope: ['read', 'write'],
      clockTolerance: 1,
      handle: ({ subject }, request) =>
        new Response(`${subject} ${request.method} ${new URL(request.url).pathname}`),
    })
    const [reader, writer] = [
      await testing.signIn(sojourn, { subject: 'ada', tokens: { scope: ['read'] } }),
      await testing.signIn(sojourn, { subject: 'bob', tokens: { scope: ['write', 'read'] } }),
    ]
    const refused = await api.fetch('/x', { headers: reader.bearer })
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
    expect(refused.headers.get('www-authenticate')).toContain('scope="read write"')
    const request = new Request('https://api.test/x', { method: 'PUT', headers: writer.bearer })
    expect(await (await api.fetch(request)).text()).toBe('bob PUT /x')
  })

  it('may fall behind, lose the feed, and catch up', async () => {
    const { sojourn } = own()
    const api = testing.createResourceServer({ issuer: sojourn, audience: AUDIENCE })
    const ada = await testing.signIn(sojourn, { subject: 'ada' })
    const status = async (): Promise<number> =>
      (await api.fetch('/', { headers: ada.bearer })).status
    await api.fallBehind()
    await sojourn.revoke(ada.id ?? '')
    expect(await status()).toBe(200)
    api.loseFeed()
    const away = await api.fetch('/', { headers: ada.bearer })
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1'])
    api.catchUp()
    expect(await status()).toBe(401)
  })
})

describe('an issuer without a network', () => {
  it('serves keys, ends and metadata to a verifier that listens', async () => {
    const { sojourn } = own()
    const issuer = testing.createIssuer(sojourn)
    const metadata = await issuer.fetch('https://app.example/.well-known/openid-configuration')
    expect(await metadata.json()).toEqual({
      issuer: TOKENS.issuer,
      jwks_uri: issuer.jwks,
      revocations_uri: issuer.revocations,
    })
    for (const url of ['https://app.example/', 'https://other.example/.well-known/jwks.json']) {
      expect((await issuer.fetch(url)).status).toBe(404)
    }
    const verifier = createVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      jwks: issuer.jwks,
      revocations: { url: issuer.revocations },
      fetch: issuer.fetch,
      clock: sojourn.clock,
    })
    try {
      const ada = await testing.signIn(sojourn, { subject: 'ada' })
      expect(await verifier.verify(ada.accessToken)).toMatchObject({ ok: true })
      await sojourn.revoke(ada.id ?? '')
      await vi.waitFor(
        async () => expect((await verifier.verify(ada.accessToken)).ok).toBe(false),
        { timeout: 8_000, interval: 50 },
      )
    } finally {
      verifier.close()
    }
  })

  it('holds a question until there is news, or nobody waits for the answer any more', async () => {
    const { sojourn, clock } = own()
    const issuer = testing.createIssuer(sojourn)
    const ada = await testing.signIn(sojourn, { subject: 'ada' })
    const url = `${issuer.revocations}?since=${String(clock.now())}`
    const leaving = new AbortController()
    const abandoned = issuer.fetch(`${url}&wait=20`, { signal: leaving.signal })
    const asked = issuer.fetch(`${url}&wait=20`)
    const quiet = (await (await issuer.fetch(`${url}&wait=0`)).json()) as { sessions: unknown[] }
    expect(quiet.sessions).toEqual([])
    leaving.abort()
    expect(await (await abandoned).json()).toMatchObject({ sessions: [] })
    await sojourn.revoke(ada.id ?? '')
    expect(await (await asked).json()).toMatchObject({ sessions: [{ id: ada.id }] })
  })

  it('answers as a service does whose store is away, or cannot tell', async () => {
    const mute = new Proxy(createMemoryStore(), {
      get(target, name) {
        if (name === 'changes') return undefined
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    const issuer = testing.createIssuer(own(SECRET, mute).sojourn)
    expect((await issuer.fetch(issuer.revocations)).status).toBe(501)
    const gone = createMemoryStore()
    const away = testing.createIssuer(own(SECRET, withoutEndings(gone)).sojourn)
    const answer = await away.fetch(away.revocations)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect((await away.fetch(away.jwks)).status).toBe(200)
  })
})

/** A store whose feed cannot be read at the moment. */
function withoutEndings(store: Store): Store {
  const changes: unknown = Object.assign(Object.create(store.changes ?? null) as object, {
    endings: () => Promise.reject(new StoreUnavailable('away')),
  })
  return new Proxy(store, {
    get(target, name) {
      if (name === 'changes') return changes
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

describe('the assertions', () => {
  const failing = async (run: Promise<void>): Promise<AssertionError> => {
    const error: unknown = await run.then(
      () => undefined,
      (fault: unknown) => fault,
    )
    expect(error).toBeInstanceOf(AssertionError)
    return error as AssertionError
  }

  it('look at the cookie, the access token and the refresh token, and name the one at fault', async () => {
    const { sojourn } = own()
    const ada = await testing.signIn(sojourn, { subject: 'ada' })
    const { cookie, accessToken, refreshToken } = ada
    for (const one of [ada, { cookie }, { accessToken }, { refreshToken }]) {
      await testing.expectActive(sojourn, one)
    }
    const error = await failing(testing.expectRevoked(sojourn, ada))
    expect(error.message).toBe(
      'expectRevoked: every credential was to be revoked, but they are { cookie: active, access token: active, refresh token: active }',
    )
    await sojourn.revoke(ada.id ?? '', { reason: 'password_changed' })
    for (const one of [ada, { cookie }, { accessToken }, { refreshToken }]) {
      await testing.expectRevoked(sojourn, one)
      await failing(testing.expectActive(sojourn, one))
    }
    await testing.expectEnded(sojourn, ada, 'password_changed')
    await failing(testing.expectEnded(sojourn, ada, 'logged_out'))
    await failing(testing.expectEnded(sojourn, { refreshToken }, 'password_changed'))
  })

  it('ask the store, whatever the near cache knows', async () => {
    const store = testing.createGatedStore(createMemoryStore())
    const sojourn = createSojourn({ secrets: SECRET, store, tokens: TOKENS })
    const { cookie, accessToken } = await testing.signIn(sojourn, { subject: 'ada' })
    for (const one of [{ cookie }, { accessToken }]) {
      await testing.expectActive(sojourn, one)
      const before = store.calls.length
      await testing.expectActive(sojourn, one)
      expect(store.calls.slice(before)).toContain('read')
    }
  })

  it('take a refresh token that still works for what it is, and exchange none', async () => {
    const { sojourn } = own()
    const [ada, bob] = [
      await testing.signIn(sojourn, { subject: 'ada' }),
      await testing.signIn(sojourn, { subject: 'bob' }),
    ]
    await sojourn.revoke(ada.id ?? '')
    const mixed = { cookie: ada.cookie, refreshToken: bob.refreshToken }
    const { actual } = await failing(testing.expectRevoked(sojourn, mixed))
    expect(actual).toEqual({ cookie: 'revoked_admin', 'refresh token': 'active' })
    await testing.expectActive(sojourn, bob)
    expect(await sojourn.tokens.refresh(bob.refreshToken)).toMatchObject({ how: 'rotated' })
  })

  it('do not take what is wrong, unknown or out of time for revoked', async () => {
    const { sojourn, clock } = own()
    const other = await testing.signIn(own().sojourn, { subject: 'ada' })
    for (const one of [other, { cookie: 'a=b' }, { cookie: '' }, { accessToken: 'x.y.z' }]) {
      await failing(testing.expectRevoked(sojourn, one))
    }
    const ada = await testing.signIn(sojourn, { subject: 'ada' })
    clock.advance('61m')
    await failing(testing.expectRevoked(sojourn, ada))
    await testing.expectEnded(sojourn, ada, 'expired_idle')
    await expect(testing.expectRevoked(sojourn, {})).rejects.toThrow(TypeError)
  })

  it('say nothing of a credential', async () => {
    const { sojourn } = own()
    const ada = await testing.signIn(sojourn, { subject: 'ada' })
    const { message, actual, stack } = await failing(testing.expectRevoked(sojourn, ada))
    const said = message + JSON.stringify(actual) + String(stack)
    for (const secret of [ada.cookie, ada.accessToken, ada.refreshToken]) {
      expect(said).not.toContain(secret)
    }
  })
})
