import type { AccessClaims, TokenVerdict } from '../credential/jwt/index.js'
import type { TokenKit } from './token-kit.js'
import type { Core } from './visit.js'

/** The verdict on an access token, where this process knows it without waiting. */
export function verdictNow({ kit }: Core, token: string): TokenVerdict | undefined {
  if (kit?.ring.isFresh() !== true || !kit.clock.isKnown) return undefined
  const verdict = kit.verifier.verify(token)
  return verdict instanceof Promise ? undefined : verdict
}

/** The verdict on an access token. Throws `StoreUnavailable` where the keys are kept in a store that is away. */
export async function verdictOf(core: Core, token: string): Promise<TokenVerdict> {
  const { kit } = core
  if (kit === undefined) return { ok: false, code: 'token_malformed' }
  await kit.ring.ensureFresh()
  const verdict = await kit.verifier.verify(token)
  if (verdict.ok || kit.clock.isKnown || !isByTime(verdict)) return verdict
  await hearTime(core, verdict.claims.sessionId)
  return kit.verifier.verify(token)
}

/** Nobody may have told the time yet, and this host's clock may be the one that is wrong: then the store is asked, once. */
export async function hearTime({ kit, store }: Core, sessionId: string): Promise<void> {
  if (kit?.clock.isKnown === false) kit.clock.heard((await store.read(sessionId)).now)
}

/** The claims of a token that was signed by us, even where its time is over: for those who want to end its session. */
export async function signedClaims(
  kit: TokenKit,
  token: string,
): Promise<AccessClaims | undefined> {
  await kit.ring.ensureFresh()
  const verdict = await kit.verifier.verify(token)
  if (verdict.ok) return verdict.claims
  return isByTime(verdict) ? verdict.claims : undefined
}

type ByTime = TokenVerdict & { readonly ok: false; readonly claims: AccessClaims }

function isByTime(verdict: TokenVerdict): verdict is ByTime {
  return !verdict.ok && 'claims' in verdict && verdict.claims !== undefined
}
