import type { Attempt, Counters } from '../../store/counters.js'
import type { SignInCount } from './contract.js'
import {
  accountWide,
  allowancesIn,
  isVoid,
  spendAll,
  waitOf,
  type Parts,
  type Shared,
  type Who,
} from './allowances.js'
import type { Limits } from './rules.js'
import { clear, look, unlock } from './standing.js'

/** Makes the key of a counter: a keyed digest, so that nobody can read in a store who came. */
export type Namer = (kind: string, ...parts: readonly string[]) => string

/** Who tries, from where. */
export interface Claim {
  /** In its one spelling. */
  readonly account: string
  /** Empty where the connection has no address. */
  readonly network: string
  /** The device this account has been used on before, where the client has proved that. */
  readonly device: string | undefined
}

/** What ran out. */
export type LockScope = 'account' | 'account_network' | 'device' | 'network'

/** No password may be checked now. */
export interface Refused {
  readonly isAllowed: false
  readonly scope: LockScope
  /** Milliseconds. */
  readonly retryAfter: number
}

/** One attempt that has been counted before its outcome is known. */
export interface Counted {
  readonly isAllowed: true
  readonly claim: Claim
  readonly own: Own
  /** Attempts so far under whatever counts most of them, this one included. */
  readonly count: number
  readonly shared: readonly Shared[]
}

/** A lock that has begun. */
export interface Lock {
  readonly scope: LockScope
  /** Milliseconds. */
  readonly lockedFor: number
}

interface Own extends Lock {
  readonly key: string
  readonly hasLocked: boolean
}

/** Counts attempts. Every verb throws `StoreUnavailable` where the counters are away. */
export interface Tally {
  readonly counters: Counters
  begin(claim: Claim): Promise<Counted | Refused>
  /** Forgets what belongs to this person, and answers how many attempts had failed before. */
  succeeded(counted: Counted): Promise<number>
  /** Answers the locks that began with it. */
  failed(counted: Counted): Promise<readonly Lock[]>
  /** No password was checked: others must not pay for it. */
  abandoned(counted: Counted): Promise<void>
  unlock(account: string): Promise<void>
  /** How things stand. Counts nothing. */
  look(who: Who): Promise<readonly SignInCount[]>
  /** Forgets what is counted of all that is named. */
  clear(who: Who): Promise<void>
}

/** A lock that an unlocking has voided is lifted by one request alone; the others look again. */
const ONE_LIFTS = { max: 1, lockFor: 1_000, forgetAfter: 1_000 }

/**
 * Counts each attempt where it may hurt. A known device has a budget of its own, and no other counter can keep its
 * owner out. Everybody else passes three: the account from this network (locks), the account from anywhere, and the
 * network whatever the account (allowances that refill, so that a success gives back its own attempt and no other's).
 */
export function createTally(counters: Counters, limits: Limits, name: Namer): Tally {
  const parts: Parts = { counters, limits, name }
  return {
    counters,
    begin: (claim) => (claim.device === undefined ? begin(parts, claim) : beginKnown(parts, claim)),
    succeeded: (counted) => succeeded(parts, counted),
    failed: (counted) => failed(parts, counted),
    async abandoned({ shared }) {
      await spendAll(parts, shared, -1)
    },
    unlock: (account) => unlock(parts, account),
    look: (who) => look(parts, who),
    clear: (who) => clear(parts, who),
  }
}

/** On a device that the account was used on before. */
async function beginKnown(parts: Parts, claim: Claim): Promise<Counted | Refused> {
  const { device = '', account } = claim
  const own = await countOwn(parts, 'device', parts.name('device', device, account), account)
  return own.isAllowed ? { ...own, claim, shared: [] } : own
}

async function begin(parts: Parts, claim: Claim): Promise<Counted | Refused> {
  const { account, network } = claim
  const list = allowancesIn(parts, claim)
  // Looked at first, so that who is refused here is not counted anywhere.
  const spentUp = (await spendAll(parts, list, 0)).find(({ spent }) => spent.remaining < 1)
  if (spentUp !== undefined) return refusedBy(spentUp)
  const key = parts.name('pair', network, account)
  const own = await countOwn(parts, 'account_network', key, account)
  if (!own.isAllowed) return own
  const shared = await spendAll(parts, list, 1)
  const late = shared.find(({ spent }) => !spent.isAllowed)
  if (late === undefined) {
    return { ...own, claim, shared, count: Math.max(own.count, usedOf(shared)) }
  }
  // Others came in between. What was taken is given back: no password is checked for it.
  const taken = shared.filter(({ spent }) => spent.isAllowed)
  await spendAll(parts, taken, -1)
  return refusedBy(late)
}

async function succeeded(parts: Parts, { claim, own, shared }: Counted): Promise<number> {
  const isKnown = claim.device !== undefined
  const [before, after] = await Promise.all([
    parts.counters.forget(own.key),
    isKnown ? spendAll(parts, accountWide(parts, claim.account), 0) : spendAll(parts, shared, -1),
  ])
  return Math.max(before - 1, usedOf(after), 0)
}

async function failed(
  { counters, name }: Parts,
  { own, shared }: Counted,
): Promise<readonly Lock[]> {
  const locks: Lock[] = own.hasLocked ? [own] : []
  for (const one of shared) {
    if (one.spent.remaining >= 1) continue
    // It fills and runs out again for as long as an attack lasts: told once.
    const { window } = one.rate
    const rule = { max: 1, lockFor: window, forgetAfter: window }
    const { isAllowed } = await counters.attempt(name('told', one.key), rule)
    if (isAllowed) locks.push({ scope: one.scope, lockedFor: waitOf(one) })
  }
  return locks
}

async function countOwn(
  parts: Parts,
  scope: 'account_network' | 'device',
  key: string,
  account: string,
): Promise<Refused | Pick<Counted, 'isAllowed' | 'own' | 'count'>> {
  const { isAllowed, retryAfter, hasLocked, count } = await attemptOwn(parts, key, account)
  if (!isAllowed) return { isAllowed, scope, retryAfter }
  const { lockFor } = parts.limits.own
  return { isAllowed, count, own: { scope, key, hasLocked, lockedFor: lockFor } }
}

/** An attempt; a lock from before the account was unlocked does not stop it. */
async function attemptOwn(parts: Parts, key: string, account: string): Promise<Attempt> {
  const { counters, limits, name } = parts
  const attempt = await counters.attempt(key, limits.own)
  if (attempt.isAllowed) return attempt
  if (!(await isVoid(parts, account, attempt.retryAfter))) return attempt
  const { isAllowed: mayLift } = await counters.attempt(name('lift', key), ONE_LIFTS)
  if (mayLift) await counters.forget(key)
  return counters.attempt(key, limits.own)
}

function refusedBy(shared: Shared): Refused {
  return { isAllowed: false, scope: shared.scope, retryAfter: waitOf(shared) }
}

/** How many attempts the account has had from anywhere. */
function usedOf(shared: readonly Shared[]): number {
  const account = shared.find(({ scope }) => scope === 'account')
  return account === undefined ? 0 : account.rate.quota - account.spent.remaining
}
