import { createSigner, createVerifier } from 'fast-jwt'
import { AUDIENCE, bearerOf, claimsOf, ISSUER } from './jwt.mjs'

/** `fast-jwt` with its cache of verified tokens, which is what it is chosen for. A token cannot be revoked; it runs out. */
export function mountFastJwt({ app, secret, answer, subjectOf }) {
  const sign = createSigner({
    key: secret,
    algorithm: 'HS256',
    iss: ISSUER,
    aud: AUDIENCE,
    expiresIn: 7_200_000,
  })
  const verify = createVerifier({
    key: secret,
    algorithms: ['HS256'],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: 10_000,
  })
  app.post('/token', (request, response) => {
    response.json({ accessToken: sign(claimsOf(subjectOf(request))) })
  })
  app.get('/me', (request, response) => {
    let claims
    try {
      claims = verify(bearerOf(request))
    } catch {
      response.sendStatus(401)
      return
    }
    answer(response, claims.sub)
  })
}
