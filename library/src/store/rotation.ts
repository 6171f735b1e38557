import type { SessionRecord, SubjectRecord } from './record.js'
import type { Gone } from './store.js'

/** The beginning of a family of refresh tokens. */
export interface NewFamily {
  readonly seedDigest: string
  /** Milliseconds after which no token of it is exchanged any more. */
  readonly lifetime: number
}

/** A refresh token that was presented. Its form and its MAC are good: somebody who knew the key made it. Durations are milliseconds. */
export interface Rotation {
  readonly seedDigest: string
  readonly generation: number
  /** The client it was presented by; has to equal the trait `client`. */
  readonly client: string | undefined
  /** For how long after an exchange the direct parent gets the same successor once more. 0: never. */
  readonly grace: number
  /** For how long after an exchange the direct parent gets a fresh successor while the first one was never presented. 0: never. */
  readonly forgiveFor: number
  /** Time since the last exchange after which the token is dead. `undefined`: only the family's limit holds. */
  readonly idleTimeout: number | undefined
  /** The exchange counts as activity: the idle time starts anew. */
  readonly isSeen: boolean
}

/**
 * What became of a refresh token. With `g` for what is presented, and `n`, `p` for the generation and the
 * parent that are kept, in this order:
 *
 * | case                                                          | status      | kept afterwards             |
 * |---------------------------------------------------------------|-------------|-----------------------------|
 * | no live session                                               | `gone`      | as it was                   |
 * | no family, or another seed; another client; too old           | `refused`   | as it was                   |
 * | g = n                                                         | `rotated`   | n+1, parent n               |
 * | g = n+1: the write before was lost in a failover              | `healed`    | g+1, parent g               |
 * | g > n+1                                                       | `refused`   | as it was                   |
 * | g = p, at most `grace` after the exchange                     | `replayed`  | as it was; successor is n   |
 * | g = p, at most `forgiveFor` after it, n was never presented   | `forgiven`  | n+1, parent p, n is dead    |
 * | anything else                                                 | `reused`    | ended, as `refresh_reuse`   |
 *
 * "After" counts in both directions: the store's clock may have been set back since. `rotatedAt` becomes now and `isPresented` false with every new generation.
 */
export type RotateResult =
  | {
      readonly status: 'rotated' | 'healed' | 'replayed' | 'forgiven'
      /** The number of the successor. */
      readonly generation: number
      /** The session as it is now, with its data. */
      readonly record: SessionRecord
      readonly subject: SubjectRecord
      readonly now: number
    }
  | {
      readonly status: 'refused'
      /** `unknown`: no such family; `client`: somebody else's; `expired`; `ahead`: nobody was told of it yet. */
      readonly reason: 'unknown' | 'client' | 'expired' | 'ahead'
    }
  /** This very call ended the session. `record` is as it was, without its data. */
  | { readonly status: 'reused'; readonly record: SessionRecord }
  | Gone
