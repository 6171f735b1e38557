import type { Answer, Grade, SignalName } from './options.js'

/** What one process has seen since it started. */
export interface AnomalyReport {
  readonly isShadow: boolean
  readonly byGrade: Readonly<Record<Exclude<Grade, 'none'>, number>>
  /** What followed, or in shadow mode: what would have. */
  readonly byAnswer: Readonly<Record<Answer, number>>
  readonly bySignal: Readonly<Partial<Record<SignalName, number>>>
  /** Requests refused, or that would have been, because their session is tied to another client. */
  readonly bindingMismatches: number
  /** Signals that cannot be given, because the privacy options keep too little of clients, or a hook is missing. */
  readonly blindTo: readonly SignalName[]
}

/** Counts for {@link AnomalyReport}. */
export class Tally {
  readonly #grades = { low: 0, medium: 0, high: 0 }
  readonly #answers = { observe: 0, notify: 0, 'step-up': 0, revoke: 0 }
  readonly #signals: Partial<Record<SignalName, number>> = {}
  #mismatches = 0

  count(signals: readonly SignalName[], grade: Exclude<Grade, 'none'>, answer: Answer): void {
    this.#grades[grade] += 1
    this.#answers[answer] += 1
    for (const signal of signals) this.#signals[signal] = (this.#signals[signal] ?? 0) + 1
  }

  countMismatch(): void {
    this.#mismatches += 1
  }

  report(isShadow: boolean, blindTo: readonly SignalName[]): AnomalyReport {
    return {
      isShadow,
      byGrade: { ...this.#grades },
      byAnswer: { ...this.#answers },
      bySignal: { ...this.#signals },
      bindingMismatches: this.#mismatches,
      blindTo,
    }
  }
}
