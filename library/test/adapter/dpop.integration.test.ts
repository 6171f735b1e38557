import { request as httpRequest } from 'node:http'
import * as dpop from 'dpop'
import express from 'express'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import type { DpopOptions, TokenOptions } from '../../src/options.js'
import type { IssueOptions } from '../../src/session/issue.js'
import { createSojourn } from '../../src/sojourn.js'
import { createMemoryStore } from '../../src/store/memory.js'
import type { Incoming } from '../../src/request/incoming.js'
import { createManualClock, type ManualClock } from '../../src/testing/manual-clock.js'
import { athOf, makeProver, type ProofMaker } from '../credential/dpop/forge.js'
import { NOW, segment } from '../credential/jwt/forge.js'
import { Browser, incoming } from '../support/browser.js'
import { SECRET, TOKENS } from '../support/sojourn.js'
import { listen, type RunningServer } from '../support/web.js'

type Pair = Record<'accessToken' | 'refreshToken' | 'tokenType' | 'sessionId', string>
type Headers = Readonly<Record<string, string | string[]>>

interface Answer {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
  readonly challenge: string
}

const CLIENTS = new Map([['gateway', ['the secret of the gateway']]])
const GATEWAY = `Basic ${Buffer.from('gateway:the secret of the gateway').toString('base64')}`

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

let client: ProofMaker
let thief: ProofMaker
beforeAll(async () => {
  client = await makeProver()
  thief = await makeProver()
})

interface Start {
  readonly option?: DpopOptions | undefined
  readonly isRealTime?: boolean
  readonly tokens?: Partial<TokenOptions>
}

/** An application that signs in whoever asks, and binds the tokens as the body of the request wants it. */
async function start({ option = {}, isRealTime = false, tokens = {} }: Start = {}) {
  const clock = createManualClock()
  const store = createMemoryStore(isRealTime ? {} : { clock })
  const make = (dpopOption: DpopOptions | undefined) =>
    createSojourn({
      secrets: SECRET,
      store,
      ...(isRealTime ? {} : { clock }),
      idle: '12h',
      absolute: '30d',
      tokens: { ...TOKENS, ...tokens, ...(dpopOption === undefined ? {} : { dpop: dpopOption }) },
    })
  const server = await listen(application(make(option)) as never)
  const without = await listen(application(make(undefined)) as never)
  running.push(server, without)
  return { clock, ...talkTo(server), plain: talkTo(without) }
}

function application(sojourn: ReturnType<typeof createSojourn>) {
  const web = createExpressAdapter(sojourn)
  const app = express()
  app.use(web.sessions, express.json(), web.sameOrigin())
  app.post(
    '/login',
    web.handler(async (req, res) => {
      await req.session.signIn('alice')
      res.json(await req.session.issueTokens(req.body as IssueOptions))
    }),
  )
  const who = web.handler(async (req, res) => {
    await req.session.load({ fresh: true })
    res.json({ subject: req.session.subject ?? null, state: req.session.state })
  })
  app.get('/me', web.requireAuth(), who)
  app.post('/me', web.requireAuth(), who)
  app.get('/maybe', web.optionalAuth(), who)
  app.get('/admin', web.requireAuth({ scope: 'admin' }), who)
  app.post(
    '/again',
    web.requireAuth(),
    web.handler(async (req, res) => {
      res.json(await req.session.issueTokens(req.body as IssueOptions))
    }),
  )
  app.post('/refresh', web.tokenRoutes.refresh)
  app.post('/introspect', web.tokenRoutes.introspect(CLIENTS))
  app.post('/revoke', web.tokenRoutes.revoke(CLIENTS))
  app.use(((error: { status?: number; code?: string; message: string }, _req, res, _next) => {
    res.status(error.status ?? 500).json({ code: error.code, detail: error.message })
  }) as express.ErrorRequestHandler)
  return app
}

