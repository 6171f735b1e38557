/** What an operation may refuse besides its own reasons: that follows from who may ask, how, and with what. */
import { bodyFactsOf } from '../http/index.js'
import type { Method, Operation, Who } from './operation.js'
import type { Code } from './problems.js'

/** The codes of each status. */
export type Refusals = ReadonlyMap<number, readonly Code[]>

/** A reason to refuse, and the operations that have it. */
type Rule = readonly [
  status: number,
  codes: readonly Code[],
  applies: (operation: Operation, method: Method) => boolean,
]

const of =
  (...who: readonly Who[]) =>
  (operation: Operation): boolean =>
    who.includes(operation.who)
const LOOKS_AT_SESSION = of('guest', 'person', 'recent', 'admin')
const NEEDS_SESSION = of('person', 'recent')
const isForPeople = ({ who }: Operation): boolean => who !== 'machine' && who !== 'metrics'
const isUnsafe = (operation: Operation, method: Method): boolean =>
  isForPeople(operation) && method !== 'get'
const hasBody = ({ takes }: Operation): boolean => takes !== undefined
const asksStore = (operation: Operation, method: Method): boolean =>
  LOOKS_AT_SESSION(operation) || operation.who === 'client' || isUnsafe(operation, method)

const RULES: readonly Rule[] = [
  [400, ['bad_request', 'header_duplicate'], () => true],
  // In production the metrics may not be there: then their address is one like any other.
  [400, ['query_invalid', 'credential_in_url', 'invalid_request'], ({ who }) => who !== 'machine'],
  [400, ['field_invalid'], ({ query }) => query !== undefined],
  [400, ['body_malformed', 'field_unknown', 'field_invalid'], hasBody],
  [400, ['cookie_duplicate', 'cookie_too_many', 'header_too_large'], NEEDS_SESSION],
  [400, ['credentials_conflict', 'invalid_dpop_proof'], LOOKS_AT_SESSION],
  [401, ['session_missing', 'session_unknown', 'session_invalid'], NEEDS_SESSION],
  [401, ['session_corrupt', 'session_ended', 'session_rotated'], NEEDS_SESSION],
  [401, ['reauthentication_required', 'binding_mismatch', 'agent_mismatch'], NEEDS_SESSION],
  [401, ['token_missing', 'scheme_unsupported', 'typ_mismatch'], NEEDS_SESSION],
  [401, ['invalid_token', 'token_expired', 'token_stale', 'token_too_large'], NEEDS_SESSION],
  [401, ['token_malformed', 'crit_unsupported', 'header_unsupported'], NEEDS_SESSION],
  [401, ['alg_not_allowed', 'kid_unknown', 'signature_invalid'], NEEDS_SESSION],
  [401, ['claims_invalid', 'issuer_mismatch', 'audience_mismatch'], NEEDS_SESSION],
  [401, ['token_not_yet_valid'], NEEDS_SESSION],
  [401, ['admin_token_required'], of('admin')],
  // Of administrators who have signed in.
  [401, ['reauthentication_required', 'session_ended'], of('admin')],
  [401, ['invalid_client'], of('client')],
  [401, ['metrics_token_required'], of('metrics')],
  [403, ['cross_origin'], () => true],
  [403, ['tls_required'], isForPeople],
  [403, ['csrf_invalid'], isUnsafe],
  [403, ['forbidden'], of('admin')],
  [408, ['timeout'], () => true],
  [413, ['body_too_large'], hasBody],
  [415, ['media_type'], hasBody],
  [404, ['not_found'], of('admin', 'metrics')],
  [421, ['host_unknown'], isForPeople],
  [431, ['header_too_large'], () => true],
  [429, ['rate_limited'], ({ isLimited, who }) => isLimited === true || who === 'admin'],
  [429, ['session_flood'], of('guest')],
  [503, ['store_unavailable'], asksStore],
]

/** All the ways in which an operation may be refused. */
export function refusalsOf(operation: Operation, method: Method): Refusals {
  const all = new Map<number, readonly Code[]>()
  const add = (status: number, codes: readonly Code[]): void => {
    all.set(status, [...new Set([...(all.get(status) ?? []), ...codes])])
  }
  // Its own first: those are what it is about.
  for (const [status, answer] of Object.entries(operation.answers)) {
    if (answer?.codes !== undefined) add(Number(status), answer.codes)
  }
  for (const [status, codes, applies] of RULES) {
    if (applies(operation, method)) add(status, codes)
  }
  return all
}

/** The body an operation takes, as its route reads it. */
export function takenBy({ takes }: Operation): ReturnType<typeof bodyFactsOf> {
  return takes === undefined ? undefined : bodyFactsOf(takes)
}
