/**
 * doctor/ owns the examination of a deployment: its configuration, its live store, and what a stranger sees at its
 * address. `sojourn doctor` prints it, and start-up asks for the part about the store. It changes nothing, and no
 * finding ever holds a secret, a cookie's value or a token.
 */

/** How a check went. `skipped`: it could not be made, which is not the same as good. */
export type Verdict = 'pass' | 'warn' | 'fail' | 'skipped'

/** What is examined. */
export type Group = 'configuration' | 'store' | 'address'

/** A box of the list before going live (row S3-64 of the origin). */
export type Box =
  'secret' | 'redis' | 'cors' | 'limits' | 'cookies' | 'monitoring' | 'refresh' | 'sign-out'

/** One check, answered. */
export interface Finding {
  /** Stable: `config.secret.strength`, `store.eviction`, `address.cookie.secure`, … */
  readonly id: string
  readonly group: Group
  /** The requirements of OWASP ASVS 5.0 that it gives evidence for. */
  readonly asvs: readonly string[]
  readonly box?: Box
  /** What was asked. */
  readonly title: string
  readonly verdict: Verdict
  /** What was seen; for a skipped check, why it could not be made. */
  readonly seen: string
  /** How to mend it, in a sentence. */
  readonly fix?: string
}

/** What all findings of one check share. */
export type Check = Pick<Finding, 'id' | 'group' | 'asvs' | 'title' | 'box'>

/** The answers a check can get. */
export interface Answers {
  pass(seen: string): Finding
  warn(seen: string, fix: string): Finding
  fail(seen: string, fix: string): Finding
  skipped(reason: string): Finding
}

/** Answers for `check`. */
export function answer(check: Check): Answers {
  return {
    pass: (seen) => ({ ...check, verdict: 'pass', seen }),
    warn: (seen, fix) => ({ ...check, verdict: 'warn', seen, fix }),
    fail: (seen, fix) => ({ ...check, verdict: 'fail', seen, fix }),
    skipped: (seen) => ({ ...check, verdict: 'skipped', seen }),
  }
}
