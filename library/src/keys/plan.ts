import { InvalidInput } from '../errors.js'
import type { KeyAlgorithm } from './jwk.js'
import type { KeyNote } from './key-ring.js'
import { firstGap, signerAt, stateOf, type IsHeld, type RingKey } from './timeline.js'

/** What a plan is made from. Durations are milliseconds. */
export interface Circumstances {
  readonly keys: readonly RingKey[]
  readonly now: number
  readonly isHeld: IsHeld
  /** How long caches may keep the JWKS. */
  readonly publishFor: number
  /** How long the longest-lived access token is accepted. */
  readonly acceptFor: number
  /** What kind of key is made where nothing else is asked for. */
  readonly algorithm: KeyAlgorithm
}

/** The keys as they should be. Those that are yet to be made have a `kid` that begins with {@link TO_BE_MADE}. */
export interface Plan {
  readonly keys: readonly RingKey[]
  /** The key it is about. */
  readonly kid: string
  readonly notes: readonly KeyNote[]
}

/** When a key begins to sign; `undefined`: when caches have run out. */
type Beginning = number | 'now' | undefined

/** No key is called so: see `readKeyInputs`. */
export const TO_BE_MADE = ' '

const MOST_KEYS = 16
const LATEST = 400 * 86_400_000

/** A new key, published now. */
export function planGenerate(
  given: Circumstances,
  algorithm: KeyAlgorithm | undefined,
  activeAt: Beginning,
): Plan {
  const made = newKey(given, algorithm ?? given.algorithm, checkInstant(given, activeAt))
  return complete(given, [made, ...given.keys], made.kid)
}

/** A new key, and an end of signing for the one it replaces. */
export function planRotate(
  given: Circumstances,
  algorithm: KeyAlgorithm | undefined,
  activeAt: Beginning,
): Plan {
  const at = checkInstant(given, activeAt)
  const replaced = signerAt(given.keys, at, given.isHeld)
  const keys =
    replaced === undefined ? given.keys : put(given.keys, endOfSigning(given, replaced, at))
  const made = newKey(given, algorithm ?? given.algorithm, at)
  return complete(given, [made, ...keys], made.kid, optionNote(replaced))
}

/** A key signs from now on, before any other. */
export function planActivate(given: Circumstances, kid: string): Plan {
  const key = named(given, kid)
  const state = stateOf(key, given.now)
  if (state === 'retiring' || state === 'retired') {
    throw new InvalidInput('kid', 'This key is retired: it will not sign again.')
  }
  if (!given.isHeld(key)) {
    throw new InvalidInput(
      'kid',
      'This process cannot open that key: a secret or option is missing.',
    )
  }
  if (signerAt(given.keys, given.now, given.isHeld)?.kid === kid) {
    throw new InvalidInput('kid', 'This key signs already.')
  }
  const others = given.keys.filter((other) => other !== key)
  return complete(given, [{ ...key, activeAt: given.now }, ...others], kid)
}

/** A key stops signing now; what it has signed stays good. */
export function planRetire(given: Circumstances, kid: string): Plan {
  const key = named(given, kid)
  const state = stateOf(key, given.now)
  if (state === 'retiring' || state === 'retired') {
    throw new InvalidInput('kid', 'This key is retired already. To refuse it at once, say so.')
  }
  const ended = endOfSigning(given, key, given.now)
  const changed = state === 'active' ? ended : { ...ended, acceptedUntil: given.now }
  return complete(given, put(given.keys, changed), kid, optionNote(key))
}

/** A key is refused from now on. Its private part is not kept. */
export function planRetireNow(given: Circumstances, kid: string): Plan {
  const key = named(given, kid)
  if (stateOf(key, given.now) === 'retired') {
    throw new InvalidInput('kid', 'This key is retired: no token of it is accepted.')
  }
  const refused = { ...key, refusedAt: given.now, sealed: undefined }
  return complete(given, put(given.keys, refused), kid, optionNote(key))
}

/** Only makes sure that a key signs, now and later. */
export function planUpkeep(given: Circumstances): Plan {
  return complete(given, given.keys, '')
}

function named({ keys }: Circumstances, kid: string): RingKey {
  const key = keys.find((one) => one.kid === kid)
  if (key === undefined) throw new InvalidInput('kid', 'The ring has no key of that kid.')
  return key
}

function checkInstant({ now, publishFor }: Circumstances, activeAt: Beginning): number {
  if (activeAt === undefined) return now + publishFor
  if (activeAt === 'now') return now
  if (Number.isSafeInteger(activeAt) && activeAt >= now && activeAt <= now + LATEST) return activeAt
  throw new InvalidInput('activeAt', 'activeAt must be an instant from now to 400 days from now.')
}

function put(keys: readonly RingKey[], changed: RingKey): readonly RingKey[] {
  return keys.map((key) => (key.kid === changed.kid ? changed : key))
}

function endOfSigning({ acceptFor }: Circumstances, key: RingKey, at: number): RingKey {
  return { ...key, retiredAt: at, acceptedUntil: at + acceptFor }
}

function newKey({ keys, now }: Circumstances, algorithm: KeyAlgorithm, activeAt: number): RingKey {
  const live = keys.filter((key) => key.sealed !== undefined && stateOf(key, now) !== 'retired')
  if (live.length >= MOST_KEYS) {
    throw new InvalidInput('kid', `The ring holds ${live.length} keys. Retire some of them first.`)
  }
  const kid = `${TO_BE_MADE}${keys.filter((key) => key.kid.startsWith(TO_BE_MADE)).length}`
  const end = { retiredAt: undefined, acceptedUntil: undefined, refusedAt: undefined }
  return { kid, algorithm, origin: 'stored', createdAt: now, activeAt, ...end, sealed: undefined }
}

function optionNote(key: RingKey | undefined): readonly KeyNote[] {
  return key?.origin === 'option' ? ['option'] : []
}

/** Fills every gap in which nothing would sign, and notes what was done for that. */
function complete(
  given: Circumstances,
  planned: readonly RingKey[],
  kid: string,
  notes: readonly KeyNote[] = [],
): Plan {
  const isHeld: IsHeld = (key) => key.kid.startsWith(TO_BE_MADE) || given.isHeld(key)
  const found = new Set<KeyNote>(notes)
  let keys = planned
  for (;;) {
    const gap = firstGap(keys, given.now, isHeld)
    if (gap === undefined) break
    found.add('successor')
    keys = fill({ ...given, keys, isHeld }, gap)
  }
  if (keys.some((key) => isEarly(given, key))) found.add('early')
  return { keys, kid, notes: [...found] }
}

/** A key that waits to sign does so earlier; where there is none, a new one is made. */
function fill(given: Circumstances, gap: number): readonly RingKey[] {
  const waiting = given.keys.find(
    (key) => stateOf(key, gap) === 'published' && given.isHeld(key) && key.retiredAt === undefined,
  )
  if (waiting !== undefined) return put(given.keys, { ...waiting, activeAt: gap })
  return [newKey(given, given.algorithm, gap), ...given.keys]
}

/** Whether the plan lets a key sign while a cache may hold a JWKS without it. */
function isEarly(given: Circumstances, key: RingKey): boolean {
  const before = given.keys.find((one) => one.kid === key.kid)
  if (key.createdAt === undefined || before?.activeAt === key.activeAt) return false
  return key.activeAt - key.createdAt < given.publishFor && given.keys.length > 0
}
