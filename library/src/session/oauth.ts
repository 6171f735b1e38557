import type { AccessClaims } from '../credential/jwt/index.js'
import {
  familyDigest,
  REFRESH_PREFIX,
  type PresentedRefreshToken,
} from '../credential/refresh-token.js'
import { endedBecause, type SessionRecord } from '../store/record.js'
import { isEqualSecret } from '../system/digest.js'
import { signedClaims, verdictOf } from './bearer.js'
import { mayComeAlone } from './confirmation.js'
import { kitOf } from './issue.js'
import { judgeBearer } from './resolve.js'
import type { TokenKit } from './token-kit.js'
import type { Core } from './visit.js'

/** What introspection answers (RFC 7662 section 2.2); of a token that is not good, nothing but that. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true
      readonly token_type: 'Bearer' | 'DPoP' | 'refresh_token'
      readonly iss: string
      readonly sub: string
      readonly sid: string
      readonly exp: number
      readonly iat?: number
      readonly jti?: string
      readonly aud?: readonly string[]
      readonly client_id?: string
      readonly scope?: string
      readonly act?: { readonly sub: string }
      /** The key without which it is worth nothing (RFC 9449 section 6.2). */
      readonly cnf?: { readonly jkt: string }
    }

const INACTIVE: Introspection = { active: false }

/** Says of an access or refresh token whether it is good now, by the store. Exchanges nothing. */
export async function introspect(core: Core, token: string): Promise<Introspection> {
  const kit = kitOf(core)
  return token.startsWith(REFRESH_PREFIX)
    ? introspectRefresh(core, kit, token)
    : introspectAccess(core, token)
}

async function introspectAccess(core: Core, token: string): Promise<Introspection> {
  const verdict = await verdictOf(core, token)
  if (!verdict.ok) return INACTIVE
  const { claims } = verdict
  const isBound = claims.confirmation !== undefined
  if (!isBound && !mayComeAlone(core, undefined)) return INACTIVE
  const found = judgeBearer(
    await core.store.read(claims.sessionId),
    claims,
    kitOf(core).settings.clockTolerance,
  )
  return found.state === 'active' ? describe(claims) : INACTIVE
}

function describe(claims: AccessClaims): Introspection {
  return {
    active: true,
    token_type: claims.confirmation === undefined ? 'Bearer' : 'DPoP',
    iss: claims.issuer,
    sub: claims.subject,
    sid: claims.sessionId,
    aud: claims.audience,
    jti: claims.id,
    iat: claims.issuedAt,
    exp: claims.expiresAt,
    ...(claims.clientId === undefined ? {} : { client_id: claims.clientId }),
    ...(claims.scope.length === 0 ? {} : { scope: claims.scope.join(' ') }),
    ...(claims.actor === undefined ? {} : { act: { sub: claims.actor } }),
    ...(claims.confirmation === undefined ? {} : { cnf: { jkt: claims.confirmation } }),
  }
}

async function introspectRefresh(core: Core, kit: TokenKit, token: string): Promise<Introspection> {
  const presented = kit.refreshTokens.parse(token)
  if (presented === undefined) return INACTIVE
  const answer = await core.store.read(presented.sessionId)
  if (answer.status !== 'found') return INACTIVE
  const { record, subject, now } = answer
  const { family } = record
  if (family === undefined || endedBecause(record, subject, now) !== undefined) return INACTIVE
  const isPresent = isOfFamily(record, presented) && family.generation === presented.generation
  const { refreshIdle } = kit.settings
  const isIdle = refreshIdle !== undefined && now >= family.rotatedAt + refreshIdle
  if (!isPresent || isIdle || now >= family.expiresAt) return INACTIVE
  return describeRefresh(kit, record, family.expiresAt)
}

function describeRefresh(kit: TokenKit, record: SessionRecord, expiresAt: number): Introspection {
  const { traits } = record
  return {
    active: true,
    token_type: 'refresh_token',
    iss: kit.settings.issuer,
    sub: record.subject ?? '',
    sid: record.id,
    exp: Math.floor(Math.min(expiresAt, record.absoluteExpiresAt) / 1000),
    ...(traits.client === undefined ? {} : { client_id: traits.client }),
    ...(traits.scope === undefined ? {} : { scope: traits.scope }),
  }
}

/**
 * Ends the session that a token belongs to, and with it every credential of it (RFC 7009 section 2.1): with a
 * refresh token of any generation in hand, or an access token whose time may be over. `false`: nothing ended.
 */
export async function revokeToken(core: Core, token: string): Promise<boolean> {
  const kit = kitOf(core)
  const sessionId = await sessionOf(core, kit, token)
  if (sessionId === undefined) return false
  const reason = 'logged_out'
  const result = await core.store.end(sessionId, reason)
  if (result.status !== 'ended') return false
  const { subject } = result.record
  core.events.emit('session.ended', { id: sessionId, subject, reason })
  return true
}

async function sessionOf(core: Core, kit: TokenKit, token: string): Promise<string | undefined> {
  if (!token.startsWith(REFRESH_PREFIX)) return (await signedClaims(kit, token))?.sessionId
  const presented = kit.refreshTokens.parse(token)
  if (presented === undefined) return undefined
  const answer = await core.store.read(presented.sessionId)
  const isIts = answer.status === 'found' && isOfFamily(answer.record, presented)
  return isIts ? presented.sessionId : undefined
}

/** Whoever asks here exchanges nothing, so a bound token comes without a proof: the record says for which key it is. */
function isOfFamily({ family, traits }: SessionRecord, { seed }: PresentedRefreshToken): boolean {
  return isEqualSecret(family?.seedDigest ?? '', familyDigest(seed, traits.confirmation))
}
