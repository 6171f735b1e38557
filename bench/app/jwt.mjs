/** What people verify access tokens with: a library, on every request. A token cannot be revoked; it runs out. */
import { createSecretKey, randomBytes } from 'node:crypto'
import { generateKeyPair, jwtVerify, SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'

export const ISSUER = 'https://bench.example'
export const AUDIENCE = 'bench'

export const claimsOf = (subject) => ({
  sid: randomBytes(18).toString('base64url'),
  sub: subject,
  jti: randomBytes(12).toString('base64url'),
})

export const bearerOf = ({ headers }) =>
  /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''

/** A `KeyObject` is the quickest that it can be given: of a text it would make one each time. */
export function mountJsonwebtoken({ app, secret, answer, subjectOf }) {
  const key = createSecretKey(Buffer.from(secret))
  const rules = { algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE }
  app.post('/token', (request, response) => {
    const claims = claimsOf(subjectOf(request))
    const how = { algorithm: 'HS256', issuer: ISSUER, audience: AUDIENCE, expiresIn: '2h' }
    response.json({ accessToken: jsonwebtoken.sign(claims, key, how) })
  })
  app.get('/me', (request, response) => {
    let claims
    try {
      claims = jsonwebtoken.verify(bearerOf(request), key, rules)
    } catch {
      response.sendStatus(401)
      return
    }
    answer(response, claims.sub)
  })
}

/** `jose` with the algorithm that the kind names. */
export async function mountJose({ app, kind, secret, answer, subjectOf }) {
  const algorithm = kind.slice('jose-'.length)
  const { publicKey, privateKey } = await keysOf(algorithm, secret)
  const rules = { algorithms: [algorithm], issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt' }
  app.post('/token', async (request, response) => {
    const accessToken = await new SignJWT(claimsOf(subjectOf(request)))
      .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: 'bench' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime('2h')
      .sign(privateKey)
    response.json({ accessToken })
  })
  app.get('/me', async (request, response) => {
    let verified
    try {
      verified = await jwtVerify(bearerOf(request), publicKey, rules)
    } catch {
      response.sendStatus(401)
      return
    }
    answer(response, verified.payload.sub)
  })
}

async function keysOf(algorithm, secret) {
  if (algorithm !== 'HS256') return generateKeyPair(algorithm)
  const key = createSecretKey(Buffer.from(secret))
  return { publicKey: key, privateKey: key }
}
