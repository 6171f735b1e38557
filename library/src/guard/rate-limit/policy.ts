import { InvalidOption } from '../../errors.js'
import type { Incoming } from '../../request/incoming.js'
import type { SessionId } from '../../store/record.js'
import { toMilliseconds, type Duration } from '../../system/duration.js'

/** What a limiter looks at of a loaded session. */
export interface LimitedSession {
  readonly id: SessionId | undefined
  readonly subject: string | undefined
}

/**
 * Whose allowance a request is taken from. `ip`: the client's network. `account`: whoever is signed in.
 * `account-network`: that person in that network. `session`: the session, a guest's too. Or a function that answers any
 * text. Where there is no such thing (nobody is signed in, the function answers `undefined`) the network counts
 * instead: what cannot be told apart shares an allowance, and is never without one.
 */
export type LimitBy = 'ip' | 'account' | 'account-network' | 'session' | LimitKey

/** Answers whose allowance a request is taken from. Never build it of headers that a client can make up. */
export type LimitKey = (
  incoming: Incoming,
  session: LimitedSession | undefined,
) => string | undefined

/** How often something may be done, by whom. */
export interface LimitPolicy {
  /**
   * Stands on the wire, in events and in metrics; 1 to 64 characters of `A-Z a-z 0-9 . _ -`. Policies of the same name
   * share their counts, also between routes and processes.
   */
  readonly name: string
  /** How many at once, from 1 to 1,000,000. */
  readonly quota: number
  /** The time in which `quota` come back, one by one; 1 ms to 30 days. */
  readonly window: Duration
  /** Whose allowance. Default `ip`. */
  readonly by?: LimitBy
  /** How many a request takes. Default 1. What a function answers is brought into 1 … `quota`. */
  readonly cost?: number | ((incoming: Incoming) => number)
  /** Counts and tells, but refuses nobody and is not on the wire. Default `false`. */
  readonly isShadow?: boolean
}

/** A policy as the limiter works with it. */
export interface ReadPolicy {
  readonly name: string
  readonly quota: number
  /** Milliseconds. */
  readonly window: number
  readonly by: LimitBy
  readonly costOf: (incoming: Incoming) => number
  readonly isShadow: boolean
}

const NAME = /^[A-Za-z0-9._-]{1,64}$/
const MOST = 1_000_000
const LONGEST = 30 * 86_400_000

/** Reads policies. Throws {@link InvalidOption} for none, for two of one name, and for what is out of range. */
export function readPolicies(given: LimitPolicy | readonly LimitPolicy[]): readonly ReadPolicy[] {
  const policies = (isList(given) ? given : [given]).map(readPolicy)
  if (policies.length === 0) throw new InvalidOption('A rate limiter needs at least one policy.')
  const names = new Set(policies.map(({ name }) => name))
  if (names.size < policies.length) {
    throw new InvalidOption('Two policies of one rate limiter have the same name.')
  }
  return policies
}

function isList(given: LimitPolicy | readonly LimitPolicy[]): given is readonly LimitPolicy[] {
  return Array.isArray(given)
}

function readPolicy(policy: LimitPolicy): ReadPolicy {
  const { name, quota, by = 'ip', cost = 1, isShadow = false } = policy
  const window = toMilliseconds(policy.window) ?? 0
  const wrong = whatIsWrong({ name, quota, window, by, cost })
  if (wrong !== undefined) throw new InvalidOption(wrong)
  return { name, quota, window, by, costOf: toCostOf(cost, quota), isShadow }
}

type Given = Required<Omit<LimitPolicy, 'isShadow' | 'window'>> & { readonly window: number }

function whatIsWrong({ name, quota, window, by, cost }: Given): string | undefined {
  if (!NAME.test(name)) return 'A limit policy needs a name: 1 to 64 of A-Z a-z 0-9 . _ -'
  const checks: readonly (readonly [isRight: boolean, message: string])[] = [
    [isWhole(quota, MOST), 'quota must be a whole number from 1 to 1,000,000.'],
    [isWhole(window, LONGEST), 'window must be a duration from 1ms to 30d.'],
    [typeof by === 'function' || KINDS.has(by), `by must be ${KIND_NAMES} or a function.`],
    [
      typeof cost === 'function' || isWhole(cost, quota),
      'cost must be a whole number from 1 to quota, or a function.',
    ],
  ]
  const failed = checks.find(([isRight]) => !isRight)
  return failed === undefined ? undefined : `Limit policy ${name}: ${failed[1]}`
}

const KINDS: ReadonlySet<LimitBy> = new Set(['ip', 'account', 'account-network', 'session'])
const KIND_NAMES = [...KINDS].join(', ')

function isWhole(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most
}

function toCostOf(
  cost: NonNullable<LimitPolicy['cost']>,
  quota: number,
): (incoming: Incoming) => number {
  if (typeof cost === 'number') return () => cost
  return (incoming) => {
    const answered = Math.ceil(cost(incoming))
    return Number.isNaN(answered) ? quota : Math.min(Math.max(answered, 1), quota)
  }
}
