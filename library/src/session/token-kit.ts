import type { AccessTokenVerifier } from '../credential/jwt/index.js'
import type { RefreshTokens } from '../credential/refresh-token.js'
import type { KeyRing } from '../keys/key-ring.js'
import type { StoreClock } from './store-clock.js'
import type { TokenSettings } from './token-settings.js'

/** What it takes to issue and to recognise access and refresh tokens. */
export interface TokenKit {
  readonly settings: TokenSettings
  readonly ring: KeyRing
  readonly verifier: AccessTokenVerifier
  readonly refreshTokens: RefreshTokens
  readonly clock: StoreClock
}
