import type { About, Line, Operation, Outcome, Result } from '../history.js'

/** Writes a history down as it happens. */
export class Recorder {
  readonly lines: Line[]
  #calls = 0
  readonly #startedAt = performance.now()

  constructor(about: About) {
    this.lines = [about]
  }

  /** How many there were so far. */
  get calls(): number {
    return this.#calls
  }

  /** Milliseconds since the beginning. */
  now(): number {
    return Math.round((performance.now() - this.#startedAt) * 1_000) / 1_000
  }

  /** Before it is sent. The answer says what became of it. */
  invoke(
    client: number,
    process: number,
    operation: Operation,
  ): (outcome: Outcome, result?: Result) => void {
    const call = this.#calls++
    this.lines.push({ kind: 'invoke', call, at: this.now(), client, process, operation })
    return (outcome, result) => {
      const at = this.now()
      this.lines.push({ kind: 'complete', call, at, outcome, ...(result && { result }) })
    }
  }

  fault(what: string): void {
    this.lines.push({ kind: 'fault', at: this.now(), what })
  }
}
