import { spawnSync } from 'node:child_process'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/verify/index.js'
import {
  AUDIENCE,
  factsOf,
  issue,
  ISSUER,
  makeKey,
  SESSION,
  type TestKey,
} from '../credential/jwt/forge.js'
import { listen, type RunningServer } from '../support/web.js'
import { jwkOf, jwksOf } from './issuer.js'

/** Verifiers that somebody else wrote understand our tokens and our JWKS, and refuse what they should. */

let keys: Record<'ed' | 'ec' | 'rsa' | 'secret', TestKey>
let server: RunningServer
let requests: string[] = []
let endings: { sessions: unknown[] } = { sessions: [] }

beforeAll(async () => {
  const [ed, ec, rsa, secret] = await Promise.all([
    makeKey('EdDSA', 'ed'),
    makeKey('ES256', 'ec'),
    makeKey('RS256', 'rsa'),
    makeKey('HS256', 'secret'),
  ])
  keys = { ed, ec, rsa, secret }
  server = await listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    requests.push(pathname)
    response.setHeader('content-type', 'application/json')
    if (pathname === '/jwks.json') response.end(JSON.stringify(jwksOf(ed, ec, rsa)))
    else if (pathname === '/moved') response.writeHead(302, { location: '/jwks.json' }).end()
    else if (pathname === '/silent') setTimeout(() => response.end(), 20_000).unref()
    else {
      const since = Number(searchParams.get('since'))
      const answer = { since, now: since, sessions: endings.sessions, subjects: [] }
      const hold = searchParams.get('wait') === '0' ? 0 : 50
      setTimeout(() => response.end(JSON.stringify(answer)), hold).unref()
    }
  })
})
afterAll(() => server.close())

/** For verifiers that know no clock but the host's. */
function now(): { issuedAt: number; expiresAt: number } {
  const issuedAt = Math.floor(Date.now() / 1000)
  return { issuedAt, expiresAt: issuedAt + 900 }
}

const pem = (key: TestKey): string =>
  String(key.publicObject?.export({ type: 'spki', format: 'pem' }))

describe('jose', () => {
  it.each(['ed', 'ec', 'rsa'] as const)(
    'verifies a token of ours with keys from our JWKS: %s',
    async (name) => {
      const jwks = createRemoteJWKSet(new URL(`${server.url}/jwks.json`))
      const options = {
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: 'at+jwt',
        algorithms: [keys[name].algorithm],
      }
      const token = await issue(keys[name], {
        ...now(),
        scope: ['read'],
        actor: 'root',
        clientId: 'app',
      })
      const { payload, protectedHeader } = await jwtVerify(token, jwks, options)
      expect(payload).toMatchObject({
        sub: 'ada',
        sid: SESSION,
        scope: 'read',
        act: { sub: 'root' },
        client_id: 'app',
      })
      expect(protectedHeader).toEqual({ typ: 'at+jwt', alg: keys[name].algorithm, kid: name })
      await expect(jwtVerify(token, jwks, { ...options, audience: 'x' })).rejects.toThrow('aud')
      await expect(jwtVerify(`${token.slice(0, -12)}AAAAAAAAAAAA`, jwks, options)).rejects.toThrow(
        'signature',
      )
    },
  )
})

describe('jsonwebtoken', () => {
  it.each(['ec', 'rsa', 'secret'] as const)('verifies a token of ours: %s', async (name) => {
    const key = keys[name]
    const token = await issue(key, now())
    const secret = key.secret ?? pem(key)
    const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [key.algorithm as 'ES256'] }
    expect(jsonwebtoken.verify(token, secret, options)).toMatchObject({ sub: 'ada', sid: SESSION })
    expect(() => jsonwebtoken.verify(token, secret, { ...options, issuer: 'x' })).toThrow('issuer')
    const late = await issue(key, { issuedAt: 1_700_000_000, expiresAt: 1_700_000_900 })
    expect(() => jsonwebtoken.verify(late, secret, options)).toThrow('expired')
  })
})

