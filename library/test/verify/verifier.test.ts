import { beforeAll, describe, expect, it } from 'vitest'
import { createVerifier, InvalidOption, VERIFY_MESSAGES } from '../../src/verify/index.js'
import { AUDIENCE, factsOf, issue, ISSUER, makeKey, type TestKey } from '../credential/jwt/forge.js'
import { createIssuer, jwkOf, JWKS_URL, jwksOf, setUp } from './issuer.js'

let key: TestKey
let next: TestKey
let rsa: TestKey
let secret: TestKey
beforeAll(async () => {
  ;[key, next, rsa, secret] = await Promise.all([
    makeKey('EdDSA', 'k1'),
    makeKey('ES256', 'k2'),
    makeKey('RS256', 'k3'),
    makeKey('HS256', 'k4'),
  ])
})

describe('a token that is bound to a key', () => {
  it('is refused, for nobody here checks the proof, unless the caller says that it does', async () => {
    const confirmation = 'A'.repeat(43)
    const bound = await issue(key, { confirmation })
    const { judge } = setUp(createIssuer(key))
    expect(await judge(bound)).toBe('proof_required')
    const checks = setUp(createIssuer(key), { acceptsBound: true })
    expect(await checks.verify(bound)).toMatchObject({ ok: true, claims: { confirmation } })
  })
})

