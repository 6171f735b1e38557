/** Every kind of credential at every place where another kind belongs, and tokens that were meant for somebody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer, Client } from '../support/client.js'
import { startService, type Service } from '../support/service.js'
import {
  basic,
  bearing,
  freshSecret,
  open,
  refresh,
  register,
  seal,
  signIn,
  signingKey,
  type Pair,
} from '../support/tokens.js'

const KEY = signingKey()
const CLIENT_SECRET = freshSecret()
const ISSUER = 'https://issuer.example'
const ENVIRONMENT = {
  JWT_SECRET: KEY,
  JWT_ISSUER: ISSUER,
  JWT_AUDIENCE: 'https://a.example',
  OAUTH_CLIENTS: `gateway:${CLIENT_SECRET}`,
}

let a: Service
/** Another application with the same keys, for which the tokens of the first are not. */
let b: Service
let person: Client
let pair: Pair
/** Name and value of her session cookie. */
let cookie: readonly [name: string, value: string]

beforeAll(async () => {
  a = await startService(ENVIRONMENT)
  b = await startService({ ...ENVIRONMENT, JWT_AUDIENCE: 'https://b.example' })
})
afterAll(async () => {
  await a[Symbol.asyncDispose]()
  await b[Symbol.asyncDispose]()
})

const nobody = (): Client => a.client()

/** Everything that a person of this service, or of another, may hold in their hands. */
function kinds(): Readonly<Record<string, string>> {
  const { header, claims } = open(pair.accessToken)
  return {
    cookie: cookie[1],
    access: pair.accessToken,
    refresh: pair.refreshToken,
    id: seal({ ...header, typ: 'JWT' }, { ...claims, nonce: 'x' }, KEY),
    refreshJwt: seal({ ...header, typ: 'JWT' }, { ...claims, type: 'refresh' }, KEY),
    elsewhere: seal(header, { ...claims, aud: 'https://b.example' }, KEY),
    sessionId: String(claims['sid']),
    clientSecret: CLIENT_SECRET,
    empty: '',
  }
}

/** Where one kind belongs, and how a request presents something there; each says whether it was let in. */
const PLACES: readonly {
  readonly name: string
  readonly wants: readonly string[]
  readonly at: (token: string) => Promise<Answer>
  readonly isIn: (answer: Answer) => boolean
}[] = [
  ...['/dashboard', '/session', '/sessions', '/profile'].map((path) => ({
    name: `bearer of ${path}`,
    wants: ['access'],
    at: (token: string) => nobody().get(path, bearing(token)),
    isIn: ({ status }: Answer) => status === 200,
  })),
  {
    name: 'bearer of /public',
    wants: ['access'],
    at: (token) => nobody().get('/public', bearing(token)),
    isIn: (answer) => answer.status === 200 && answer.json().authenticated === true,
  },
  {
    name: 'session cookie',
    wants: ['cookie'],
    at: (token) => nobody().get('/dashboard', { cookie: `${cookie[0]}=${token}` }),
    isIn: ({ status }) => status === 200,
  },
  {
    // The same kind in another drawer: a guest's token is a session's token.
    name: 'guest cookie',
    wants: ['cookie'],
    at: (token) => nobody().get('/dashboard', { cookie: `${cookie[0]}-guest=${token}` }),
    isIn: ({ status }) => status === 200,
  },
  {
    name: 'access cookie',
    wants: ['access'],
    at: (token) => nobody().get('/dashboard', { cookie: `${cookie[0]}-access=${token}` }),
    isIn: ({ status }) => status === 200,
  },
  ...['/refresh', '/auth/refresh'].flatMap((path) => [
    {
      name: `bearer of ${path}`,
      wants: ['refresh'],
      at: (token: string) => nobody().post(path, undefined, bearing(token)),
      isIn: ({ status }: Answer) => status === 200,
    },
    {
      name: `body of ${path}`,
      wants: ['refresh'],
      at: (token: string) => nobody().post(path, { refreshToken: token }, { cookie: '' }),
      isIn: ({ status }: Answer) => status === 200,
    },
    {
      name: `cookie of ${path}`,
      wants: ['refresh'],
      at: (token: string) =>
        nobody().post(path, undefined, {
          headers: { 'Sec-Fetch-Site': 'same-origin' },
          cookie: `${cookie[0]}-refresh=${token}`,
        }),
      isIn: ({ status }: Answer) => status === 200,
    },
  ]),
  {
    name: 'introspection',
    wants: ['access', 'refresh'],
    at: (token) =>
      nobody().post(
        '/oauth/introspect',
        { token },
        { headers: { Authorization: basic('gateway', CLIENT_SECRET) }, cookie: '' },
      ),
    isIn: (answer) => answer.status === 200 && answer.json().active === true,
  },
  ...['/oauth/introspect', '/oauth/revoke', '/oauth/revocations'].flatMap((path) => {
    const method = path === '/oauth/revocations' ? 'GET' : 'POST'
    const facts = {
      ...(method === 'GET' ? {} : { body: '{"token":"x"}' }),
      cookie: '',
    }
    const asked = (authorization: string) =>
      nobody().request(method, path, {
        ...facts,
        headers: { 'Content-Type': 'application/json', Authorization: authorization },
      })
    return [
      {
        name: `password of ${path}`,
        wants: ['clientSecret'],
        at: (token: string) => asked(basic('gateway', token)),
        isIn: ({ status }: Answer) => status === 200,
      },
      {
        name: `bearer of ${path}`,
        wants: [],
        at: (token: string) => asked(`Bearer ${token}`),
        isIn: ({ status }: Answer) => status === 200,
      },
    ]
  }),
]

