import { StoreUnavailable } from '../errors.js'
import type { Clock } from '../system/clock.js'
import type { HeldKeys } from './held-keys.js'
import { generateJwk } from './import-key.js'
import { KEY_ALGORITHMS, type KeyAlgorithm } from './jwk.js'
import type { GivenKey } from './key-input.js'
import { mergeKeys, tidyKeys } from './merge.js'
import { planUpkeep, TO_BE_MADE, type Circumstances, type Plan } from './plan.js'
import type { RingText, SharedDocument } from './shared-document.js'
import { nextLoss, stateOf, type RingKey } from './timeline.js'

/** What a {@link Ledger} is made of. */
export interface LedgerParts {
  readonly document: SharedDocument
  readonly held: HeldKeys
  readonly given: readonly GivenKey[]
  readonly clock: Clock
  readonly maxAge: number
  readonly terms: Pick<Circumstances, 'publishFor' | 'acceptFor' | 'algorithm'>
}

/** A document with the keys that were given, as they stand at one instant. */
interface Reading {
  readonly source: RingText
  readonly circumstances: Circumstances
}

/** More tries than processes would ever change a ring at once. */
const TRIES = 32

/** What this process knows of the shared ring: brought up to date by reading, changed by compare and set. */
export class Ledger {
  readonly #parts: LedgerParts
  keys: readonly RingKey[] = []
  #byKid: ReadonlyMap<string, RingKey> = new Map()
  #text: string | undefined
  /** By `elapsed`: when what is known was certainly so. */
  confirmedAt: number = -Infinity
  #reading: Promise<void> | undefined
  /** Kids that were refused once: a store that forgets (a failover, a restored backup) brings none back. */
  readonly #refused = new Map<string, number>()
  #losses = 0
  #accepted: ReadonlySet<string> = new Set()
  #nextLossAt = Infinity
  /** Whether the near cache held the document when it was last looked at. */
  #isNear = false
  /** Grows when a read that was sent before must not count as news. */
  #doubts = 0
  #isDoubted = false

  constructor(parts: LedgerParts) {
    this.#parts = parts
  }

  keyOf(kid: string): RingKey | undefined {
    return this.#byKid.get(kid)
  }

