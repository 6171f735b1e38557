import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { createStaticKeyRing } from 'sojourn/keys'
import {
  createAccessTokenVerifier,
  issueAccessToken,
} from '../../library/dist/credential/jwt/index.js'
import { systemClock } from '../../library/dist/system/clock.js'
import { AUDIENCE, ISSUER, many } from './people.mjs'

/** The cost of one look at an access token: one that was seen before, and one that never was. */

const TOKENS = 1_000

const KEYS = {
  EdDSA: () => generateKeyPairSync('ed25519'),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
}

/** Tokens of one algorithm, ours in every respect, with what each library wants to verify them. */
async function material(algorithm) {
  const secret = randomBytes(32).toString('base64')
  const pair = algorithm === 'HS256' ? undefined : KEYS[algorithm]()
  const ring = createStaticKeyRing([pair?.privateKey ?? { algorithm: 'HS256', secret }])
  await ring.ready()
  const key = ring.signing()
  const tokens = await many(TOKENS, () => issueAccessToken(factsOfSomebody(), key))
  return {
    algorithm,
    ring,
    tokens,
    key: pair?.publicKey ?? createSecretKey(Buffer.from(secret)),
    joseKey: key.key,
  }
}

function factsOfSomebody() {
  const issuedAt = Math.floor(Date.now() / 1000)
  return {
    issuer: ISSUER,
    audience: [AUDIENCE],
    subject: `user-${randomBytes(9).toString('base64url')}`,
    sessionId: `AA.${randomBytes(16).toString('base64url')}`,
    id: `${randomBytes(12).toString('base64url')}.1`,
    issuedAt,
    expiresAt: issuedAt + 7_200,
    version: '0.0',
    scope: [],
    methods: [],
    extra: {},
  }
}

function verifierOf({ ring, algorithm }, maxEntries) {
  return createAccessTokenVerifier({
    keys: ring,
    algorithms: [algorithm],
    issuer: ISSUER,
    audience: [AUDIENCE],
    clock: systemClock,
    maxEntries,
  })
}

/** Verifies `count` of the tokens in turn; each has to be good. */
function inTurn(tokens, verify) {
  let next = 0
  return async (count) => {
    for (let done = 0; done < count; done += 1) {
      next = (next + 1) % tokens.length
      await verify(tokens[next])
    }
  }
}

/** @returns {Promise<import('./timing.mjs').Case[]>} */
export async function cachedCases() {
  const made = await material('EdDSA')
  const verifier = verifierOf(made, 10_000)
  for (const token of made.tokens) await verifier.verify(token)
  const again = (tokens) => {
    let next = 0
    return (count) => {
      for (let done = 0; done < count; done += 1) {
        next = (next + 1) % tokens.length
        // Known at once, without a promise.
        if (verifier.verify(tokens[next]).ok !== true) throw new Error('was not in the cache')
      }
    }
  }
  return [
    {
      name: 'sojourn, seen before: the same token again',
      run: again(made.tokens.slice(0, 1)),
      target: 2,
    },
    { name: 'sojourn, seen before: 1,000 tokens round robin', run: again(made.tokens), target: 2 },
  ]
}

/** @returns {Promise<import('./timing.mjs').Case[]>} */
export async function firstTimeCases() {
  const cases = []
  for (const algorithm of ['EdDSA', 'ES256', 'RS256', 'HS256']) {
    const made = await material(algorithm)
    cases.push(...firstTime(made))
  }
  return cases
}

function firstTime(made) {
  const { algorithm, tokens, key, joseKey } = made
  const verifier = verifierOf(made, 0)
  const rules = { algorithms: [algorithm], issuer: ISSUER, audience: AUDIENCE }
  const ours = async (token) => {
    const verdict = await verifier.verify(token)
    if (!verdict.ok) throw new Error(verdict.code)
  }
  const joses = { ...rules, typ: 'at+jwt' }
  const cases = [
    { name: `sojourn ${algorithm}, first time`, run: inTurn(tokens, ours) },
    {
      name: `jose ${algorithm}, every time`,
      run: inTurn(tokens, (token) => jwtVerify(token, joseKey, joses)),
    },
  ]
  // It does not know EdDSA.
  if (algorithm === 'EdDSA') return cases
  const theirs = inTurn(tokens, (token) => jsonwebtoken.verify(token, key, rules))
  return [...cases, { name: `jsonwebtoken ${algorithm}, every time`, run: theirs }]
}
