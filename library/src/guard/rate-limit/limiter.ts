import { InvalidOption } from '../../errors.js'
import { pathOf, type Incoming } from '../../request/incoming.js'
import type { Spent } from '../../store/counters.js'
import type { GuardContext } from '../context.js'
import type { Refusal } from '../session-guard.js'
import { limitFields, type LimitFields, type LimitState } from './fields.js'
import { createCounterKeys, type CounterKey, type CounterKeyOf } from './key.js'
import { readPolicies, type LimitedSession, type LimitPolicy, type ReadPolicy } from './policy.js'
import { createTake, type Taken } from './spend.js'

/** How a limiter behaves. */
export interface RateLimiterOptions {
  /** One, or several that a request has to meet together. */
  readonly policies: LimitPolicy | readonly LimitPolicy[]
  /**
   * How much of an IPv6 address is one client, in bits from 32 to 64. Default 64, which is what a household gets at
   * least; 56 where providers hand out that much.
   */
  readonly ipv6Prefix?: number
  /** Hears how each policy decided; for metrics (`observeLimits`). */
  readonly onDecision?: (decision: LimitDecision) => void
}

/** How one policy decided. */
export interface LimitDecision {
  readonly policy: string
  /** `shadowed`: it would have refused, but only reports. */
  readonly outcome: 'allowed' | 'refused' | 'shadowed'
  /** The store was away, and this process has counted alone, more strictly. */
  readonly isFallback: boolean
}

/** What a limiter says of a request. */
export interface RateLimitResult {
  /** `undefined`: it may go on. */
  readonly refusal: Refusal | undefined
  /** For the answer, whatever it will be. Empty texts where all policies only report. */
  readonly fields: LimitFields
}

/** Limits how often something is done. */
export interface RateLimiter {
  /**
   * What the policies want with the session. `needed`: load it and pass it. `welcome`: a function may look at it, so pass
   * it where there is one. `unused`: leave it alone.
   */
  readonly session: 'needed' | 'welcome' | 'unused'
  /**
   * How somebody stands, policy by policy, without counting anything. A policy is left out where what is named does not
   * tell whose allowance it is; one whose `by` is a function always is. @throws StoreUnavailable
   */
  look(who: LimitedParty): Promise<readonly Allowance[]>
  /** Fills up the allowances that {@link RateLimiter.look} shows; answers the names of their policies. @throws StoreUnavailable */
  clear(who: LimitedParty): Promise<readonly string[]>
  /** Counts a request. Never throws `StoreUnavailable`: while the store is away this process counts more strictly. */
  check(incoming: Incoming, session?: LimitedSession): Promise<RateLimitResult>
}

/** Whose allowance is looked at. */
export interface LimitedParty {
  /** An IP address. */
  readonly address?: string | undefined
  /** Who is signed in. */
  readonly subject?: string | undefined
}

/** What is left of an allowance. */
export interface Allowance {
  /** The name of the policy. */
  readonly policy: string
  readonly quota: number
  /** Milliseconds. */
  readonly window: number
  readonly remaining: number
  /** Milliseconds until the allowance is full again. */
  readonly resetAfter: number
}

/** What became of one policy. */
interface Decided {
  readonly policy: ReadPolicy
  readonly key: CounterKey
  readonly taken: Taken
}

/**
 * Limits how often something is done, over all processes that share a store: GCRA, so what was used comes back bit by
 * bit and nobody gets twice the quota around the turn of a window (ASVS 2.4.1). All policies are looked at; where one
 * refuses, the others get back what they gave, and trying again prolongs no wait.
 *
 * Throws `InvalidOption` for policies that are wrong.
 */
export function createRateLimiter(context: GuardContext, options: RateLimiterOptions): RateLimiter {
  const { ipv6Prefix = 64, onDecision } = options
  if (!Number.isInteger(ipv6Prefix) || ipv6Prefix < 32 || ipv6Prefix > 64) {
    throw new InvalidOption('ipv6Prefix must be a whole number from 32 to 64.')
  }
  const policies = readPolicies(options.policies)
  const keyOf = createCounterKeys(context, ipv6Prefix)
  const take = createTake(context)
  const takeAll = (incoming: Incoming, session?: LimitedSession): Promise<readonly Decided[]> =>
    Promise.all(
      policies.map(async (policy) => {
        const key = keyOf(policy, incoming, session)
        return { policy, key, taken: await take(key.name, policy, policy.costOf(incoming)) }
      }),
    )
  return {
    session: sessionUse(policies),
    look: (who) => lookAt({ context, policies, keyOf }, who, 0),
    async clear(who) {
      const cleared = await lookAt({ context, policies, keyOf }, who, -1)
      return cleared.map(({ policy }) => policy)
    },
    async check(incoming, session) {
      const all = await takeAll(incoming, session)
      const report = { context, incoming, session }
      for (const decided of all) {
        onDecision?.(decisionOf(decided))
        if (!decided.taken.spent.isAllowed) tell(report, decided)
      }
      const refused = all.filter(({ policy, taken }) => !policy.isShadow && !taken.spent.isAllowed)
      const shown = all.filter(({ policy }) => !policy.isShadow)
      if (refused.length === 0) return { refusal: undefined, fields: fieldsOf(shown) }
      const left = new Map<Decided, Spent>()
      await Promise.all(all.map(async (one) => left.set(one, await one.taken.giveBack())))
      const fields = fieldsOf(shown, left)
      return { refusal: { ...refusalOf(refused), headers: fields }, fields }
    },
  }
}

