import { InvalidInput, InvalidOption, SojournError } from '../errors.js'
import { issueAccessToken, selectClaims } from '../credential/jwt/index.js'
import type { SessionRecord, SubjectRecord } from '../store/record.js'
import type { Change } from '../store/store.js'
import { randomBelow, randomToken } from '../system/random.js'
import { toMilliseconds, type Duration } from '../system/duration.js'
import { confirmationFor, type Binding } from './confirmation.js'
import { load } from './load.js'
import { versionOf } from './resolve.js'
import type { TokenKit } from './token-kit.js'
import { attributesOf } from './values.js'
import { active, type Core, type Visit } from './visit.js'

/** What is issued, in the words of RFC 6749 section 5.1. */
export interface TokenSet {
  readonly accessToken: string
  readonly refreshToken: string
  /** `DPoP`: they are worth nothing without proofs of the client's key (RFC 9449 section 5). */
  readonly tokenType: 'Bearer' | 'DPoP'
  /** Seconds for which the access token is good. */
  readonly expiresIn: number
  /** The session they present; public. */
  readonly sessionId: string
}

/** What the tokens of a session may do, and for whom they are. Kept with the session: refreshing never widens it. */
export interface IssueOptions extends Binding {
  /** Whom they are for; each one of the option `tokens.audience` or `tokens.otherAudiences`. Default: all of `tokens.audience`. */
  readonly audience?: readonly string[]
  /** What they allow (RFC 6749 section 3.3). Default nothing stated. */
  readonly scope?: readonly string[]
  /** The client they are issued to; only it can refresh them. Default none named. */
  readonly clientId?: string
  /** How long this access token lives, where that is less than the option `tokens.accessLifetime`. */
  readonly accessLifetime?: Duration
}

/** The session a token is issued for, as it is now. */
export interface Stay {
  readonly record: SessionRecord
  readonly subject: SubjectRecord
  readonly now: number
}

/** 96 random bits: two tokens never share a name. */
const ID_BYTES = 12
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/

/** Begins a family for the visit's session and issues its first pair. Throws where nobody is signed in. */
export async function issueTokens(visit: Visit, options: IssueOptions): Promise<TokenSet> {
  const { core } = visit
  const kit = kitOf(core)
  const traits = toTraits(kit, options)
  await load(visit)
  const found = active(visit)
  if (found?.record.subject === undefined) {
    throw new SojournError('session_ended', 'There is no signed-in session to issue tokens for.')
  }
  if (found.record.traits.awaits !== undefined) {
    throw new SojournError('reauthentication_required', 'The person has to prove more first.')
  }
  const confirmation = await confirmationFor(visit, options)
  const { token, seedDigest } = kit.refreshTokens.mint(found.record.id, confirmation)
  const family = { seedDigest, lifetime: kit.settings.refreshLifetime }
  const result = await core.store.change(found.record.id, {
    family,
    traits: { ...traits, confirmation: confirmation ?? null },
  })
  if (result.status !== 'changed') {
    throw new SojournError('session_ended', 'The session has ended; no tokens were issued.')
  }
  // A session just created knows nothing of its subject's record yet; and the next request finds it in the near cache.
  const stay = await core.store.read(found.record.id)
  if (stay.status !== 'found') throw new SojournError('session_ended', 'The session has ended.')
  kit.clock.heard(stay.now)
  visit.resolution = { ...found, record: stay.record, subject: stay.subject, now: stay.now }
  const access = await issueAccess(kit, stay, 1, options.accessLifetime)
  if (access === undefined) throw new SojournError('session_ended', 'There are no claims for it.')
  return toTokenSet(stay.record, access, token)
}

/** The kit, or a fault that says how to get one. */
export function kitOf({ kit }: Core): TokenKit {
  if (kit !== undefined) return kit
  throw new InvalidOption('Tokens need the option tokens: { issuer, audience } of createSojourn.')
}

/** An access token just made. */
export interface IssuedAccess {
  readonly token: string
  readonly expiresIn: number
}

/**
 * Issues an access token. It never outlives its session, and is shortened at random so that clients do not all come
 * back at once. `undefined`: the claims provider says that there is no such person any more.
 */