describe('PyJWT', () => {
  const script = `
import json, sys, jwt
given = json.load(sys.stdin)
keys = {jwk["kid"]: jwt.PyJWK(jwk) for jwk in given["jwks"]["keys"]}
answers = []
for token in given["tokens"]:
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, keys[header["kid"]].key, algorithms=[header["alg"]],
                            audience=given["audience"], issuer=given["issuer"])
        answers.append({"typ": header["typ"], "sub": claims["sub"], "sid": claims["sid"]})
    except jwt.PyJWTError as error:
        answers.append(type(error).__name__)
json.dump(answers, sys.stdout)
`
  /** Debian's python3 has Debian's python3-jwt; another one that comes first in the path may not. */
  const python = ['python3', '/usr/bin/python3'].find(
    (name) => spawnSync(name, ['-c', 'import jwt, cryptography']).status === 0,
  )

  it('verifies tokens of ours with keys from our JWKS', async () => {
    expect(python, 'apt-get install python3-jwt python3-cryptography').toBeDefined()
    const good = await Promise.all([keys.ed, keys.ec, keys.rsa].map((key) => issue(key, now())))
    const late = await issue(keys.ed, { issuedAt: 1_700_000_000, expiresAt: 1_700_000_900 })
    const foreign = await issue(keys.ed, { ...now(), audience: ['x'] })
    const [first = ''] = good
    const tokens = [...good, late, foreign, `${first.slice(0, -12)}AAAAAAAAAAAA`]
    const input = JSON.stringify({
      jwks: jwksOf(keys.ed, keys.ec, keys.rsa),
      tokens,
      issuer: ISSUER,
      audience: AUDIENCE,
    })
    const { stdout, stderr } = spawnSync(python ?? '', ['-c', script], { input, encoding: 'utf8' })
    expect(stderr).toBe('')
    const answer = { typ: 'at+jwt', sub: 'ada', sid: SESSION }
    expect(JSON.parse(stdout)).toEqual([
      answer,
      answer,
      answer,
      'ExpiredSignatureError',
      'InvalidAudienceError',
      'InvalidSignatureError',
    ])
  })
})

describe('sojourn/verify over a real connection', () => {
  const make = (jwks: string, more: object = {}) =>
    createVerifier({ issuer: ISSUER, audience: AUDIENCE, jwks: `${server.url}${jwks}`, ...more })

  it('verifies with fetched keys, and hears of ends from a feed', async () => {
    requests = []
    const verifier = make('/jwks.json', {
      revocations: { url: `${server.url}/feed`, maxStaleness: '3s' },
    })
    const token = await issue(keys.ed, now())
    expect(await verifier.verify(token)).toMatchObject({ ok: true, claims: { subject: 'ada' } })
    expect(requests.slice(0, 2)).toEqual(['/jwks.json', '/feed'])
    endings = { sessions: [{ id: SESSION, endedAt: Date.now() }] }
    await expect
      .poll(async () => (await verifier.verify(token)).ok, { timeout: 3_000, interval: 20 })
      .toBe(false)
    expect(await verifier.verify(token)).toMatchObject({ code: 'session_ended', status: 401 })
    expect(requests.filter((path) => path === '/jwks.json')).toHaveLength(1)
    verifier.close()
    endings = { sessions: [] }
  })

  it('follows no redirection', async () => {
    expect(await make('/moved').verify(await issue(keys.ed, now()))).toMatchObject({
      code: 'keys_unavailable',
    })
  })

  it('waits five seconds, and no longer, and stops waiting when it is closed', async () => {
    const start = performance.now()
    const [slow, closed] = [make('/silent'), make('/silent')]
    const token = await issue(keys.ed, now())
    const first = closed.verify(token)
    setTimeout(() => closed.close(), 100)
    expect(await first).toMatchObject({ code: 'keys_unavailable' })
    expect(performance.now() - start).toBeLessThan(2_000)
    expect(await slow.verify(token)).toMatchObject({ code: 'keys_unavailable', status: 503 })
    expect(performance.now() - start).toBeLessThan(8_000)
  })

  it('gives the same claims as were issued', async () => {
    const facts = factsOf({ ...now(), extra: { plan: 'pro' }, methods: ['pwd'], version: '1.0' })
    expect(await make('/jwks.json').verify(await issue(keys.ec, facts))).toEqual({
      ok: true,
      claims: facts,
    })
    expect(jwkOf(keys.ec)).not.toHaveProperty('d')
  })
})