function talkTo(server: RunningServer) {
  const { url } = server
  const send = async (
    method: string,
    path: string,
    headers: Headers = {},
    body?: object,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(
        `${url}${path}`,
        { method, headers: { 'content-type': 'application/json', ...headers } },
        (answer) => {
          let text = ''
          answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
          answer.on('end', () => {
            const json = (text === '' ? {} : JSON.parse(text)) as Answer['json']
            const challenge = answer.headers['www-authenticate'] ?? ''
            resolve({ status: answer.statusCode ?? 0, json, challenge })
          })
        },
      )
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  /** A proof for a path of this server. */
  const proofFor = (
    path: string,
    claims: object = {},
    { by = client, header = {} }: { by?: ProofMaker; header?: object } = {},
  ): string => by.prove({ htu: `${url}${path}`, ...claims }, header)
  /** The headers that present a token with its proof. */
  const bound = (token: string, path: string, claims: object = {}, by = client): Headers => ({
    authorization: `DPoP ${token}`,
    dpop: proofFor(path, { ath: athOf(token), ...claims }, { by }),
  })
  const login = async (by = client): Promise<Pair> =>
    (
      await send(
        'POST',
        '/login',
        { dpop: proofFor('/login', { htm: 'POST' }, { by }) },
        { proof: true },
      )
    ).json as unknown as Pair
  const refresh = async (refreshToken: string, by: ProofMaker | undefined = client, claims = {}) =>
    send(
      'POST',
      '/refresh',
      { dpop: proofFor('/refresh', { htm: 'POST', ...claims }, { by }) },
      { refreshToken },
    )
  return { url, send, proofFor, bound, login, refresh }
}

const tell = ({ status, json }: Answer) => [status, json['code'], json['detail']]

const MISMATCH = [401, 'invalid_dpop_proof', 'The proof does not match this request.']

describe('a client that we did not write', () => {
  it.each(['ES256', 'Ed25519', 'RS256'] as const)(
    'dpop with %s: signs in, presents, refreshes',
    async (algorithm) => {
      const { url, send } = await start({ isRealTime: true })
      const keys = await dpop.generateKeyPair(algorithm)
      const proof = async (method: string, path: string, token?: string) =>
        dpop.generateProof(keys, url + path, method, undefined, token)
      const login = await send(
        'POST',
        '/login',
        { dpop: await proof('POST', '/login') },
        { proof: true },
      )
      expect(login.json).toMatchObject({ tokenType: 'DPoP' })
      let { accessToken, refreshToken } = login.json as unknown as Pair
      const [, payload = ''] = accessToken.split('.')
      expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
        cnf: { jkt: await dpop.calculateThumbprint(keys.publicKey) },
      })
      for (let round = 0; round < 3; round += 1) {
        const me = await send('GET', '/me?x=1', {
          authorization: `DPoP ${accessToken}`,
          dpop: await proof('GET', '/me', accessToken),
        })
        expect(me).toMatchObject({ status: 200, json: { subject: 'alice', state: 'active' } })
        const next = await send(
          'POST',
          '/refresh',
          { dpop: await proof('POST', '/refresh') },
          { grant_type: 'refresh_token', refresh_token: refreshToken },
        )
        expect(next).toMatchObject({ status: 200, json: { token_type: 'DPoP' } })
        accessToken = String(next.json['access_token'])
        refreshToken = String(next.json['refresh_token'])
      }
    },
  )
})