interface Looked {
  readonly context: GuardContext
  readonly policies: readonly ReadPolicy[]
  readonly keyOf: CounterKeyOf
}

/** Spends so many quotas of each allowance: none, to look, or a whole one less than none, to fill it up. */
function lookAt(
  { context, policies, keyOf }: Looked,
  { address, subject }: LimitedParty,
  quotas: 0 | -1,
): Promise<readonly Allowance[]> {
  const session = { id: undefined, subject }
  const known = policies.filter((policy) => isKnown(policy.by, address, subject))
  return Promise.all(
    known.map(async (policy) => {
      const { name, quota, window } = policy
      const key = keyOf(policy, { address: address ?? '' }, session).name
      const rate = { quota, window }
      const { remaining, resetAfter } = await context.counters.spend(key, rate, quotas * quota)
      return { policy: name, quota, window, remaining, resetAfter }
    }),
  )
}

function isKnown(
  by: LimitPolicy['by'],
  address: string | undefined,
  subject: string | undefined,
): boolean {
  if (by === 'account') return subject !== undefined
  if (by === 'account-network') return subject !== undefined && address !== undefined
  return by === 'ip' && address !== undefined
}

function sessionUse(policies: readonly ReadPolicy[]): RateLimiter['session'] {
  if (policies.some(({ by }) => typeof by === 'string' && by !== 'ip')) return 'needed'
  return policies.some(({ by }) => typeof by === 'function') ? 'welcome' : 'unused'
}

function decisionOf({ policy, taken }: Decided): LimitDecision {
  const { spent, isFallback } = taken
  const refused = policy.isShadow ? 'shadowed' : 'refused'
  return { policy: policy.name, outcome: spent.isAllowed ? 'allowed' : refused, isFallback }
}

/** The longest wait is the one that has to be waited. */
function refusalOf(refused: readonly Decided[]): Refusal {
  const [longest] = [...refused].sort((a, b) => waitOf(b) - waitOf(a))
  const retryAfter = Math.ceil((longest === undefined ? 1_000 : waitOf(longest)) / 1_000)
  return {
    status: 429,
    code: 'rate_limited',
    message: `Too many attempts. Try again in ${String(retryAfter)} seconds.`,
    retryAfter,
    ...(longest === undefined ? {} : { check: longest.policy.name }),
  }
}

function waitOf({ taken }: Decided): number {
  return taken.spent.retryAfter
}

function fieldsOf(shown: readonly Decided[], left?: ReadonlyMap<Decided, Spent>): LimitFields {
  return limitFields(
    shown.map((decided): LimitState => {
      const { policy, key, taken } = decided
      const { isAllowed, retryAfter } = taken.spent
      const { remaining, resetAfter } = left?.get(decided) ?? taken.spent
      return {
        name: policy.name,
        quota: taken.rate.quota,
        window: policy.window,
        remaining: isAllowed ? remaining : 0,
        resetAfter: isAllowed ? resetAfter : retryAfter,
        partition: key.partition,
      }
    }),
  )
}

interface Report {
  readonly context: GuardContext
  readonly incoming: Incoming
  readonly session: LimitedSession | undefined
}

function tell({ context, incoming, session }: Report, { policy, taken }: Decided): void {
  const { id, subject } = session ?? {}
  context.report('request.refused', {
    guard: 'limit',
    code: 'rate_limited',
    check: taken.isFallback ? `${policy.name}:fallback` : policy.name,
    method: incoming.method,
    path: pathOf(incoming),
    address: incoming.address,
    ...(id === undefined ? {} : { id }),
    ...(subject === undefined ? {} : { subject }),
    isEnforced: !policy.isShadow,
  })
}
