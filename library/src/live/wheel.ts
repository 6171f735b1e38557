import type { Clock } from '../system/clock.js'

/** Something that is to happen at an instant. One object each, made once and set again and again. */
export interface Due {
  run(): void
}

/** Milliseconds. What is due happens at most this long after its instant, and the time the process is busy. */
export const TICK = 100
const SLOTS = 1_024

interface Place {
  readonly at: number
  readonly slot: Set<Due>
}

/**
 * One timer for all connections (a hashed timing wheel): setting, moving and dropping an instant costs the same whether
 * there are ten or ten thousand. It turns only while something is set, and never keeps the process alive.
 */
export class Wheel {
  readonly #clock: Clock
  readonly #onTurn: () => void
  readonly #slots: readonly Set<Due>[] = Array.from({ length: SLOTS }, () => new Set<Due>())
  readonly #places = new Map<Due, Place>()
  #turned: number
  #timer: ReturnType<typeof setInterval> | undefined

  /** @param onTurn - what happens each time besides. */
  constructor(clock: Clock, onTurn: () => void) {
    this.#clock = clock
    this.#onTurn = onTurn
    this.#turned = tickOf(clock.elapsed())
  }

  /** How many instants are set. */
  get size(): number {
    return this.#places.size
  }

  /** Sets, or moves, what happens at `at` (by `clock.elapsed()`). */
  set(due: Due, at: number): void {
    this.drop(due)
    if (this.#timer === undefined) {
      this.#turned = tickOf(this.#clock.elapsed()) - 1
      this.#timer = setInterval(() => {
        this.turn()
      }, TICK).unref()
    }
    // What is overdue goes where the wheel comes by next.
    const slot = this.#slotAt(Math.max(tickOf(at), this.#turned + 1))
    slot.add(due)
    this.#places.set(due, { at, slot })
  }

  drop(due: Due): void {
    const place = this.#places.get(due)
    if (place === undefined) return
    place.slot.delete(due)
    this.#places.delete(due)
    if (this.#places.size === 0) this.stop()
  }

  /** Does what is due by now. The timer calls it. */
  turn(): void {
    const now = this.#clock.elapsed()
    const last = tickOf(now) - 1
    const first = Math.max(this.#turned + 1, last - SLOTS + 1)
    this.#turned = Math.max(this.#turned, last)
    for (let tick = first; tick <= last; tick += 1) this.#turnOne(this.#slotAt(tick), now)
    this.#onTurn()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #turnOne(slot: Set<Due>, now: number): void {
    for (const due of [...slot]) {
      const place = this.#places.get(due)
      if (place?.slot !== slot || place.at > now) continue
      this.drop(due)
      due.run()
    }
  }

  #slotAt(tick: number): Set<Due> {
    const slot = this.#slots[((tick % SLOTS) + SLOTS) % SLOTS]
    if (slot === undefined) throw new RangeError('no such slot')
    return slot
  }
}

function tickOf(instant: number): number {
  return Math.floor(instant / TICK)
}
