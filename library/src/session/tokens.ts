import type { ProofVerdict } from '../credential/dpop/index.js'
import type { KeyRing } from '../keys/key-ring.js'
import { factsOf, type Incoming } from '../request/incoming.js'
import { NOTHING_OUT, type Outgoing } from '../response/outgoing.js'
import type { TokenCookies, TokensToSend } from '../response/token-cookies.js'
import type { Endings } from '../store/change-feed.js'
import { kitOf } from './issue.js'
import { introspect, revokeToken, type Introspection } from './oauth.js'
import { refresh, type RefreshRequest, type RefreshResult } from './refresh.js'
import type { Core } from './visit.js'

/** What can be done with tokens from outside the requests of their holders. */
export interface Tokens {
  /** Whether the option `tokens` is set. */
  readonly isOn: boolean
  /** Exchanges a refresh token for a new pair. */
  refresh(token: string, request?: RefreshRequest): Promise<RefreshResult>
  /** Judges the DPoP proof of a request, for `refresh`, once; `undefined`: it has none, or the option `tokens.dpop` is not set. */
  proofOf(incoming: Incoming): (() => Promise<ProofVerdict>) | undefined
  /** Whether a request is no activity of the person, for `refresh`: the option `isPassive` says so. */
  isPassive(incoming: Incoming): boolean
  /** Says whether a token is good now (RFC 7662). */
  introspect(token: string): Promise<Introspection>
  /** Ends the session that a token belongs to (RFC 7009), even where the token's time is over. `false`: nothing ended. */
  revoke(token: string): Promise<boolean>
  /** The public keys (RFC 7517 section 5). */
  jwks(): Promise<ReturnType<KeyRing['jwks']>>
  /** What ended since an instant by the store's clock, for verifiers without a store; `undefined` where the store cannot tell. */
  endings(since: number): Promise<Endings | undefined>
  /** The refresh token in this request's cookie. */
  refreshCookie(incoming: Incoming): string | undefined
  /** The pair as cookies, for pages that must not see tokens. */
  cookies(tokens: TokensToSend, incoming: Incoming): Outgoing
  readonly issuer: string
}

/** @param cookies - how tokens travel in cookies; `undefined`: they do not. */
export function createTokens(core: Core, cookies: TokenCookies | undefined): Tokens {
  const { kit, store } = core
  return {
    isOn: kit !== undefined,
    issuer: kit?.settings.issuer ?? '',
    refresh: async (token, request) => refresh(core, token, request),
    proofOf(incoming) {
      const gate = kit?.proofs
      return gate?.isSent(incoming) === true ? async () => gate.admit(incoming) : undefined
    },
    isPassive: (incoming) => core.settings.isPassive(factsOf(incoming)),
    introspect: async (token) => introspect(core, token),
    revoke: async (token) => revokeToken(core, token),
    async jwks() {
      const { ring } = kitOf(core)
      await ring.ensureFresh()
      return ring.jwks()
    },
    endings: async (since) => store.changes?.endings(since),
    refreshCookie: (incoming) => cookies?.readRefresh(incoming),
    cookies: (tokens, incoming) => cookies?.render(tokens, incoming) ?? NOTHING_OUT,
  }
}