describe('a presented proof', () => {
  it('header-06: comes exactly once', async () => {
    const { send, login, bound, proofFor } = await start()
    const { accessToken } = await login()
    const headers = bound(accessToken, '/me')
    const second = proofFor('/me', { ath: athOf(accessToken) })
    const twice = await send('GET', '/me', { ...headers, dpop: [String(headers['dpop']), second] })
    const expected = [400, 'invalid_dpop_proof', 'Exactly one DPoP header is required.']
    expect(tell(twice)).toEqual(expected)
    const joined = `${String(headers['dpop'])}, ${second}`
    expect(tell(await send('GET', '/me', { ...headers, dpop: joined }))).toEqual(expected)
    const { dpop: _, ...none } = headers
    expect(tell(await send('GET', '/me', none))).toEqual([401, ...expected.slice(1)])
    expect((await send('GET', '/me', headers)).status).toBe(200)
  })

  it('header-07: holds no private key', async () => {
    const { send, login, proofFor } = await start()
    const { accessToken } = await login()
    const jwk = client.key.privateObject?.export({ format: 'jwk' })
    const proof = proofFor('/me', { ath: athOf(accessToken) }, { header: { jwk } })
    const answer = await send('GET', '/me', { authorization: `DPoP ${accessToken}`, dpop: proof })
    expect(tell(answer)).toEqual([400, 'invalid_dpop_proof', 'The proof contains a private key.'])
  })

  it('header-08: is signed, and by no secret', async () => {
    const { send, login, proofFor } = await start()
    const { accessToken } = await login()
    const ath = athOf(accessToken)
    const hmac = proofFor('/me', { ath }, { by: await makeProver('HS256') })
    const { jwk } = client
    const [, payload = ''] = proofFor('/me', { ath }).split('.')
    const unsigned = `${segment({ typ: 'dpop+jwt', alg: 'none', jwk })}.${payload}.`
    for (const proof of [hmac, unsigned]) {
      const answer = await send('GET', '/me', { authorization: `DPoP ${accessToken}`, dpop: proof })
      expect(tell(answer)).toEqual([
        400,
        'invalid_dpop_proof',
        'The proof algorithm is not allowed.',
      ])
    }
  })

  it('header-09: fits its request: host, method, token, time, and never twice', async () => {
    const { send, login, bound } = await start()
    const { accessToken } = await login()
    const wrong: object[] = [
      { htu: 'https://evil.example/me' },
      { htm: 'POST' },
      { ath: athOf('another token') },
      { iat: NOW - 600 },
    ]
    for (const claims of wrong) {
      const answer = await send('GET', '/me', bound(accessToken, '/me', claims))
      expect(tell(answer), JSON.stringify(claims)).toEqual(MISMATCH)
      expect(answer.challenge).toContain(
        'DPoP error="invalid_dpop_proof", algs="EdDSA ES256 RS256"',
      )
    }
    const once = bound(accessToken, '/me')
    expect((await send('GET', '/me', once)).status).toBe(200)
    expect(tell(await send('GET', '/me', once))).toEqual(MISMATCH)
  })

  it('header-10: is what a bound token cannot come without, wherever it is sent as Bearer', async () => {
    const { send, login, bound, plain } = await start()
    const { accessToken } = await login()
    const expected = [401, 'invalid_token', 'This token must be sent with a DPoP proof.']
    const headers = { authorization: `Bearer ${accessToken}` }
    const answer = await send('GET', '/me', headers)
    expect(tell(answer)).toEqual(expected)
    expect(answer.challenge).toMatch(
      /^Bearer realm="sojourn", error="invalid_token".*, DPoP algs="EdDSA ES256 RS256"$/,
    )
    const { dpop: proof } = bound(accessToken, '/me')
    expect(tell(await send('GET', '/me', { ...headers, dpop: proof ?? '' }))).toEqual(expected)
    // Also where the near cache knows the session, and in an application that knows no DPoP.
    expect((await send('GET', '/me', bound(accessToken, '/me'))).status).toBe(200)
    expect(tell(await send('GET', '/me', headers))).toEqual(expected)
    expect(tell(await plain.send('GET', '/me', headers))).toEqual(expected)
    expect((await send('GET', '/maybe', headers)).json).toMatchObject({ subject: null })
  })

  it('ASVS 10.3.5, 6.5.1: of the owner alone makes a bound token good: by each check of RFC 9449 section 4.3, key, token, replay', async () => {
    const { send, login, bound, proofFor } = await start()
    const { accessToken } = await login()
    const other = await login(thief)
    const ath = athOf(accessToken)
    const attempts: readonly [check: string, headers: Headers][] = [
      ['1 one header', { dpop: [proofFor('/me', { ath }), proofFor('/me', { ath })] }],
      ['2 well-formed', { dpop: 'a.b' }],
      ['3 a claim is missing', { dpop: proofFor('/me', { ath, jti: undefined }) }],
      ['4 typ', { dpop: proofFor('/me', { ath }, { header: { typ: 'JWT' } }) }],
      ['5 alg', { dpop: proofFor('/me', { ath }, { by: await makeProver('HS256') }) }],
      ['6 signature', { dpop: `${proofFor('/me', { ath }).slice(0, -8)}AAAAAAAA` }],
      [
        '7 private key',
        {
          dpop: proofFor(
            '/me',
            { ath },
            { header: { jwk: client.key.privateObject?.export({ format: 'jwk' }) } },
          ),
        },
      ],
      ['8 htm', { dpop: proofFor('/me', { ath, htm: 'PUT' }) }],
      ['9 htu', { dpop: proofFor('/other', { ath }) }],
      ['11 too old', { dpop: proofFor('/me', { ath, iat: NOW - 66 }) }],
      ['11 too young', { dpop: proofFor('/me', { ath, iat: NOW + 66 }) }],
      ['12 no ath', { dpop: proofFor('/me') }],
      ['12 ath of another token', { dpop: proofFor('/me', { ath: athOf(other.accessToken) }) }],
      ['12 another key', { dpop: proofFor('/me', { ath }, { by: thief }) }],
      ['no proof', {}],
    ]
    for (const [check, headers] of attempts) {
      const answer = await send('GET', '/me', { authorization: `DPoP ${accessToken}`, ...headers })
      expect([400, 401], check).toContain(answer.status)
      expect(answer.json['code'], check).toBe('invalid_dpop_proof')
    }
    const stolen = await send('GET', '/me', { authorization: `Bearer ${accessToken}` })
    expect(stolen.status).toBe(401)
    const good = bound(accessToken, '/me')
    expect((await send('GET', '/me', good)).status).toBe(200)
    expect((await send('GET', '/me', good)).status).toBe(401)
    expect((await send('GET', '/me', bound(accessToken, '/me'))).status).toBe(200)
  })

  it('makes no token good that is bound to no key, or is no access token', async () => {
    const { send, bound } = await start()
    const login = await send('POST', '/login', {}, {})
    const { accessToken, refreshToken, tokenType } = login.json as unknown as Pair
    expect(tokenType).toBe('Bearer')
    expect(tell(await send('GET', '/me', bound(accessToken, '/me')))).toEqual(MISMATCH)
    expect((await send('GET', '/me', bound(refreshToken, '/me'))).json['code']).toBe('typ_mismatch')
    const bearer = await send('GET', '/me', { authorization: `Bearer ${accessToken}` })
    expect(bearer.status).toBe(200)
  })

  it('of a token without scope is told so in its own scheme', async () => {
    const { send, login, bound } = await start()
    const { accessToken } = await login()
    const answer = await send('GET', '/admin', bound(accessToken, '/admin'))
    expect(answer.status).toBe(403)
    expect(answer.challenge).toContain('DPoP error="insufficient_scope"')
    expect(answer.challenge).toContain('scope="admin"')
  })

  it('exempts from the cross-origin check as a bearer token does', async () => {
    const { send, login, bound } = await start()
    const { accessToken } = await login()
    const foreign = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' }
    const headers = { ...bound(accessToken, '/me', { htm: 'POST' }), ...foreign }
    expect((await send('POST', '/me', headers, {})).status).toBe(200)
    expect((await send('POST', '/me', { ...headers, cookie: 'sid=x' }, {})).status).toBe(403)
  })

  it('carries the public origin where one is configured', async () => {
    const { send, login, bound, url } = await start({ option: { origin: 'https://app.example' } })
    expect(await login()).toMatchObject({ code: 'invalid_dpop_proof' })
    const dpopHeader = client.prove({ htm: 'POST', htu: 'https://app.example/login' })
    const pair = await send('POST', '/login', { dpop: dpopHeader }, { proof: true })
    const { accessToken } = pair.json as unknown as Pair
    const good = bound(accessToken, '/me', { htu: 'https://app.example/me' })
    expect((await send('GET', '/me', good)).status).toBe(200)
    const direct = bound(accessToken, '/me', { htu: `${url}/me` })
    expect(tell(await send('GET', '/me', direct))).toEqual(MISMATCH)
  })
})

