/**
 * The front door of `sojourn`: re-exports only.
 *
 * @module
 */
export { createSojourn, type Sojourn } from './sojourn.js'
export type { Tokens } from './session/tokens.js'
export type { Answer, Exchange } from './exchange.js'
export { DEFAULTS } from './options.js'
export type {
  AnonymousOptions,
  CacheOptions,
  ClaimsAnswer,
  CookieOptions,
  DpopOptions,
  PrivacyMode,
  PrivacyOptions,
  RefreshOptions,
  ResilienceOptions,
  SojournOptions,
  TokenHolder,
  TokenOptions,
  ValueSchema,
} from './options.js'
export {
  ERROR_STATUS,
  InvalidInput,
  InvalidOption,
  SojournError,
  StoreUnavailable,
} from './errors.js'
export type { ErrorCode } from './errors.js'
export { SessionDataError, SessionTooLarge } from './session/data.js'
export { SessionEnded } from './session/commit.js'
export { SessionRefused, type SignInOptions } from './session/start.js'
export type { ElevateOptions } from './session/renew.js'
export type { Session } from './session/session.js'
export type { IssueOptions, TokenSet } from './session/issue.js'
export type { ImpersonateOptions } from './session/impersonate.js'
export type { LoadOptions } from './session/load.js'
export type { Introspection } from './session/oauth.js'
export type { RefreshRefused, RefreshRequest, RefreshResult } from './session/refresh.js'
export type { SessionFacts } from './session/facts.js'
export type { CredentialCheck, CredentialReport } from './session/inspect.js'
export type { FoundSession, SessionDetails } from './session/survey.js'
export type { Resolution } from './session/resolve.js'
export {
  POLICIES,
  policyNumber,
  type Policy,
  type PolicyName,
  type PolicyRule,
  type PolicyRuleName,
} from './session/policies.js'
export type {
  OfOption,
  Register,
  RevokeAllOptions,
  RevokeOptions,
  SessionPage,
} from './session/register.js'
export type { EverybodyRevoked } from './session/revoke-everybody.js'
export type { EventName, Listener, ReportedEventName, SojournEvents } from './session/events.js'
export { createAuthCheck, type AuthRules } from './guard/auth-guard.js'
export { refuseCredentialInUrl } from './guard/credential-in-url.js'
export type { AccessClaims } from './credential/jwt/index.js'
export type { ProofProblem, ProofVerdict } from './credential/dpop/index.js'
export { refuseUnlessRecent, refuseUnlessSignedIn, type Refusal } from './guard/session-guard.js'
export { refuseCrossOrigin, type CrossOriginOptions } from './guard/cross-origin.js'
export {
  createCsrfGuard,
  type CsrfExemption,
  type CsrfGuard,
  type CsrfHolder,
  type CsrfOptions,
  type CsrfRequest,
  type CsrfSession,
  type IssuedCsrfToken,
} from './guard/csrf/index.js'
export { createSignInGuard } from './guard/sign-in/sign-in-guard.js'
export type {
  SignInAttempt,
  SignInClaim,
  SignInCount,
  SignInGuard,
  SignInIncoming,
  SignInLimits,
  SignInStart,
  SignInSuccess,
  SignInWho,
  Suspicion,
} from './guard/sign-in/contract.js'
export {
  SIGN_IN_DEFAULTS,
  type DeviceCookieOptions,
  type SignInDelay,
  type SignInGuardOptions,
  type SignInNotice,
} from './guard/sign-in/rules.js'
export {
  createRateLimiter,
  type Allowance,
  type LimitBy,
  type LimitDecision,
  type LimitedParty,
  type LimitedSession,
  type LimitFields,
  type LimitKey,
  type LimitPolicy,
  type RateLimiter,
  type RateLimiterOptions,
  type RateLimitResult,
} from './guard/rate-limit/index.js'
export { createHttpsGuard, type HttpsOptions, type SecureAddress } from './guard/https.js'
export { createCors, type CorsAnswer, type CorsOptions } from './guard/cors.js'
export { refuseEmbedding } from './guard/embedding.js'
export {
  createSecurityHeaders,
  type HstsOptions,
  type ReferrerPolicy,
  type SecurityHeaders,
  type SecurityHeadersOptions,
} from './response/security-headers.js'
export type { ContentPolicy } from './response/content-policy.js'
export type { HeaderLine } from './response/outgoing.js'
export type { Incoming, PassiveFacts } from './request/incoming.js'
export { isPublicSuffix, siteOf } from './request/site.js'
export type { Outgoing } from './response/outgoing.js'
export type { ChangeFeed, ChangeWatcher, Endings } from './store/change-feed.js'
export type { NearCacheStats } from './store/near-cache.js'
export type { JournalStats } from './store/journal.js'
export { createMemoryStore } from './store/memory.js'
export { END_REASONS, endActor, type EndActor, type EndReason } from './store/end-reason.js'
export type { SessionId, SessionRecord } from './store/record.js'
export type { Attempt, AttemptRule, Counters, Rate, Spent } from './store/counters.js'
export type { GuardContext } from './guard/context.js'
export {
  createAnomalyGuard,
  type AnomalyContext,
  type AnomalyGuard,
  type AnomalyNotice,
  type AnomalyOptions,
  type AnomalyReport,
  type Answer as AnomalyAnswer,
  type Binding as SessionBinding,
  type SignalName,
  type SignIn,
} from './guard/anomaly/index.js'
export { createProofCheck, type ProofRules } from './guard/single-use.js'
export type { Store, SessionLimit, StoreHealth, StoreOptions } from './store/store.js'
export type {
  GiveResult,
  Resting,
  RestingDocument,
  RestingEnding,
  RestingSession,
  RestingSubject,
  TakeResult,
  Transfer,
} from './store/transfer.js'
export type { WalkStep } from './store/walk.js'
export type { Duration } from './system/duration.js'
export { systemClock, type Clock } from './system/clock.js'
