/** What to do about a refusal, by its status; more exactly where a code has a line of its own. */
const BY_STATUS = /** @type {Readonly<Record<string, string>>} */ ({
  400: 'Mend the request; sending it again as it is does not help.',
  401: 'Sign in again, or refresh the token.',
  403: 'Ask as somebody who may; sending it again as it is does not help.',
  404: 'Check the address, or the id in it.',
  405: 'Use one of the methods that `Allow` lists.',
  408: 'Send it again, faster.',
  409: 'Ask for something else, or end what stands in the way.',
  413: 'Send less.',
  415: 'Send a type that the route takes: see [routes](routes.md).',
  421: 'Ask for a host of `ALLOWED_HOSTS`, or add this one.',
  429: 'Wait for the seconds of `Retry-After`.',
  431: 'Send fewer or shorter headers; clear the cookies of the site.',
  500: 'Mend the program: it is used in another way than it is meant.',
  503: 'Wait for the seconds of `Retry-After`, and send it again. Do not sign anybody out.',
})

const BY_CODE = /** @type {Readonly<Record<string, string>>} */ ({
  credential_in_url: 'Send the credential in a header or a body; consider that one to be known.',
  cross_origin: 'Send it from a page of the service, or name the origin in `CORS_ORIGIN`.',
  csrf_invalid: 'Send the token of `GET /csrf` in the header `X-CSRF-Token` or the field `_csrf`.',
  tls_required: 'Use https. Behind a proxy that ends TLS, set `TRUST_PROXY`.',
  session_ended: 'Sign in again; tell the person the `reason`.',
  session_rotated: 'Send the request again with the cookie that the sign-in has set.',
  reauthentication_required: 'Ask the person for the password again: `POST /reauthenticate`.',
  cookie_duplicate:
    'Clear the cookies of the site; look for a second one with another path or domain.',
  credentials_conflict: 'Send the cookie or the token, not both.',
  token_missing: 'Send `Authorization: Bearer …`.',
  scheme_unsupported: 'Send `Authorization: Bearer …`, or `DPoP …` with a proof.',
  invalid_dpop_proof: 'Make a new proof for this very request.',
  token_expired: 'Exchange the refresh token, and send it again.',
  token_stale: 'Exchange the refresh token, and send it again.',
  token_not_yet_valid: 'Set the clocks right.',
  kid_unknown: 'Fetch the keys anew, or sign in again: the key was retired.',
  issuer_mismatch: 'Send the token to whom issued it; compare `iss` with `JWT_ISSUER`.',
  audience_mismatch: 'Ask for a token for this audience; compare `aud` with `JWT_AUDIENCE`.',
  insufficient_scope: 'Ask for a token with that scope.',
  admin_token_required: 'Send `ADMIN_TOKEN` as a bearer token.',
  not_acceptable:
    'Ask for the other form: a page where there is only a page, JSON where there is only JSON.',
  metrics_token_required: 'Send `METRICS_TOKEN` as a bearer token.',
  invalid_client: 'Check the id and the secret in `OAUTH_CLIENTS`.',
  invalid_grant:
    'Sign in again: the refresh token is spent, has expired, or its session has ended.',
  credentials_invalid: 'Let the person try again.',
  user_exists: 'Choose another name, or sign in.',
  subject_disabled: 'An administrator can enable the account again.',
  session_limit: 'End another session of this person, or raise the limit.',
  feed_unavailable: 'Use introspection.',
  ERR_OPTION: 'Mend the option that the message names.',
  ERR_SESSION_DATA: 'Keep only what JSON can hold.',
  ERR_SESSION_TOO_LARGE: 'Keep less in the session, or raise `maxSessionBytes`.',
  ERR_SESSION_NOT_LOADED: 'Call `await session.load()` first.',
  ERR_NO_KEY: 'Give the option `tokens.keys` a ring with an active key.',
  ERR_TOKEN_CLAIMS: 'Answer fewer claims, or name them in `allowedClaims`.',
  ERR_HEADERS_SENT: 'Sign in, renew and sign out before the first byte of the answer.',
  ERR_SESSION_READ_ONLY: 'Write through the session of the request.',
})

/**
 * @param {string} code
 * @param {string | undefined} status
 * @returns {string}
 */
export function advised(code, status) {
  const words = BY_CODE[code] ?? BY_STATUS[status ?? '']
  if (words === undefined)
    throw new Error(`no advice for ${code} (${status ?? 'no status'}): add it to advice.mjs`)
  return words
}