describe('keys that are published', () => {
  it('verify tokens of each algorithm', async () => {
    const { verify, faults } = setUp(createIssuer(key, next, rsa))
    for (const one of [key, next, rsa]) {
      expect(await verify(await issue(one))).toEqual({ ok: true, claims: factsOf() })
    }
    expect(faults).toEqual([])
  })

  it('are fetched on first use, once for many at a time', async () => {
    const issuer = createIssuer(key)
    const { judge } = setUp(issuer)
    expect(issuer.fetches()).toBe(0)
    const token = await issue(key)
    const answers = await Promise.all(Array.from({ length: 50 }, () => judge(token)))
    expect(new Set(answers)).toEqual(new Set(['ok']))
    expect(issuer.fetches()).toBe(1)
  })

  it('are fetched again for an unknown kid, at most once per cooldown whatever is sent', async () => {
    const issuer = createIssuer(key)
    const { judge, clock } = setUp(issuer)
    expect(await judge(await issue(key))).toBe('ok')
    clock.advance('31s')
    for (let round = 0; round < 20; round += 1) {
      const unknown = await issue({ ...next, kid: `unknown-${round}` })
      const many = await Promise.all(Array.from({ length: 10 }, () => judge(unknown)))
      expect(new Set(many)).toEqual(new Set(['kid_unknown']))
      clock.advance('1s')
    }
    expect(issuer.fetches()).toBe(2)

    issuer.keys = [key, next]
    expect(await judge(await issue(next))).toBe('kid_unknown')
    clock.advance('10s')
    expect(await judge(await issue(next))).toBe('ok')
    expect(issuer.fetches()).toBe(3)
  })

  it('are not asked for more often while their host is away', async () => {
    const issuer = createIssuer(key)
    issuer.answer = () => new Response('', { status: 500 })
    const { verify, judge, clock, faults } = setUp(issuer)
    const token = await issue(key)
    for (let time = 0; time < 10; time += 1) expect(await judge(token)).toBe('keys_unavailable')
    expect(await verify(token)).toEqual({
      ok: false,
      code: 'keys_unavailable',
      status: 503,
      message: VERIFY_MESSAGES.keys_unavailable,
    })
    expect(issuer.fetches()).toBe(1)
    expect(faults).toHaveLength(1)
    issuer.answer = undefined
    clock.advance('30s')
    expect(await judge(token)).toBe('ok')
  })

  it('are refreshed when they are older than they may be, so that a key that is gone is refused', async () => {
    const issuer = createIssuer(key)
    const { judge, clock } = setUp(issuer, { cacheFor: '2m' })
    const token = await issue(key)
    expect(await judge(token)).toBe('ok')
    issuer.keys = [next]
    clock.advance('1m')
    expect(await judge(token)).toBe('ok')
    clock.advance('61s')
    expect(await judge(token)).toBe('kid_unknown')
  })

  it('are refreshed in the background before that', async () => {
    const issuer = createIssuer(key)
    const { judge, clock } = setUp(issuer, { cacheFor: '10m' })
    const token = await issue(key, { expiresAt: factsOf().issuedAt + 80_000 })
    expect(await judge(token)).toBe('ok')
    clock.advance('6m')
    let release = (): void => undefined
    issuer.answer = () =>
      new Promise((resolve) => (release = () => resolve(Response.json(jwksOf(key)))))
    expect(await judge(token)).toBe('ok')
    expect(issuer.fetches()).toBe(2)
    release()
    await new Promise((resolve) => setTimeout(resolve, 5))
    clock.advance('6m')
    expect(await judge(token)).toBe('ok')
    expect(issuer.fetches()).toBe(3)
  })

  it('are used while their host is away, and not for ever', async () => {
    const issuer = createIssuer(key)
    const { judge, clock } = setUp(issuer, { staleFor: '1h' })
    const token = await issue(key, { expiresAt: factsOf().issuedAt + 80_000 })
    expect(await judge(token)).toBe('ok')
    issuer.answer = () => Promise.reject(new TypeError('fetch failed'))
    clock.advance('59m')
    expect(await judge(token)).toBe('ok')
    clock.advance('2m')
    expect(await judge(token)).toBe('keys_unavailable')
    issuer.answer = undefined
    clock.advance('31s')
    expect(await judge(token)).toBe('ok')
  })

  it.each<[string, () => Response]>([
    ['another status', () => new Response('{"keys":[]}', { status: 404 })],
    ['no JSON', () => new Response('<html>')],
    ['a member twice', () => new Response(`{"keys":[],"keys":[${JSON.stringify(jwkOf(key))}]}`)],
    ['no keys', () => Response.json({ keys: [] })],
    [
      'a secret',
      () => Response.json({ keys: [{ kty: 'oct', k: 'A'.repeat(43), kid: 'k1', alg: 'HS256' }] }),
    ],
    ['a private key', () => Response.json({ keys: [{ ...jwkOf(key), d: 'A'.repeat(43) }] })],
    ['a key without alg', () => Response.json({ keys: [{ ...jwkOf(key), alg: undefined }] })],
    ['more than 64 KB', () => new Response(`${' '.repeat(65_536)}${JSON.stringify(jwksOf(key))}`)],
    ['more than 64 KB that never end', () => new Response(endless())],
    ['nothing', () => new Response(null)],
  ])('are refused whole: %s', async (_name, answer) => {
    const issuer = createIssuer(key)
    issuer.answer = answer
    const { judge, faults } = setUp(issuer)
    expect(await judge(await issue(key))).toBe('keys_unavailable')
    expect(faults).toHaveLength(1)
  })

  it('are refused where the answer was redirected, which is left to fetch', async () => {
    const issuer = createIssuer(key)
    const inits: RequestInit[] = []
    const fetch: typeof globalThis.fetch = (input, init) => {
      inits.push(init ?? {})
      return issuer.fetch(input, init)
    }
    const { judge } = setUp(issuer, { fetch })
    expect(await judge(await issue(key))).toBe('ok')
    expect(inits).toEqual([expect.objectContaining({ redirect: 'error' })])
  })

  it('do not change by a set that is refused', async () => {
    const issuer = createIssuer(key)
    const { judge, clock } = setUp(issuer)
    const token = await issue(key)
    expect(await judge(token)).toBe('ok')
    issuer.answer = () => Response.json({ keys: [jwkOf(key), jwkOf(key)] })
    clock.advance('11m')
    expect(await judge(token)).toBe('ok')
  })
})

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(16_384)) })
}

describe('keys that are given', () => {
  it('need no fetch', async () => {
    const issuer = createIssuer()
    const { judge } = setUp(issuer, { jwks: jwksOf(key) })
    expect(await judge(await issue(key))).toBe('ok')
    expect(await judge(await issue(next))).toBe('kid_unknown')
    expect(issuer.fetches()).toBe(0)
  })

  it('may be secrets, where nothing else is accepted', async () => {
    const jwks = {
      keys: [{ kty: 'oct', alg: 'HS256', kid: 'k4', k: secret.secret?.toString('base64url') }],
    }
    const { judge } = setUp(createIssuer(), { jwks, algorithms: ['HS256'] })
    expect(await judge(await issue(secret))).toBe('ok')
    await expect(setUp(createIssuer(), { jwks }).judge(await issue(secret))).rejects.toThrow(
      InvalidOption,
    )
  })

  it('that are wrong are told to whoever verifies first, and to nobody as an unhandled rejection', async () => {
    const { judge } = setUp(createIssuer(), { jwks: { keys: [] } })
    await expect(judge(await issue(key))).rejects.toThrow(InvalidOption)
  })
})

