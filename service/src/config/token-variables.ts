import { duration } from './duration.js'
import * as readers from './readers.js'
import { algorithm, clientList, secretList, signingSecretList } from './secret-reader.js'
import { DURATION, SECONDS, SECRETS } from './units.js'
import { optional, withDefault } from './variable.js'

const { flag, line, listOf, wholeNumber } = readers

/** What signs. */
export const secrets = {
  SESSION_SECRET: optional(secretList, {
    about:
      'Signs session cookies and CSRF tokens. It does not encrypt. Required in production; other environments make one in DATA_DIR.',
    unit: SECRETS,
    isEmptyRefused: true,
  }),
  JWT_SECRET: optional(signingSecretList, {
    about:
      'Signs access tokens: private keys in PEM, Ed25519 (EdDSA), P-256 (ES256) or RSA (RS256), or secrets (HS256); never both kinds. Required in production.',
    unit: SECRETS,
    isEmptyRefused: true,
  }),
  REFRESH_SECRET: optional(secretList, {
    about: 'Derives refresh tokens. Must differ from the other secrets. Required in production.',
    unit: SECRETS,
    isEmptyRefused: true,
  }),
}

/** What tokens hold and how long they live. */
export const tokens = {
  JWT_ACCESS_TOKEN_EXPIRY: withDefault('15m', duration({ least: '30s', most: '1h' }), {
    about: 'How long an access token lives. From 30s to 1h.',
    unit: DURATION,
    isEmptyRefused: true,
  }),
  JWT_REFRESH_TOKEN_EXPIRY: withDefault('7d', duration({ least: '1m', most: '400d' }), {
    about: 'How long a refresh token lives; never longer than its session.',
    unit: DURATION,
    isEmptyRefused: true,
  }),
  REFRESH_TOKEN_TTL: optional(duration({ least: '1m', most: '400d', isSecondsAllowed: true }), {
    about: 'The other name of JWT_REFRESH_TOKEN_EXPIRY. Where both are set they must agree.',
    unit: SECONDS,
    isEmptyRefused: true,
    example: '604800',
  }),
  JWT_ISSUER: optional(line(255, 'CONFIG_ISSUER'), {
    about: 'Who issues the tokens (claim iss).',
    defaultNote: 'PUBLIC_URL',
    isEmptyRefused: true,
    example: 'http://localhost:3000',
  }),
  JWT_AUDIENCE: optional(line(255, 'CONFIG_ISSUER'), {
    about: 'For whom the tokens are (claim aud).',
    defaultNote: 'PUBLIC_URL',
    isEmptyRefused: true,
    example: 'http://localhost:3000',
  }),
  JWT_ALG: optional(algorithm, {
    about:
      'The algorithm of access tokens: EdDSA, ES256, RS256 or HS256. Must fit the key in JWT_SECRET.',
    defaultNote: 'what the key in JWT_SECRET is for',
    example: 'EdDSA',
  }),
  JWT_ALLOWED_TOKEN_FIELDS: optional(listOf(readers.fieldName), {
    about: 'Fields of a person that may stand in an access token, beside the standard claims.',
    unit: 'comma-separated names',
    defaultNote: 'none',
    example: 'role',
  }),
  REFRESH_GRACE: withDefault('10s', duration({ least: '1s', most: '60s' }), {
    about:
      'How long after an exchange the refresh token before gets the same successor once more (tabs race, answers are lost).',
    unit: DURATION,
    isEmptyRefused: true,
  }),
  REFRESH_FORGIVE: optional(duration({ least: '10s', most: '30d' }), {
    about:
      'How long it gets a fresh one while nobody ever presented the first. Longer is kinder to phones, and to whoever has a copy.',
    unit: DURATION,
    defaultNote: 'not at all: it is reuse, and ends the session',
    example: '24h',
  }),
  OAUTH_CLIENTS: optional(clientList, {
    about:
      'Who may call /oauth/introspect, /oauth/revoke and /oauth/revocations: id:secret, each secret 32 bytes or more.',
    unit: 'comma-separated, an id twice while its secret is changed',
    defaultNote: 'nobody',
    example: 'gateway:put-32-random-bytes-here-as-base64url',
  }),
  TOKEN_LENGTH: withDefault('32', wholeNumber(16, 64), {
    about: 'Random bytes in a session secret and in a refresh token.',
    unit: 'bytes, 16 to 64',
  }),
  ENABLE_TOKEN_FINGERPRINTING: withDefault('true', flag, {
    about:
      'Notice when another browser or operating system uses a session or token than it was given to; a new version is none. What follows: ANOMALY.',
  }),
  FINGERPRINT_STRICT_MODE: withDefault('false', flag, {
    about:
      'Refuse a session or token that another browser or operating system uses (401 binding_mismatch), instead of only noting it.',
  }),
}