describe('an application that knows no DPoP', () => {
  it('refuses the scheme, and reads no proofs', async () => {
    const { plain, login } = await start()
    const { accessToken } = await login()
    const answer = await plain.send('GET', '/me', plain.bound(accessToken, '/me'))
    expect(answer).toMatchObject({ status: 401, json: { code: 'scheme_unsupported' } })
    expect(answer.challenge).not.toContain('DPoP')
    const pair = await plain.send('POST', '/login', { dpop: 'nonsense' }, {})
    expect(pair.json).toMatchObject({ tokenType: 'Bearer' })
    const { refreshToken } = pair.json as unknown as Pair
    const next = await plain.send('POST', '/refresh', { dpop: 'nonsense' }, { refreshToken })
    expect(next).toMatchObject({ status: 200, json: { tokenType: 'Bearer' } })
    const asked = await plain.send('POST', '/login', {}, { proof: true })
    expect(asked.json['code']).toBe('ERR_OPTION')
  })

  it('is told apart by its challenges', async () => {
    const { send, plain } = await start()
    expect((await plain.send('GET', '/me')).challenge).not.toContain('DPoP')
    expect((await send('GET', '/me')).challenge).toMatch(
      /^Cookie .*, Bearer realm="sojourn", DPoP algs="EdDSA ES256 RS256"$/,
    )
  })
})