export async function issueAccess(
  kit: TokenKit,
  stay: Stay,
  generation: number,
  wanted?: Duration,
): Promise<IssuedAccess | undefined> {
  const { record, subject, now } = stay
  const { settings, ring } = kit
  const extra = await claimsFor(kit, stay)
  if (extra === undefined) return undefined
  await ring.ensureFresh()
  const issuedAt = Math.floor(now / 1000)
  const expiresAt = Math.floor((now + lifetimeOf(kit, stay, wanted)) / 1000)
  const { traits } = record
  const token = await issueAccessToken(
    {
      issuer: settings.issuer,
      audience: traits.audience?.split(' ') ?? settings.audience,
      subject: record.subject ?? '',
      sessionId: record.id,
      id: `${randomToken(ID_BYTES)}.${generation.toString(36)}`,
      issuedAt,
      expiresAt,
      version: versionOf(subject),
      clientId: traits.client,
      scope: traits.scope?.split(' ') ?? [],
      authenticatedAt: traits.actor === undefined ? toSeconds(record.authenticatedAt) : undefined,
      methods: traits.methods?.split(',') ?? [],
      acr: traits.level,
      actor: traits.actor,
      confirmation: traits.confirmation,
      extra,
    },
    ring.signing(),
  )
  return { token, expiresIn: expiresAt - issuedAt }
}

/** The generation of the refresh token that an access token was issued with; 0 where its id does not say. */
export function generationOf(tokenId: string): number {
  const generation = Number.parseInt(tokenId.slice(tokenId.indexOf('.') + 1), 36)
  return Number.isSafeInteger(generation) ? generation : 0
}

/** The answer to whoever asked for tokens. */
export function toTokenSet(
  { id: sessionId, traits }: SessionRecord,
  access: IssuedAccess,
  refreshToken: string,
): TokenSet {
  const { token: accessToken, expiresIn } = access
  const tokenType = traits.confirmation === undefined ? 'Bearer' : 'DPoP'
  return { accessToken, refreshToken, tokenType, expiresIn, sessionId }
}

function lifetimeOf(kit: TokenKit, { record, now }: Stay, wanted: Duration | undefined): number {
  const { accessLifetime, jitter } = kit.settings
  const asked = wanted === undefined ? undefined : toMilliseconds(wanted)
  if (wanted !== undefined && (asked === undefined || asked < 1_000)) {
    throw new InvalidInput(
      'accessLifetime',
      'accessLifetime must be a duration of 1 second or more.',
    )
  }
  const most = Math.min(asked ?? accessLifetime, accessLifetime)
  const shortened = most - Math.floor((randomBelow(1_024) / 1_024) * jitter * most)
  return Math.max(1_000, Math.min(shortened, record.absoluteExpiresAt - now))
}

async function claimsFor(
  { settings }: TokenKit,
  { record, subject }: Stay,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { claims, allowedClaims, maxClaimBytes } = settings
  if (claims === undefined) return {}
  const answer = await claims({
    subject: record.subject ?? '',
    sessionId: record.id,
    clientId: record.traits.client,
    scope: record.traits.scope?.split(' ') ?? [],
    attributes: attributesOf(subject),
  })
  return answer === undefined ? undefined : selectClaims(answer, allowedClaims, maxClaimBytes)
}

function toTraits(kit: TokenKit, options: IssueOptions): NonNullable<Change['traits']> {
  const { audience, scope = [], clientId } = options
  const { settings } = kit
  const known = [...settings.audience, ...settings.otherAudiences]
  if (audience?.some((one) => !known.includes(one)) === true || audience?.length === 0) {
    throw new InvalidInput('audience', 'audience must name some of the configured audiences.')
  }
  if (!scope.every((one) => SCOPE.test(one))) {
    throw new InvalidInput('scope', 'scope must be words of visible ASCII (RFC 6749 section 3.3).')
  }
  return {
    audience: audience === undefined ? null : audience.join(' '),
    scope: scope.length === 0 ? null : scope.join(' '),
    client: clientId ?? null,
  }
}

function toSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.floor(milliseconds / 1000)
}
