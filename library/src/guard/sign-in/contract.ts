import type { Incoming } from '../../request/incoming.js'
import type { Refusal } from '../session-guard.js'

/** The part of a request that is looked at. An `Incoming` is one. */
export type SignInIncoming = Pick<
  Incoming,
  'address' | 'cookieHeader' | 'isSecure' | 'userAgent' | 'target'
>

/** Somebody is about to prove who they are. */
export interface SignInClaim {
  /**
   * Whose password is about to be checked. Give the same text for every name that a person can sign in with, and on
   * every path: the account's id where there is such an account, else the name as it was typed.
   */
  readonly account: string
  /** For the event log: the subject, where it is known. */
  readonly subject?: string | undefined
  readonly incoming: SignInIncoming
}

/** What may happen next. */
export type SignInStart =
  | { readonly isAllowed: true; readonly attempt: SignInAttempt }
  | { readonly isAllowed: false; readonly refusal: Refusal }

/** An attempt that has been counted. Call exactly one of its verbs, once the outcome is known. */
export interface SignInAttempt {
  /** The password was right. */
  succeeded(subject: string): Promise<SignInSuccess>
  /**
   * The password was wrong, or there is no such person, or they may not sign in. Resolves when it is time to answer: the
   * third failure in a row and later ones wait. `password` is for spray detection; it is kept nowhere.
   */
  failed(facts?: { readonly reason?: string; readonly password?: string }): Promise<void>
  /** The password could not be checked: a database was away. The attempt counts on for this account from this network. */
  abandoned(): Promise<void>
}

/** What a good password earns: a cookie for the browser, and what its owner should hear. */
export interface SignInSuccess {
  /** A `Set-Cookie` line: this browser has signed in as this person. */
  readonly cookie: string
  /** What the person should hear of; it has been reported, and told through `notify`. */
  readonly suspicious: readonly Suspicion[]
}

/** Why a sign-in that went well is told to its person all the same. */
export type Suspicion =
  { readonly kind: 'after_failures'; readonly count: number } | { readonly kind: 'new_device' }

/** Protects the ways in. Made by `createSignInGuard`. */
export interface SignInGuard {
  /** Asks, and counts, **before** a password is checked. Never throws for a store that is away. */
  begin(claim: SignInClaim): Promise<SignInStart>
  /** The cookie for a browser on which a person has proved who they are in another way: they have just registered. */
  remember(claim: Pick<SignInClaim, 'account' | 'incoming'>): string
  /** Lifts every lock of an account, but for those of a whole network. @throws StoreUnavailable */
  unlock(account: string, by: { readonly by: 'admin' }): Promise<void>
  /**
   * How an account, a network, or the one from the other stands, without counting anything. Known devices have counts of
   * their own, which nobody can look for; so has each network that the account is tried from. @throws StoreUnavailable
   */
  look(who: SignInWho): Promise<readonly SignInCount[]>
  /** Forgets what is counted of all that is named; an account is unlocked. @throws StoreUnavailable */
  clear(who: SignInWho, by: { readonly by: 'admin' }): Promise<void>
  /** The limits it goes by. */
  readonly limits: SignInLimits
  /** A token for a message to the person: good once. Put it into a page with a button; mail scanners follow links. */
  createUnlockToken(account: string): string
  /** Unlocks by such a token. `false` where it is none of ours, too old, or was used before. @throws StoreUnavailable */
  unlockByToken(token: string): Promise<boolean>
  /** Reports that a password, or another way to prove who one is, was set, changed or removed, and tells the person. */
  credentialChanged(change: {
    readonly subject: string
    readonly kind: string
    readonly incoming: SignInIncoming
  }): void
}

/** Whose attempts are looked at: of an account, from an address, or of the one from the other. */
export interface SignInWho {
  /** As in {@link SignInClaim}. */
  readonly account?: string | undefined
  readonly address?: string | undefined
}

/** What has been counted of somebody. Times are milliseconds. */
export interface SignInCount {
  /** `account`: from anywhere; `account_day`: the same within a day; `account_network`: from this network; `network`: whatever the account. */
  readonly kind: 'account' | 'account_day' | 'account_network' | 'network'
  /** Failed attempts that still count. */
  readonly used: number
  readonly most: number
  /** No password is checked now. */
  readonly isLocked: boolean
  /** Until one more is checked; 0 while it is. */
  readonly freeAfter: number
  /** Until nothing is counted any more. */
  readonly resetAfter: number
}

/** How many attempts may fail. Times are milliseconds. */
export interface SignInLimits {
  readonly maxAttempts: number
  readonly lockout: number
  readonly accountAttempts: number
  readonly accountAttemptsPerDay: number
  readonly networkAttempts: number
}
