import type { RefreshFamily } from '../record.js'
import type { NewFamily } from '../store.js'

/** The family with which refresh tokens begin: its first token is good, and nobody has shown it yet. */
export function beginFamily({ seedDigest, lifetime }: NewFamily, now: number): RefreshFamily {
  return {
    seedDigest,
    generation: 1,
    parent: undefined,
    rotatedAt: now,
    isPresented: false,
    expiresAt: now + lifetime,
  }
}

/** The family once an access token of `generation` came in: only that of the present token says anything. */
export function presented(
  family: RefreshFamily | undefined,
  generation: number | undefined,
): RefreshFamily | undefined {
  const isNews = family?.generation === generation && family?.isPresented === false
  return isNews ? { ...family, isPresented: true } : family
}
