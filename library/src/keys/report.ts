import type { KeyChange, KeyFacts, KeyImpact, KeySigner, KeyTransition } from './key-ring.js'
import { TO_BE_MADE, type Circumstances, type Plan } from './plan.js'
import { eventsOf, signerAt, stateOf, type IsHeld, type RingKey } from './timeline.js'

/** Says what a plan changes, for whoever asked for it. */
export function reportChange(given: Circumstances, plan: Plan, isDryRun: boolean): KeyChange {
  const { now } = given
  const isHeld: IsHeld = (key) => isNew(given, key) || given.isHeld(key)
  return {
    isDryRun,
    now,
    kid: shown(plan.kid),
    transitions: plan.keys.flatMap((key) => transitionsOf(given, key)),
    signers: signersOf(plan.keys, now, isHeld),
    impact: plan.keys.flatMap((key) => impactOf(given, key)),
    notes: plan.notes,
  }
}

/** The facts of all keys, the one that signs first, then by state. */
export function factsOf(
  keys: readonly RingKey[],
  now: number,
  isHeld: IsHeld,
): readonly KeyFacts[] {
  const signer = signerAt(keys, now, isHeld)
  const facts = keys.map((key) => ({
    kid: key.kid,
    algorithm: key.algorithm,
    origin: key.origin,
    state: stateOf(key, now),
    isSigning: key === signer,
    isHeld: isHeld(key),
    createdAt: key.createdAt,
    activeAt: key.activeAt === 0 ? undefined : key.activeAt,
    retiredAt: key.retiredAt ?? key.refusedAt,
    acceptedUntil: key.refusedAt ?? key.acceptedUntil,
  }))
  const rank = (one: KeyFacts): number => (one.isSigning ? -1 : ORDER.indexOf(one.state))
  return facts.sort((a, b) => rank(a) - rank(b))
}

const ORDER = ['published', 'active', 'retiring', 'retired']

function shown(kid: string): string | undefined {
  return kid.startsWith(TO_BE_MADE) || kid === '' ? undefined : kid
}

function isNew({ keys }: Circumstances, key: RingKey): boolean {
  return !keys.some((one) => one.kid === key.kid)
}

/** What becomes of a key from now on, as far as that was not so before. */
function transitionsOf(given: Circumstances, key: RingKey): KeyTransition[] {
  const before = given.keys.find((one) => one.kid === key.kid)
  const known = before === undefined ? [] : eventsOf(before, given.now)
  let from = before === undefined ? undefined : stateOf(before, given.now)
  const transitions: KeyTransition[] = []
  for (const { to, at } of eventsOf(key, given.now)) {
    const isKnown = known.some((event) => event.to === to && event.at === at)
    if (to !== from && !isKnown) {
      transitions.push({ kid: shown(key.kid), algorithm: key.algorithm, from, to, at })
    }
    from = to
  }
  return transitions
}

function signersOf(keys: readonly RingKey[], now: number, isHeld: IsHeld): KeySigner[] {
  const later = keys.flatMap((key) => eventsOf(key, now).map(({ at }) => at))
  const signers: KeySigner[] = []
  let last: string | undefined
  for (const at of [...new Set([now, ...later])].sort((a, b) => a - b)) {
    const kid = signerAt(keys, at, isHeld)?.kid
    if (kid !== undefined && kid !== last) signers.push({ kid: shown(kid), at })
    last = kid
  }
  return signers
}

/** A key that signed, or will have, and was told when to stop. */
function impactOf(given: Circumstances, key: RingKey): KeyImpact[] {
  const before = given.keys.find((one) => one.kid === key.kid)
  const end = key.refusedAt ?? key.acceptedUntil
  const isTold = end !== undefined && end !== (before?.refusedAt ?? before?.acceptedUntil)
  if (before === undefined || !isTold) return []
  const hasSigned = stateOf(before, given.now) !== 'published' || end > before.activeAt
  return hasSigned ? [{ kid: key.kid, acceptedUntil: end }] : []
}
