/**
 * How long news were under way, counted by ranges. A Prometheus histogram is made of it (telemetry/cache.ts), so the
 * bounds are chosen for that: around a network's round trip, and up to the default bound and beyond it.
 */
export interface DelayCounts {
  /** Milliseconds, rising. */
  readonly bounds: readonly number[]
  /** How many were at most as long as each bound and longer than the one before; last, the longer ones. */
  readonly counts: readonly number[]
  /** Milliseconds in all. */
  readonly sum: number
}

const BOUNDS: readonly number[] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000]

/** Counts delays. */
export class Delays implements DelayCounts {
  readonly #counts = new Array<number>(BOUNDS.length + 1).fill(0)
  #sum = 0

  get bounds(): readonly number[] {
    return BOUNDS
  }

  get counts(): readonly number[] {
    return [...this.#counts]
  }

  get sum(): number {
    return this.#sum
  }

  add(milliseconds: number): void {
    const place = BOUNDS.findIndex((bound) => milliseconds <= bound)
    const at = place < 0 ? BOUNDS.length : place
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.#sum += milliseconds
  }
}