describe('each kind of credential', () => {
  beforeAll(async () => {
    person = a.client()
    pair = await register(person, 'ada')
    const [[name, value] = ['', '']] = [...person.jar]
    cookie = [name, value]
  })

  it('ASVS 9.2.2, CVE-2023-48309: is taken where it belongs, refused wherever another kind does, and comes to no harm there', async () => {
    for (const place of PLACES) {
      for (const [kind, token] of Object.entries(kinds())) {
        const at = `${kind} as ${place.name}`
        const isWanted = place.wants.includes(kind)
        const answer = await place.at(token)
        expect([at, place.isIn(answer)]).toEqual([at, isWanted])
        expect([at, answer.status < 500]).toEqual([at, true])
        if (!isWanted) expect([at, answer.cookies]).toEqual([at, []])
        const isSpent = isWanted && kind === 'refresh' && place.name !== 'introspection'
        if (isSpent) pair = await signIn(nobody(), 'ada')
      }
      expect((await nobody().get('/dashboard', bearing(pair.accessToken))).status).toBe(200)
      expect((await person.get('/dashboard')).status).toBe(200)
      const rotated = await refresh(nobody(), pair.refreshToken)
      expect([place.name, rotated.status]).toEqual([place.name, 200])
      pair = rotated.json<Pair>()
    }
  })

  it('ASVS 10.3.1: issued for one audience is refused at the other, though the key is the same', async () => {
    const theirs = await register(b.client(), 'ada')
    const refused = await nobody().get('/dashboard', bearing(theirs.accessToken))
    expect(refused.status).toBe(401)
    expect(refused.json().code).toBe('audience_mismatch')
    const other = await b.client().get('/dashboard', bearing(pair.accessToken))
    expect(other.json().code).toBe('audience_mismatch')
    expect((await b.client().get('/dashboard', bearing(theirs.accessToken))).status).toBe(200)
    const introspected = await nobody().post(
      '/oauth/introspect',
      { token: pair.accessToken },
      { headers: { Authorization: basic('gateway', CLIENT_SECRET) } },
    )
    expect(introspected.json().aud).toEqual(['https://a.example'])
  })

  it('says in its header of which kind it is, and is nothing without', async () => {
    const { header, claims } = open(pair.accessToken)
    expect(header['typ']).toBe('at+jwt')
    for (const typ of ['JWT', 'refresh+jwt', 'at', 'id+jwt', undefined]) {
      const answer = await nobody().get(
        '/dashboard',
        bearing(seal({ ...header, typ }, claims, KEY)),
      )
      expect([typ, answer.json().code]).toEqual([typ, 'typ_mismatch'])
    }
  })

  it('S4-15, S4-19: opens nothing without a signature that is checked, on any route and for anything it says', async () => {
    const { header, claims } = open(pair.accessToken)
    const [head = '', body = ''] = pair.accessToken.split('.')
    const forged = [
      `${head}.${body}.`,
      `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
      seal({ ...header, alg: 'none' }, claims, KEY),
      seal(header, claims, signingKey()),
      seal({ ...header, alg: 'HS256' }, claims, freshSecret()),
    ]
    const asked: readonly (readonly [string, string])[] = [
      ['GET', '/dashboard'],
      ['GET', '/profile'],
      ['GET', '/session'],
      ['GET', '/sessions'],
      ['GET', '/security'],
      ['PATCH', '/session'],
      ['POST', '/session/extend'],
      ['POST', '/logout-all'],
      ['POST', '/sessions/revoke-others'],
      ['POST', `/sessions/${String(claims['sid'])}/end`],
      ['DELETE', `/sessions/${String(claims['sid'])}`],
    ]
    for (const token of forged) {
      for (const [method, path] of asked) {
        const body = method === 'PATCH' ? { body: '{"a":1}' } : {}
        const answer = await nobody().request(method, path, {
          ...body,
          headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
          cookie: '',
        })
        expect([method, path, answer.status]).toEqual([method, path, 401])
      }
      await nobody().post('/logout', undefined, bearing(token))
      const facts = { headers: { Authorization: basic('gateway', CLIENT_SECRET) } }
      await nobody().post('/oauth/revoke', { token }, facts)
      const told = await nobody().post('/oauth/introspect', { token }, facts)
      expect(told.json()).toEqual({ active: false })
    }
    // Nothing of that has ended the session that the forged tokens name.
    expect((await nobody().get('/dashboard', bearing(pair.accessToken))).status).toBe(200)
  })

  it('ASVS 10.3.3: of the same subject and another issuer is somebody else', async () => {
    await using other = await startService({ ...ENVIRONMENT, JWT_ISSUER: 'https://other.example' })
    const theirs = await register(other.client(), 'ada')
    const { header, claims } = open(pair.accessToken)
    const same = seal(header, { ...open(theirs.accessToken).claims, sub: claims['sub'] }, KEY)
    for (const token of [theirs.accessToken, same]) {
      const answer = await nobody().get('/dashboard', bearing(token))
      expect([answer.status, answer.json().code]).toEqual([401, 'issuer_mismatch'])
    }
    const answer = await other.client().get('/dashboard', bearing(pair.accessToken))
    expect([answer.status, answer.json().code]).toEqual([401, 'issuer_mismatch'])
  })
})