describe('set-up', () => {
  const base = { issuer: ISSUER, audience: AUDIENCE, jwks: JWKS_URL }

  it.each<[string, Record<string, unknown>]>([
    ['no issuer', { issuer: '' }],
    ['no audience', { audience: [] }],
    ['an empty audience', { audience: '' }],
    ['no keys', { jwks: undefined }],
    ['keys over plain http', { jwks: 'http://id.example/jwks.json' }],
    [
      'keys at what only begins like this host',
      { jwks: 'http://localhost.evil.example/jwks.json' },
    ],
    ['keys from a file', { jwks: 'file:///etc/passwd' }],
    ['a URL with a password', { jwks: 'https://a:b@id.example/' }],
    ['no URL', { jwks: 'id.example' }],
    ['no algorithms', { algorithms: [] }],
    ['secrets beside key pairs', { algorithms: ['EdDSA', 'HS256'], jwks: { keys: [] } }],
    ['secrets that are fetched', { algorithms: ['HS256'] }],
    ['a negative tolerance', { clockTolerance: -1 }],
    ['a life of two days', { longestLifetime: '2d' }],
    ['no duration', { cacheFor: 'soon' }],
    ['a feed over plain http', { revocations: { url: 'http://id.example/' } }],
    ['a feed that may be stale by nothing', { revocations: { url: JWKS_URL, maxStaleness: 0 } }],
    [
      'a client without a secret',
      { revocations: { url: JWKS_URL, client: { id: 'a', secret: '' } } },
    ],
  ])('refuses %s', (_name, over) => {
    expect(() => createVerifier({ ...base, ...over })).toThrow(InvalidOption)
  })

  it.each([
    'https://id.example/jwks',
    'http://localhost:3000/jwks',
    'http://127.0.0.1/jwks',
    'http://[::1]:1/jwks',
    new URL(JWKS_URL),
  ])('takes %s', (jwks) => {
    expect(() => createVerifier({ ...base, jwks })).not.toThrow()
  })

  it('does not repeat a secret in an error', () => {
    const revocations = { url: JWKS_URL, client: { id: '', secret: 'hunter2 hunter2' } }
    expect(() => createVerifier({ ...base, revocations })).toThrow(
      expect.not.stringContaining('hunter2'),
    )
  })

  it('takes what is undefined for absent', async () => {
    const { judge } = setUp(createIssuer(key), {
      clockTolerance: undefined,
      cooldown: undefined,
    } as never)
    expect(await judge(await issue(key))).toBe('ok')
  })
})

describe('tokens', () => {
  it('are refused for what they are refused for elsewhere', async () => {
    const { verify, judge } = setUp(createIssuer(key), { longestLifetime: '1h' })
    expect(await judge(await issue(key, { audience: ['x'] }))).toBe('audience_mismatch')
    expect(await judge(await issue(key, { issuer: 'x' }))).toBe('issuer_mismatch')
    expect(await judge('x')).toBe('token_malformed')
    expect(await judge(undefined as never)).toBe('token_malformed')
    expect(await judge(await issue(key, { expiresAt: factsOf().issuedAt + 3_601 }))).toBe(
      'claims_invalid',
    )
    const late = await verify(await issue(key, { issuedAt: 1, expiresAt: 2 }))
    expect(late).toEqual({
      ok: false,
      code: 'token_expired',
      status: 401,
      message: 'The token has expired.',
    })
  })

  it('are all refused after close', async () => {
    const { judge, close } = setUp(createIssuer(key))
    const token = await issue(key)
    expect(await judge(token)).toBe('ok')
    close()
    expect(await judge(token)).toBe('keys_unavailable')
  })
})
