import { CompactSign } from 'jose'
import { InvalidOption, SojournError } from '../../errors.js'
import { MAX_TOKEN_BYTES } from './compact.js'
import { readClaims, REGISTERED_CLAIMS } from './read-claims.js'
import { secretNameIn } from './secret-name.js'
import type { TokenFacts } from './token-claims.js'
import type { SigningKey } from './token-keys.js'

const encoder = new TextEncoder()

/**
 * Signs an access token (RFC 9068 section 2): `typ` is `at+jwt`, `aud` a text where there is one and a list otherwise, and
 * there is no `nbf`, which only makes clocks matter more. What the verifier would refuse is never signed.
 *
 * @throws {InvalidOption} without issuer or audience
 * @throws {SojournError} `ERR_TOKEN_CLAIMS` for claims of the wrong form, over 8192 bytes, or with the name of a secret
 */
export async function issueAccessToken(facts: TokenFacts, key: SigningKey): Promise<string> {
  if (facts.issuer === '' || facts.audience.length === 0) {
    throw new InvalidOption('A token needs an issuer and an audience.')
  }
  const payload = encoder.encode(toJson(facts))
  if (readClaims(payload) === undefined) {
    throw refusal('The claims of a token are missing, out of range, or nested too deeply.')
  }
  const token = await new CompactSign(payload)
    .setProtectedHeader({ typ: 'at+jwt', alg: key.algorithm, kid: key.kid })
    .sign(key.signingKey)
  if (token.length > MAX_TOKEN_BYTES) {
    throw refusal(`The token would be larger than ${MAX_TOKEN_BYTES} bytes.`)
  }
  return token
}

function toJson(facts: TokenFacts): string {
  const { extra } = facts
  const taken = Object.keys(extra).find((name) => REGISTERED_CLAIMS.has(name))
  if (taken !== undefined) throw refusal(`The claim ${taken} is not for the application to set.`)
  const secret = secretNameIn(extra)
  if (secret !== undefined) throw refusal(`The claim ${secret} looks like a secret.`)
  try {
    return JSON.stringify({ ...claimsOf(facts), ...extra })
  } catch (cause) {
    throw refusal('A claim is something that JSON cannot keep.', cause)
  }
}

function claimsOf(facts: TokenFacts): Record<string, unknown> {
  const { audience, scope, methods, actor, confirmation } = facts
  return {
    iss: facts.issuer,
    aud: audience.length === 1 ? audience[0] : audience,
    sub: facts.subject,
    sid: facts.sessionId,
    jti: facts.id,
    iat: facts.issuedAt,
    exp: facts.expiresAt,
    ver: facts.version,
    client_id: facts.clientId,
    scope: scope.length === 0 ? undefined : scope.join(' '),
    auth_time: facts.authenticatedAt,
    amr: methods.length === 0 ? undefined : methods,
    acr: facts.acr,
    act: actor === undefined ? undefined : { sub: actor },
    cnf: confirmation === undefined ? undefined : { jkt: confirmation },
  }
}

function refusal(message: string, cause?: unknown): SojournError {
  return new SojournError('ERR_TOKEN_CLAIMS', message, { cause })
}
