import { readStrictJson } from './strict-json.js'
import { LATEST_SECOND, MAX_LIFETIME, type AccessClaims } from './token-claims.js'

/** Claims that were read, and what concerns nobody after they were judged. */
export interface ReadClaims {
  readonly claims: AccessClaims
  /** `nbf`: never in a token of ours, but honoured. */
  readonly notBefore: number | undefined
}

type Members = Readonly<Record<string, unknown>>

interface CheckedMembers {
  readonly iss: string
  readonly aud: string | readonly string[]
  readonly sub: string
  readonly sid: string
  readonly jti: string
  readonly iat: number
  readonly exp: number
  readonly ver?: string
  readonly client_id?: string
  readonly scope?: string
  readonly auth_time?: number
  readonly amr?: readonly string[]
  readonly acr?: string
  readonly act?: { readonly sub: string }
  readonly cnf?: { readonly jkt: string }
}

const SESSION_ID = /^[\w-]{2}\.[\w-]{22}$/
const VERSION = /^\d{1,15}\.\d{1,15}$/
/** RFC 6749 section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/
/** A SHA-256 (RFC 7638) as canonical base64url. */
const THUMBPRINT = /^[\w-]{42}[AEIMQUYcgkosw048]$/

/** The claims that mean something to us, and what each must look like. */
const FORMS: Readonly<Record<string, (value: unknown) => boolean>> = {
  iss: isText,
  aud: (value) => isText(value) || (isListOf(value, isText) && value.length > 0),
  sub: isText,
  sid: (value) => typeof value === 'string' && SESSION_ID.test(value),
  jti: isText,
  iat: isSecond,
  exp: isSecond,
  nbf: isSecond,
  ver: (value) => typeof value === 'string' && VERSION.test(value),
  client_id: isText,
  scope: (value) => typeof value === 'string' && SCOPE.test(value),
  auth_time: isSecond,
  amr: (value) => isListOf(value, isText),
  acr: isText,
  // What restricts a token must be understood whole: a part left out would make more of it than was meant.
  act: (value) => isOnly(value, 'sub', isText),
  cnf: (value) => isOnly(value, 'jkt', (text) => typeof text === 'string' && THUMBPRINT.test(text)),
}

const REQUIRED = ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp']

/** Names that only this library writes into a token. */
export const REGISTERED_CLAIMS: ReadonlySet<string> = new Set(Object.keys(FORMS))

/**
 * Reads the payload of a token whose signature is good. `undefined` unless it is one object, has every claim that
 * is required, and each claim has exactly the type and range it should.
 *
 * @param maxLifetime the most seconds between `iat` and `exp`
 */
export function readClaims(
  payload: Uint8Array,
  maxLifetime: number = MAX_LIFETIME,
): ReadClaims | undefined {
  const members = readStrictJson(payload)?.value
  if (!isObject(members) || !REQUIRED.every((name) => Object.hasOwn(members, name))) {
    return undefined
  }
  if (!Object.entries(members).every(hasRightForm) || isOtherKind(members)) return undefined
  const lifetime = Number(members['exp']) - Number(members['iat'])
  if (lifetime <= 0 || lifetime > maxLifetime) return undefined
  return { claims: toAccessClaims(members), notBefore: members['nbf'] as number | undefined }
}

/** Ours tell their kind by `typ`; where an application says it in a claim as well, the two must agree. */
function isOtherKind({ type }: Members): boolean {
  return type === 'refresh' || type === 'id' || type === 'session'
}

function hasRightForm([name, value]: readonly [string, unknown]): boolean {
  return !REGISTERED_CLAIMS.has(name) || FORMS[name]?.(value) === true
}

/** Only for members whose forms have been checked. */
function toAccessClaims(members: Members): AccessClaims {
  const known = members as unknown as CheckedMembers
  const { aud, amr = [], scope } = known
  const extra = Object.entries(members).filter(([name]) => !REGISTERED_CLAIMS.has(name))
  return Object.freeze({
    issuer: known.iss,
    audience: Object.freeze(typeof aud === 'string' ? [aud] : aud),
    subject: known.sub,
    sessionId: known.sid,
    id: known.jti,
    issuedAt: known.iat,
    expiresAt: known.exp,
    version: known.ver,
    clientId: known.client_id,
    scope: Object.freeze(scope?.split(' ') ?? []),
    authenticatedAt: known.auth_time,
    methods: Object.freeze(amr),
    acr: known.acr,
    actor: known.act?.sub,
    confirmation: known.cnf?.jkt,
    extra: Object.freeze(Object.fromEntries(extra)),
  })
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 255
}

/** Whole seconds of an instant that a person could mean. */
function isSecond(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= LATEST_SECOND
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && value.every(isItem)
}

/** Whether `value` is an object with this one member. */
function isOnly(value: unknown, name: string, isRight: (member: unknown) => boolean): boolean {
  if (!isObject(value)) return false
  const [only, ...others] = Object.entries(value)
  return only?.[0] === name && others.length === 0 && isRight(only[1])
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
