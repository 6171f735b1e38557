import type { SignInCount } from './contract.js'
import {
  accountWide,
  allowancesIn,
  isVoid,
  spendAll,
  stampOf,
  waitOf,
  type Parts,
  type Who,
} from './allowances.js'

/** How things stand. Counts nothing. */
export async function look(parts: Parts, who: Who): Promise<readonly SignInCount[]> {
  const shared = await spendAll(parts, allowancesIn(parts, who), 0)
  const counts = shared.map((one): SignInCount => {
    const { remaining, resetAfter } = one.spent
    const isLocked = remaining < 1
    const used = one.rate.quota - remaining
    const freeAfter = isLocked ? waitOf(one) : 0
    return { kind: one.kind, used, most: one.rate.quota, isLocked, freeAfter, resetAfter }
  })
  const { account, network } = who
  if (account === undefined || network === undefined) return counts
  return [await lookAtPair(parts, account, network), ...counts]
}

async function lookAtPair(parts: Parts, account: string, network: string): Promise<SignInCount> {
  const { counters, limits, name } = parts
  const { count, isLocked, resetAfter } = await counters.look(name('pair', network, account))
  const isFree = isLocked && (await isVoid(parts, account, resetAfter))
  const facts = { kind: 'account_network', most: limits.own.max } as const
  if (isFree) return { ...facts, used: 0, isLocked: false, freeAfter: 0, resetAfter: 0 }
  return { ...facts, used: count, isLocked, freeAfter: isLocked ? resetAfter : 0, resetAfter }
}

/** Forgets what is counted of all that is named. */
export async function clear(parts: Parts, who: Who): Promise<void> {
  const { counters, name } = parts
  const { account, network } = who
  if (account !== undefined) await unlock(parts, account)
  if (account !== undefined && network !== undefined) {
    await counters.forget(name('pair', network, account))
  }
  const wide = network === undefined ? [] : allowancesIn(parts, { network })
  await Promise.all(wide.map(({ key, rate }) => counters.spend(key, rate, -rate.quota)))
}

/**
 * Allowances are filled up. Locks cannot be looked for, there is one for each network: the instant is noted instead, in
 * an allowance that runs down as they do, and a lock that began before it is void.
 */
export async function unlock(parts: Parts, account: string): Promise<void> {
  const { counters } = parts
  const { key, rate } = stampOf(parts, account)
  await Promise.all(
    accountWide(parts, account).map((wide) =>
      counters.spend(wide.key, wide.rate, -wide.rate.quota),
    ),
  )
  await counters.spend(key, rate, -1)
  await counters.spend(key, rate)
}
