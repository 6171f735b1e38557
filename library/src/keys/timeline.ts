import type { KeyState } from './key-ring.js'
import type { TokenAlgorithm } from '../credential/jwt/token-keys.js'

/** A key's place in time. Instants are epoch milliseconds by the clock of whoever wrote them. */
export interface RingKey {
  readonly kid: string
  readonly algorithm: TokenAlgorithm
  readonly origin: 'option' | 'stored'
  readonly createdAt: number | undefined
  /** 0: from the start. */
  readonly activeAt: number
  readonly retiredAt: number | undefined
  /** Given with `retiredAt`: when the last token signed before it has expired. */
  readonly acceptedUntil: number | undefined
  /** Refused from this instant on, whatever anybody's clock says: it is there, so it holds. */
  readonly refusedAt: number | undefined
  /** The encrypted private JWK of a generated key, until nobody needs it any more. */
  readonly sealed: string | undefined
}

/** Whether this process can use a key: it was given it, or it can open it. */
export type IsHeld = (key: RingKey) => boolean

/** See the table at {@link KeyState}. */
export function stateOf(key: RingKey, now: number): KeyState {
  if (key.refusedAt !== undefined) return 'retired'
  if (key.retiredAt !== undefined && now >= key.retiredAt) {
    return now < (key.acceptedUntil ?? key.retiredAt) ? 'retiring' : 'retired'
  }
  return now < key.activeAt ? 'published' : 'active'
}

/** The key that signs at `now`: of the active ones this process holds, the one that became so last. */
export function signerAt(
  keys: readonly RingKey[],
  now: number,
  isHeld: IsHeld,
): RingKey | undefined {
  let signer: RingKey | undefined
  for (const key of keys) {
    if (stateOf(key, now) !== 'active' || !isHeld(key)) continue
    if (signer === undefined || key.activeAt > signer.activeAt) signer = key
  }
  return signer
}

/** The first instant, from `now` on, at which nothing would sign. */
export function firstGap(
  keys: readonly RingKey[],
  now: number,
  isHeld: IsHeld,
): number | undefined {
  const ends = keys.flatMap(({ retiredAt }) =>
    retiredAt !== undefined && retiredAt > now ? [retiredAt] : [],
  )
  return [now, ...ends.sort((a, b) => a - b)].find((at) => signerAt(keys, at, isHeld) === undefined)
}

/** The next instant at which some key stops being accepted, or `Infinity`. */
export function nextLoss(keys: readonly RingKey[], now: number): number {
  const losses = keys.map((key) => key.acceptedUntil ?? Infinity).filter((at) => at > now)
  return Math.min(Infinity, ...losses)
}

/** The states a key comes into from `now` on, in order. */
export function eventsOf(key: RingKey, now: number): { to: KeyState; at: number }[] {
  const instants = [key.createdAt, key.activeAt, key.retiredAt, key.acceptedUntil, key.refusedAt]
  const due = [...new Set(instants.filter((at) => at !== undefined && at >= now))]
  const events = (due as number[]).sort((a, b) => a - b).map((at) => ({ to: stateOf(key, at), at }))
  return events.filter((event, index) => event.to !== events[index - 1]?.to)
}
