import type { ReadClaims } from './read-claims.js'
import type { TokenVerdict } from './token-problem.js'

/** A token whose signature, form and parties were right. Its time is judged on every use. */
export interface Verified {
  readonly read: ReadClaims
  readonly verdict: TokenVerdict
}

/** Verified tokens by their whole text: no two tokens can ever share an entry (CVE-2026-35039). */
export interface VerifiedCache {
  find(token: string, revision: number): Verified | undefined
  /** Keeps what was verified with the keys of `revision`. */
  keep(token: string, revision: number, verified: Verified): void
  forget(token: string): void
}

/** Longer tokens are verified each time, so that the number of entries bounds the memory too. */
const MAX_LENGTH = 2048

/**
 * Two generations of `maxEntries / 2`: what is used moves to the young one; when that is full the old one is dropped and
 * they change places. As good as least-recently-used for tokens, and a hit costs one look-up.
 */
export function createVerifiedCache(maxEntries: number): VerifiedCache {
  const half = Math.ceil(maxEntries / 2)
  let young = new Map<string, Verified>()
  let old = new Map<string, Verified>()
  let current: number | undefined

  const move = (token: string, verified: Verified): void => {
    if (young.size >= half) {
      old = young
      young = new Map()
    }
    young.set(token, verified)
  }
  const follow = (revision: number): void => {
    if (revision === current) return
    young.clear()
    old.clear()
    current = revision
  }
  return {
    find(token, revision) {
      follow(revision)
      const found = young.get(token)
      if (found !== undefined) return found
      const older = old.get(token)
      if (older === undefined) return undefined
      old.delete(token)
      move(token, older)
      return older
    },
    keep(token, revision, verified) {
      // A key may have been retired while the signature was being checked with it.
      if (revision !== current || half === 0 || token.length > MAX_LENGTH) return
      move(token, verified)
    },
    forget(token) {
      young.delete(token)
      old.delete(token)
    },
  }
}
