import type { GivenKey } from './key-input.js'
import { stateOf, type RingKey } from './timeline.js'

/** For how long it can be seen that a key once was: as long as anybody asks what became of their tokens. */
const SHOWN_FOR = 30 * 86_400_000

/**
 * The keys of the document together with those that were given, in the order in which equals sign: what was
 * activated comes first, then the given ones in their own order.
 */
export function mergeKeys(
  stored: readonly RingKey[],
  given: readonly GivenKey[],
): readonly RingKey[] {
  const isGiven = new Set(given.map(({ kid }) => kid))
  const byKid = new Map(stored.map((key) => [key.kid, key]))
  const before = stored.filter((key) => key.activeAt > 0 || !isGiven.has(key.kid))
  const unmoved = given
    .map(({ kid, algorithm }) => byKid.get(kid) ?? unmarked(kid, algorithm))
    .filter((key) => key.activeAt === 0)
  return [...before, ...unmoved]
}

/** A key that was given, of which the document says nothing. */
function unmarked(kid: string, algorithm: RingKey['algorithm']): RingKey {
  const instants = { createdAt: undefined, retiredAt: undefined, acceptedUntil: undefined }
  return {
    kid,
    algorithm,
    origin: 'option',
    activeAt: 0,
    ...instants,
    refusedAt: undefined,
    sealed: undefined,
  }
}

/**
 * What is worth keeping. The private part of a key goes when no token of it is accepted any more, and 30 days later
 * the rest. What is said of a given key stays: without it, the key would be accepted again.
 */
export function tidyKeys(keys: readonly RingKey[], now: number): readonly RingKey[] {
  return keys.flatMap((key) => {
    const { refusedAt, acceptedUntil, sealed: _sealed, ...rest } = key
    if (key.origin === 'option') return isMarked(key) ? [key] : []
    if (stateOf(key, now) !== 'retired') return [key]
    const isShown = now < (refusedAt ?? acceptedUntil ?? now) + SHOWN_FOR
    return isShown ? [{ ...rest, refusedAt, acceptedUntil, sealed: undefined }] : []
  })
}

function isMarked({ activeAt, retiredAt, refusedAt }: RingKey): boolean {
  return activeAt !== 0 || retiredAt !== undefined || refusedAt !== undefined
}
