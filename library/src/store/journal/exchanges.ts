import type { Clock } from '../../system/clock.js'
import type { SessionId } from '../record.js'
import type { RotateResult, Rotation, Store } from '../store.js'
import { Shelf, type BookLimits } from './book.js'

/** The last exchange of a refresh token of a session by this process. */
export interface Exchange {
  /** What was presented then. */
  readonly rotation: Rotation
  /** The successor's number. */
  readonly generation: number
  /** `elapsed`. */
  readonly at: number
}

/** An exchange as a store answers it. */
type Exchanged = Extract<RotateResult, { readonly generation: number }>

/** See {@link Exchanges.moment}. */
export interface Moment {
  readonly place: number
  readonly at: number
}

/** What is to be thought of an exchange. */
export type ExchangeVerdict = 'good' | 'spent'

/**
 * The refresh tokens that this process exchanged lately. A store that went back in time takes a spent one for the
 * present one, and would give out a second successor.
 */
export class Exchanges {
  readonly #clock: Clock
  readonly #shelf: Shelf<Exchange>

  constructor(clock: Clock, limits: BookLimits) {
    this.#clock = clock
    this.#shelf = new Shelf(clock, limits)
  }

  get size(): number {
    return this.#shelf.size
  }

  sweep(): void {
    this.#shelf.sweep()
  }

  entries(): [SessionId, Exchange][] {
    return this.#shelf.entries()
  }

  /** The number of the last successor that was given out; 0: none is known. */
  generationOf(id: SessionId): number {
    return this.#shelf.get(id)?.value.generation ?? 0
  }

  forget(id: SessionId): void {
    this.#shelf.forget(id)
  }

  /** Which exchanges are known, and when, as a question is sent to the store. */
  get moment(): Moment {
    return { place: this.#shelf.place, at: this.#clock.elapsed() }
  }

  /** Judges what the store made of a token, and notes it where it is good. `sent`: {@link moment} as it was asked. */
  judge(id: SessionId, rotation: Rotation, result: Exchanged, sent: Moment): ExchangeVerdict {
    const noted = this.#shelf.get(id)
    if (noted === undefined || isFurther(noted.value, rotation, result)) {
      if (result.status !== 'replayed') {
        this.#shelf.note(id, { rotation, generation: result.generation, at: this.#clock.elapsed() })
      }
      return 'good'
    }
    // Another exchange was answered meanwhile: this answer is older than what is known.
    if (noted.place > sent.place) return 'good'
    const last = noted.value
    const isParent = rotation.generation === last.rotation.generation
    const isInTime = sent.at - last.at <= rotation.grace
    return isParent && isInTime && result.generation === last.generation ? 'good' : 'spent'
  }
}

/** What is answered is news: another family, or a token that was not exchanged yet, or a store that is further than we are. */
function isFurther(last: Exchange, rotation: Rotation, { generation }: Exchanged): boolean {
  if (last.rotation.seedDigest !== rotation.seedDigest) return true
  return rotation.generation >= last.generation || generation > last.generation
}

/** For as long as no exchange counts as reuse while the journal repeats one. Milliseconds. */
const NO_REUSE = 365 * 86_400_000

/** Brings a family that went back in time forward to the successor that was given out. Answers whether it had to. */
export async function repeatExchange(
  store: Store,
  id: SessionId,
  { rotation, generation }: Exchange,
): Promise<boolean> {
  const answer = await store.read(id)
  const family = answer.status === 'found' ? answer.record.family : undefined
  if (family === undefined || family.seedDigest !== rotation.seedDigest) return false
  let known = family.generation
  const isBehind = known < generation
  while (known < generation) {
    // A token one ahead of the kept one is exchanged, too: two steps at once.
    const presented = known + 2 <= generation ? known + 1 : known
    const result = await store.rotate(id, {
      ...rotation,
      generation: presented,
      grace: NO_REUSE,
      forgiveFor: 0,
      idleTimeout: undefined,
      isSeen: false,
    })
    if (!('generation' in result) || result.generation <= known) return isBehind
    known = result.generation
  }
  return isBehind
}
