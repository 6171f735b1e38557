import type { Counters, Rate, Spent } from '../../store/counters.js'
import type { SignInCount } from './contract.js'
import type { Limits } from './rules.js'
import type { Claim, Namer } from './tally.js'

/** What counting needs. */
export interface Parts {
  readonly counters: Counters
  readonly limits: Limits
  readonly name: Namer
}

/** Whose counts are looked at: of an account, a network, or the one from the other. */
export type Who = Partial<Pick<Claim, 'account' | 'network'>>

/** Attempts of many that are counted together, and come back one by one. */
export interface Allowance {
  readonly scope: 'account' | 'network'
  readonly kind: Exclude<SignInCount['kind'], 'account_network'>
  readonly key: string
  readonly rate: Rate
}

/** How an allowance stands. */
export interface Shared extends Allowance {
  readonly spent: Spent
}

export function accountWide({ limits, name }: Parts, account: string): readonly Allowance[] {
  return [
    { scope: 'account', kind: 'account', key: name('account', account), rate: limits.account },
    {
      scope: 'account',
      kind: 'account_day',
      key: name('day', account),
      rate: limits.accountPerDay,
    },
  ]
}

function networkWide({ limits, name }: Parts, network: string): Allowance {
  const key = name('network', network)
  return { scope: 'network', kind: 'network', key, rate: limits.network }
}

export function allowancesIn(parts: Parts, { account, network }: Who): readonly Allowance[] {
  return [
    // Where connections have no address, "the network" would be everybody.
    ...(network === undefined || network === '' ? [] : [networkWide(parts, network)]),
    ...(account === undefined ? [] : accountWide(parts, account)),
  ]
}

export function spendAll(
  { counters }: Parts,
  list: readonly Allowance[],
  cost: number,
): Promise<readonly Shared[]> {
  return Promise.all(
    list.map(async (one) => ({ ...one, spent: await counters.spend(one.key, one.rate, cost) })),
  )
}

/** Milliseconds until one more is allowed. */
export function waitOf({ rate: { quota, window }, spent: { resetAfter } }: Shared): number {
  return Math.max(Math.ceil(resetAfter + window / quota - window), 1)
}

/** An allowance that runs down as a lock does, from the instant on at which an account was unlocked. */
export function stampOf({ limits, name }: Parts, account: string): Pick<Allowance, 'key' | 'rate'> {
  return { key: name('unlocked', account), rate: { quota: 1, window: limits.own.lockFor } }
}

/** Whether a lock with so many milliseconds left began before the account was unlocked. */
export async function isVoid(parts: Parts, account: string, left: number): Promise<boolean> {
  const { key, rate } = stampOf(parts, account)
  const { resetAfter } = await parts.counters.spend(key, rate, 0)
  // Both run down in the same time: what has less left began earlier.
  return resetAfter !== 0 && left <= resetAfter
}
