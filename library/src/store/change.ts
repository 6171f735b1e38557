import type { DataEntry, TraitName } from './record.js'
import type { NewFamily } from './rotation.js'
import type { Gone } from './store.js'

/**
 * One change to a live session. Everything in it happens, or nothing does. A key is named once: in
 * `set`, `delete` or `increment`.
 */
export interface Change {
  /** The session was used: the idle time starts anew. */
  readonly seen?: boolean
  /** JSON text to write, by key. */
  readonly set?: ReadonlyMap<string, string>
  readonly delete?: readonly string[]
  /** Whole numbers to add, by key; an absent key counts as 0. A value that is no whole number: `conflict`. */
  readonly increment?: ReadonlyMap<string, number>
  /** Keys with the revision they must still have (0: absent). Otherwise `conflict`, and nothing is written. */
  readonly expect?: ReadonlyMap<string, number>
  /** The revision the caller saw; keys set or deleted that were written since are counted as `conflicts`. */
  readonly baseRevision?: number
  /** Milliseconds of inactivity after which the session expires from now on, whatever it was. Wants `seen`. */
  readonly idleTimeout?: number
  /** Traits to write; `null` removes one. */
  readonly traits?: Readonly<Partial<Record<TraitName, string | null>>>
  readonly renewal?: Renewal
  /** The person proved who they are, and the secret stays: `authenticatedAt` becomes now. */
  readonly isAuthentication?: boolean
  /** Begins a family of refresh tokens; one that was there before is dead. */
  readonly family?: NewFamily
  /** An access token issued with this generation of the refresh token came in: where it is the present one, `isPresented` is set. */
  readonly presentedGeneration?: number
  /** Stop accepting the digest from before the last renewal. */
  readonly forgetPrevious?: boolean
}

/** A new secret for the same session. */
export interface Renewal {
  /** The digest that must be the current one; otherwise another renewal came first: `superseded`. */
  readonly from: string
  readonly to: string
  /** The digest that stays accepted as `previousDigest`. Default `from`; another one after a lost answer. */
  readonly keep?: string
  /** Milliseconds for which the old secret is still accepted, unless the new one is presented before. */
  readonly keepPreviousFor: number
  /** The person proved who they are: `authenticatedAt` becomes now. */
  readonly isAuthentication: boolean
}

export type ChangeResult =
  | {
      readonly status: 'changed'
      readonly revision: number
      readonly lastSeenAt: number
      readonly authenticatedAt: number | undefined
      /** How many keys somebody else had written since `baseRevision`. */
      readonly conflicts: number
      /** The values after `increment`. */
      readonly values: ReadonlyMap<string, number>
      readonly now: number
    }
  /** An `expect` did not hold, or an `increment` met a value that is no whole number. `entry` is what is there. */
  | { readonly status: 'conflict'; readonly key: string; readonly entry: DataEntry | undefined }
  /** `renewal.from` is no longer the current digest. Nothing was written. */
  | { readonly status: 'superseded' }
  | Gone
