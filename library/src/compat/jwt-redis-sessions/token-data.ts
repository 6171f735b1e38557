import { ValidationError } from './errors.js'
import type { TokenData, TokenPrimitive } from './types.js'

/** The claims that are ours, beside those of RFC 7519. */
const OWN_CLAIMS = ['sessionId', 'type', '_fp', '_fpTime', '_sj'] as const
const RESERVED: ReadonlySet<string> = new Set([
  ...['iat', 'exp', 'nbf', 'iss', 'aud', 'sub', 'jti'],
  ...OWN_CLAIMS,
])
const SENSITIVE = /(?:password|passwd|pwd|secret|hash|token|credential|private.?key)/i
/** Fields that name the person, the first that is there before the others. */
const IDENTIFIERS = ['userId', 'id', 'email'] as const
/** Allowed without being named in the configuration. */
const BUILT_IN = 'boundIP'
const LONGEST_LIST = 100
const MOST_CHARACTERS = 4_096

/** Throws {@link ValidationError} where `data` must not get into a token. Nothing at all is good. */
export function validateTokenData(data: unknown, allowed: readonly string[]): void {
  if (data === undefined || data === null) return
  if (typeof data !== 'object' || data.constructor !== Object) {
    throw new ValidationError('Token data must be an object')
  }
  for (const [field, value] of Object.entries(data)) {
    checkName(field, allowed)
    checkValue(field, value)
  }
  if (JSON.stringify(data).length > MOST_CHARACTERS) {
    throw new ValidationError('Token data must not exceed 4096 bytes')
  }
}

function checkName(field: string, allowed: readonly string[]): void {
  if (RESERVED.has(field)) throw new ValidationError(`Token data field '${field}' is reserved`)
  if (SENSITIVE.test(field)) {
    throw new ValidationError(`Sensitive token data field '${field}' is not allowed`)
  }
  if (field !== BUILT_IN && !allowed.includes(field)) {
    throw new ValidationError(
      `Token data field '${field}' is not allowed; configure JWT_ALLOWED_TOKEN_FIELDS explicitly`,
    )
  }
}

const TEXT_FIELDS: readonly string[] = [...IDENTIFIERS, BUILT_IN]

function checkValue(field: string, value: unknown): void {
  if (TEXT_FIELDS.includes(field) && (typeof value !== 'string' || value === '')) {
    throw new ValidationError(`Token data field '${field}' must be a non-empty string`)
  }
  const isList = Array.isArray(value) && value.length <= LONGEST_LIST
  if (isList ? value.every(isPrimitive) : isPrimitive(value)) return
  throw new ValidationError(
    `Token data field '${field}' must be a primitive or an array of primitives`,
  )
}

function isPrimitive(value: unknown): value is TokenPrimitive {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  return typeof value === 'number' && Number.isFinite(value)
}

/** What of `data` is kept with a session: the fields that are allowed now. */
export function pickTokenData(
  data: Readonly<Record<string, unknown>>,
  allowed: readonly string[],
): TokenData {
  const picked: TokenData = {}
  for (const field of [...allowed, BUILT_IN]) {
    if (Object.hasOwn(data, field)) picked[field] = data[field] as TokenPrimitive
  }
  return picked
}

/** The claims of a token without those that this package adds; the session's version has always been among them. */
export function withoutOwnClaims(claims: Readonly<Record<string, unknown>>): TokenData {
  return Object.fromEntries(
    Object.entries(claims).filter(([name]) => !RESERVED.has(name)),
  ) as TokenData
}

/** Whom the data names, each once, the one who counts first. */
export function identifiersIn(data: Readonly<Record<string, unknown>>): readonly string[] {
  const named = IDENTIFIERS.map((field) => data[field]).filter(
    (value): value is string => typeof value === 'string' && value !== '',
  )
  return [...new Set(named)]
}