  /** How often keys stopped being accepted: by decision, or by time. */
  losses(now: number): number {
    if (now >= this.#nextLossAt) this.#count(now)
    return this.#losses
  }

  /**
   * Whether what is known may be acted upon. A near cache that holds the very same text confirms it; one that let
   * go of it has heard of a change. Where there is none, or it knows nothing, `maxAge` decides.
   */
  isFresh(): boolean {
    const { document, clock, maxAge } = this.#parts
    const peeked = document.peek()
    if (peeked !== undefined) {
      this.#isNear = true
      const isSame = peeked.text === this.#text && !this.#isDoubted
      if (isSame) this.confirmedAt = clock.elapsed()
      return isSame
    }
    if (this.#isNear) {
      this.#isNear = false
      this.#isDoubted = true
      this.#doubts += 1
    }
    return !this.#isDoubted && clock.elapsed() - this.confirmedAt <= maxAge
  }

  /** Reads the document once for all who wait. */
  async refresh(): Promise<void> {
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined
    })
    await this.#reading
  }

  async #refresh(): Promise<void> {
    const { clock } = this.#parts
    const doubts = this.#doubts
    const startedAt = clock.elapsed()
    const { source, circumstances } = await this.read()
    const { keys, now } = circumstances
    if (keys.some((key) => stateOf(key, now) === 'active' && this.#isSomewhere(key))) {
      this.#learn(source, keys, startedAt)
    } else {
      await this.change(planUpkeep)
    }
    if (doubts === this.#doubts) this.#isDoubted = false
  }

  /** Whether the key exists, in this process or in the store. One that nobody here can open is no reason to make another. */
  #isSomewhere(key: RingKey): boolean {
    return key.sealed !== undefined || this.#parts.held.has(key)
  }

  /** The ring as it is in the store now. */
  async read(): Promise<Reading> {
    const { document, held, given, clock, terms } = this.#parts
    const source = await document.read()
    const keys = mergeKeys(source.keys, given).map((key) => this.#remember(key))
    await held.open(keys)
    return { source, circumstances: { ...terms, keys, now: clock.now(), isHeld: held.has } }
  }

  /** What `plan` would come to. */
  async preview(plan: (given: Circumstances) => Plan): Promise<Outcome> {
    const { circumstances } = await this.read()
    return { circumstances, plan: plan(circumstances) }
  }

  /** Carries a plan out: it is made anew from what others have written in between, until nobody has. */
  async change(makePlan: (given: Circumstances) => Plan): Promise<Outcome> {
    const { clock, document } = this.#parts
    const made: MadeKey[] = []
    for (let tries = 0; tries < TRIES; tries += 1) {
      const startedAt = clock.elapsed()
      const { source, circumstances } = await this.read()
      const wanted = makePlan(circumstances)
      if (wanted.keys === circumstances.keys) {
        this.#learn(source, circumstances.keys, startedAt)
        return { circumstances, plan: wanted }
      }
      const plan = await this.#make(wanted, made)
      const keys = await this.#toWrite(plan.keys, circumstances.now)
      const written = await document.write(keys, source.revision)
      if (written === undefined) continue
      this.#learn(written, mergeKeys(keys, this.#parts.given), startedAt)
      return { circumstances, plan }
    }
    throw new StoreUnavailable('The key ring is being changed by many at once. Try again.')
  }

  /** Puts real keys in the places of those to be made; `made` keeps them for another try. */
  async #make(plan: Plan, made: MadeKey[]): Promise<Plan> {
    const names = new Map<string, string>()
    const spare = [...made]
    const keys: RingKey[] = []
    for (const key of plan.keys) {
      if (!key.kid.startsWith(TO_BE_MADE)) {
        keys.push(key)
        continue
      }
      const index = spare.findIndex(({ algorithm }) => algorithm === key.algorithm)
      const [found] = index === -1 ? [await this.#generate(key, made)] : spare.splice(index, 1)
      if (found === undefined) continue
      names.set(key.kid, found.kid)
      keys.push({ ...key, kid: found.kid, sealed: found.sealed })
    }
    return { ...plan, keys, kid: names.get(plan.kid) ?? plan.kid }
  }

  async #generate({ algorithm: wanted }: RingKey, made: MadeKey[]): Promise<MadeKey> {
    const algorithm = KEY_ALGORITHMS.find((name) => name === wanted) ?? this.#parts.terms.algorithm
    const taken = await this.#parts.held.take(await generateJwk(algorithm), algorithm)
    const key = { ...taken, algorithm }
    made.push(key)
    return key
  }

  async #toWrite(keys: readonly RingKey[], now: number): Promise<readonly RingKey[]> {
    const kept = tidyKeys(keys, now)
    return Promise.all(kept.map(async (key) => this.#parts.held.reseal(key)))
  }

  #remember(key: RingKey): RingKey {
    const refusedAt = key.refusedAt ?? this.#refused.get(key.kid)
    return refusedAt === key.refusedAt ? key : { ...key, refusedAt, sealed: undefined }
  }

  #learn(source: RingText, keys: readonly RingKey[], startedAt: number): void {
    // What was asked for before something newer became known is not news.
    if (startedAt < this.confirmedAt) return
    this.confirmedAt = startedAt
    this.#text = source.text
    this.keys = keys
    this.#byKid = new Map(keys.map((key) => [key.kid, key]))
    for (const { kid, refusedAt } of keys) {
      if (refusedAt !== undefined) this.#refused.set(kid, refusedAt)
    }
    this.#parts.held.drop(keys)
    this.#count(this.#parts.clock.now())
  }

  #count(now: number): void {
    const accepted = this.keys.filter((key) => stateOf(key, now) !== 'retired')
    const kids = new Set(accepted.map(({ kid }) => kid))
    if ([...this.#accepted].some((kid) => !kids.has(kid))) this.#losses += 1
    this.#accepted = kids
    this.#nextLossAt = nextLoss(accepted, now)
  }
}

/** A plan, and what it was made from. */
export interface Outcome {
  readonly circumstances: Circumstances
  readonly plan: Plan
}

interface MadeKey {
  readonly kid: string
  readonly sealed: string | undefined
  readonly algorithm: KeyAlgorithm
}
