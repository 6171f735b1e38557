import { createProofGate, type ProofGate } from '../credential/dpop/index.js'
import { createAccessTokenVerifier, type AccessTokenVerifier } from '../credential/jwt/index.js'
import { createRefreshTokens, type RefreshTokens } from '../credential/refresh-token.js'
import { deriveKey } from '../credential/session-token.js'
import { createDerivedKeyRing } from '../keys/derived.js'
import type { KeyRing } from '../keys/key-ring.js'
import type { KeyDocuments } from '../keys/shared-document.js'
import type { Clock } from '../system/clock.js'
import type { Settings } from './settings.js'
import { createStoreClock, type StoreClock } from './store-clock.js'
import type { TokenSettings } from './token-settings.js'

/** What it takes to issue and to recognise access and refresh tokens. */
export interface TokenKit {
  readonly settings: TokenSettings
  readonly ring: KeyRing
  readonly verifier: AccessTokenVerifier
  readonly refreshTokens: RefreshTokens
  readonly clock: StoreClock
  /** `undefined`: this application knows no DPoP. */
  readonly proofs: ProofGate | undefined
}

/** The kit as the settings want it; `undefined` where the option `tokens` is not set. */
export function createTokenKit(
  { tokens, secrets }: Settings,
  documents: KeyDocuments,
  clock: Clock,
): TokenKit | undefined {
  if (tokens === undefined) return undefined
  const { keys, dpop, clockTolerance } = tokens
  const ring =
    typeof keys === 'function' ? keys(documents) : (keys ?? createDerivedKeyRing(secrets))
  const storeClock = createStoreClock(clock)
  const derived = (): string[] =>
    secrets.map((secret) => deriveKey(secret, 'refresh secret').toString('base64url'))
  return {
    settings: tokens,
    ring,
    clock: storeClock,
    proofs: dpop && createProofGate({ origin: dpop.origin, clock: storeClock, clockTolerance }),
    refreshTokens: createRefreshTokens(tokens.refreshSecrets ?? derived(), tokens.refreshSeedBytes),
    verifier: createAccessTokenVerifier({
      keys: ring,
      algorithms: ring.algorithms,
      issuer: tokens.issuer,
      audience: tokens.audience,
      clock: storeClock,
      clockTolerance,
    }),
  }
}
