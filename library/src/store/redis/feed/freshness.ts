import type { Clock } from '../../../system/clock.js'
import { PROVED_WITHIN, within } from './within.js'

/**
 * An answer that takes longer than this, and than three times the one before, is a sign that the line has gone silent:
 * then nothing is known until it comes. Otherwise a Redis that hangs would be noticed only as late as the bound allows.
 */
const SILENCE = 50

/**
 * For so long proofs may fail without anything being forgotten: the same connection, and the same server, a moment later.
 * Afterwards that server may have been something else meanwhile.
 */
const FORGIVEN = 5_000

/** What two ways to listen keep of how fresh they are. Instants are of the clock that never jumps. */
export class Freshness {
  readonly #clock: Clock
  readonly #whenKnown = new Set<() => void>()
  #isKnown = false
  /** Everything told before this instant has been heard. */
  #heardTo: number | undefined
  /** The last proof since everything was heard, also where one has failed since. */
  #provedAt: number | undefined
  /** When the step began whose end is awaited. */
  #askedAt: number | undefined
  /** How long the last answer took. */
  #roundTrip = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Everything is heard: nothing was missed since it first was. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** The next step has to be a proof. */
  get isUnproved(): boolean {
    return this.#heardTo === undefined
  }

  age(): number {
    const now = this.#clock.elapsed()
    if (this.#heardTo === undefined || this.#isSilent(now)) return Number.POSITIVE_INFINITY
    return now - this.#heardTo
  }

  #isSilent(now: number): boolean {
    const patience = Math.max(SILENCE, 3 * this.#roundTrip)
    return this.#askedAt !== undefined && now - this.#askedAt > patience
  }

  /** Settles when everything is heard, or after a while. */
  async known(): Promise<void> {
    if (this.#isKnown) return
    const waiting = new Promise<void>((resolve) => this.#whenKnown.add(resolve))
    await within(PROVED_WITHIN, waiting).catch(() => undefined)
  }

  /** A question is about to be sent; the answer ends the step. */
  ask(): void {
    this.#askedAt = this.#clock.elapsed()
  }

  /** The first of two answers of a step is there. */
  askFurther(): void {
    if (this.#askedAt !== undefined) this.#askedAt = this.#clock.elapsed()
  }

  /** The step has ended. */
  answered(): void {
    if (this.#askedAt !== undefined) this.#roundTrip = this.#clock.elapsed() - this.#askedAt
    this.#askedAt = undefined
  }

  /** Too much may have happened between the last proof and one that was sent now. */
  isTooLate(sentAt: number): boolean {
    return this.#provedAt !== undefined && sentAt - this.#provedAt > FORGIVEN
  }

  /** Everything told before `sentAt` has been heard. */
  proved(sentAt: number): void {
    this.#provedAt = sentAt
    this.#heardTo = sentAt
    this.#isKnown = true
    for (const resolve of this.#whenKnown) resolve()
    this.#whenKnown.clear()
  }

  /** A proof failed. Nothing is known to be missing. */
  doubt(): void {
    this.#heardTo = undefined
  }

  /** Nobody asks for a while: without proofs nothing is known, and none counts as missing. */
  rest(): void {
    this.#heardTo = undefined
    this.#provedAt = undefined
  }

  /** Something may be missing. */
  lose(): void {
    this.rest()
    this.#askedAt = undefined
    this.#isKnown = false
  }
}