describe('issuing', () => {
  it('wants a good proof where it was asked for one', async () => {
    const { send, proofFor } = await start()
    const ask = async (dpopHeader: string | undefined, body: object) =>
      send('POST', '/login', dpopHeader === undefined ? {} : { dpop: dpopHeader }, body)
    const good = (): string => proofFor('/login', { htm: 'POST' })
    expect(tell(await ask(undefined, { proof: true }))).toEqual([
      400,
      'invalid_dpop_proof',
      'Exactly one DPoP header is required.',
    ])
    expect((await ask(proofFor('/login'), { proof: true })).json['code']).toBe('invalid_dpop_proof')
    expect((await ask('nonsense', { proof: 'optional' })).status).toBe(400)
    expect((await ask(undefined, { proof: 'optional' })).json['tokenType']).toBe('Bearer')
    expect((await ask(good(), { proof: 'optional' })).json['tokenType']).toBe('DPoP')
    expect((await ask(good(), {})).json['tokenType']).toBe('Bearer')
  })

  it('binds to a key that is named, and to no other', async () => {
    const { send, proofFor, bound } = await start()
    const login = async (body: object, by?: ProofMaker) => {
      const headers = by && { dpop: proofFor('/login', { htm: 'POST' }, { by }) }
      return send('POST', '/login', headers, body)
    }
    const { thumbprint: confirmation } = client
    const named = (await login({ confirmation })).json as unknown as Pair
    expect(named.tokenType).toBe('DPoP')
    const presented = await send('GET', '/me', bound(named.accessToken, '/me'))
    expect(presented.status).toBe(200)
    const proven = await login({ confirmation, proof: true }, client)
    expect(proven.json['tokenType']).toBe('DPoP')
    expect((await login({ confirmation, proof: true }, thief)).json['code']).toBe(
      'invalid_dpop_proof',
    )
    expect((await login({ confirmation, proof: 'optional' })).status).toBe(400)
    expect((await login({ confirmation: 'short' })).json['code']).toBe('field_invalid')
  })

  it('takes the proof that the request presented its token with', async () => {
    const { send, login, bound, refresh } = await start()
    const first = await login()
    const headers = bound(first.accessToken, '/again', { htm: 'POST' })
    const next = await send('POST', '/again', headers, { proof: true })
    expect(next.json).toMatchObject({ tokenType: 'DPoP', sessionId: first.sessionId })
    expect((await refresh(String(next.json['refreshToken']))).status).toBe(200)
  })
})

describe('refreshing', () => {
  it('of a bound family wants a proof of its key, and a refusal harms nobody', async () => {
    const { send, login, refresh, proofFor, bound } = await start()
    const { refreshToken } = await login()
    const bare = await send('POST', '/refresh', {}, { refreshToken })
    expect(bare).toMatchObject({ status: 400, json: { code: 'invalid_grant' } })
    const other = await refresh(refreshToken, thief)
    expect(other).toMatchObject({ status: 400, json: { code: 'invalid_grant' } })
    for (const claims of [{ htm: 'GET' }, { iat: NOW - 600 }, { htu: 'https://evil.example/' }]) {
      const bad = await refresh(refreshToken, client, claims)
      expect(bad, JSON.stringify(claims)).toMatchObject({
        status: 400,
        json: { code: 'invalid_dpop_proof', error: 'invalid_dpop_proof' },
      })
    }
    const dpopHeader = proofFor('/refresh', { htm: 'POST' })
    const next = await send('POST', '/refresh', { dpop: dpopHeader }, { refreshToken })
    expect(next).toMatchObject({ status: 200, json: { tokenType: 'DPoP' } })
    const replayed = await send('POST', '/refresh', { dpop: dpopHeader }, { refreshToken })
    expect(replayed).toMatchObject({ status: 400, json: { code: 'invalid_dpop_proof' } })
    const token = String(next.json['accessToken'])
    expect((await send('GET', '/me', bound(token, '/me'))).status).toBe(200)
    expect((await send('GET', '/me', { authorization: `Bearer ${token}` })).status).toBe(401)
  })

  it('gives the same successor inside the grace to the owner, and nothing to a thief', async () => {
    const { login, refresh, send, bound, clock } = await start()
    const { refreshToken, accessToken } = await login()
    const first = await refresh(refreshToken)
    const again = await refresh(refreshToken)
    expect(again.json['refreshToken']).toBe(first.json['refreshToken'])
    expect((await refresh(refreshToken, thief)).status).toBe(400)
    expect((await send('POST', '/refresh', {}, { refreshToken })).status).toBe(400)
    // A spent token in the hands of somebody without the key ends nothing; with the key it is reuse.
    clock.advance('20s')
    expect((await refresh(refreshToken, thief, { iat: NOW + 20 })).json['code']).toBe(
      'invalid_grant',
    )
    const next = await refresh(String(first.json['refreshToken']), client, { iat: NOW + 20 })
    expect(next.status).toBe(200)
    const reused = await refresh(refreshToken, client, { iat: NOW + 20 })
    expect(reused.json).toMatchObject({ code: 'invalid_grant', reason: 'refresh_reuse' })
    const late = await send('GET', '/me', bound(accessToken, '/me', { iat: NOW + 20 }))
    expect(late).toMatchObject({ status: 401, json: { code: 'session_ended' } })
  })

  it('races: of fifty with the key and fifty without, the former alone get the one successor', async () => {
    const { login, refresh, send } = await start()
    const { refreshToken } = await login()
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () =>
        Promise.all([refresh(refreshToken), send('POST', '/refresh', {}, { refreshToken })]),
      ),
    )
    const successors = new Set(answers.map(([withKey]) => withKey.json['refreshToken']))
    expect(successors.size).toBe(1)
    expect(new Set(answers.map(([, without]) => without.json['code']))).toEqual(
      new Set(['invalid_grant']),
    )
    expect((await refresh(String([...successors][0]))).status).toBe(200)
  })

  it('of a family that is bound to no key comes without a proof', async () => {
    const { send, refresh } = await start()
    const { refreshToken } = (await send('POST', '/login', {}, {})).json as unknown as Pair
    expect((await refresh(refreshToken)).json['code']).toBe('invalid_grant')
    const next = await send('POST', '/refresh', {}, { refreshToken })
    expect(next).toMatchObject({ status: 200, json: { tokenType: 'Bearer' } })
  })
})

describe('introspection and revocation of bound tokens', () => {
  it('says to which key they are bound, and takes them without a proof', async () => {
    const { send, login, bound } = await start()
    const { accessToken, refreshToken } = await login()
    const headers = { authorization: GATEWAY }
    const introspect = async (token: string) =>
      (await send('POST', '/introspect', headers, { token })).json
    expect(await introspect(accessToken)).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: { jkt: client.thumbprint },
    })
    expect(await introspect(refreshToken)).toMatchObject({ active: true })
    await send('POST', '/revoke', headers, { token: refreshToken })
    expect(await introspect(refreshToken)).toEqual({ active: false })
    const answer = await send('GET', '/me', bound(accessToken, '/me'))
    expect(answer).toMatchObject({ status: 401, json: { code: 'session_ended' } })
  })
})

describe('time', () => {
  it("is the store's: a host whose clock is ten minutes off takes proofs, from the first request on", async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock })
    const make = (own: ManualClock) =>
      createSojourn({ secrets: SECRET, store, clock: own, tokens: { ...TOKENS, dpop: {} } })
    const { thumbprint: confirmation, prove } = client
    const pair = await new Browser(make(clock)).visit(async (session) => {
      await session.signIn('alice')
      return session.issueTokens({ confirmation })
    })
    const wrong = (): ManualClock => createManualClock((NOW + 600) * 1_000)
    const request = (method: string, headers: Readonly<Record<string, string>>): Incoming => ({
      ...incoming(undefined, { method, target: '/orders' }),
      header: (name) => headers[name],
      isRepeated: () => false,
    })
    const authorization = `DPoP ${pair.accessToken}`
    const presented = request('GET', {
      authorization,
      dpop: prove({ ath: athOf(pair.accessToken) }),
    })
    const { session } = make(wrong()).exchange(presented)
    expect((await session.load()).state).toBe('active')
    const { tokens } = make(wrong())
    const proof = tokens.proofOf(request('POST', { dpop: prove({ htm: 'POST' }) }))
    expect(await tokens.refresh(pair.refreshToken, { proof })).toMatchObject({
      status: 'refreshed',
      tokens: { tokenType: 'DPoP' },
    })
  })
})

describe('the option', () => {
  it('is an origin and nothing more', () => {
    for (const origin of [
      'app.example',
      'https://app.example/',
      'https://App.example',
      '',
      'x:y',
    ]) {
      expect(() =>
        createSojourn({ secrets: SECRET, tokens: { ...TOKENS, dpop: { origin } } }),
      ).toThrow('tokens.dpop.origin')
    }
  })
})
