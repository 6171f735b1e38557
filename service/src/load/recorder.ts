import { Latencies, type Percentiles } from './latencies.js'

/**
 * What came of one request: the status of its answer, or why there was none. `not-sent` is a request that was due
 * in an open loop and had no connection to go out on before the end.
 */
export type Outcome = number | 'timeout' | 'connection' | 'not-sent'

/** One request that is over. */
export interface Sample {
  readonly operation: string
  readonly outcome: Outcome
  /** From the instant it was due (open loop) or sent (closed loop) to the last byte of its answer. Milliseconds. */
  readonly took: number
  /** The same from the instant it was sent. */
  readonly served: number
  readonly bytes: { readonly received: number; readonly sent: number }
}

/** What is known of one operation. */
export interface OperationFacts {
  readonly operation: string
  readonly count: number
  /** By {@link Outcome}, as text; only of what failed. */
  readonly errors: Readonly<Record<string, number>>
  /** How long answered requests took, good or bad, in milliseconds. */
  readonly latency: Percentiles
  readonly bytes: { readonly received: number; readonly sent: number }
}

/** What has been recorded so far. */
export interface Facts {
  readonly operations: readonly OperationFacts[]
  readonly all: OperationFacts
  /** As `all.latency`, from the instant of sending: what a tool would tell that leaves out the waiting. */
  readonly served: Percentiles
}

/** How things go, for who watches. */
export interface Live {
  readonly count: number
  readonly errors: number
  readonly p50: number
  readonly p99: number
}

/** Whether an outcome counts as an error: everything but an answer below 400. */
export function isError(outcome: Outcome): boolean {
  return typeof outcome !== 'number' || outcome >= 400
}

class Tally {
  count = 0
  received = 0
  sent = 0
  readonly errors = new Map<string, number>()
  readonly latencies = new Latencies()

  add({ outcome, took, bytes }: Sample): void {
    this.count += 1
    this.received += bytes.received
    this.sent += bytes.sent
    // Who got no answer in time has taken as long as that; a request that never left has no such time.
    if (typeof outcome === 'number' || outcome === 'timeout') this.latencies.add(took)
    if (isError(outcome)) {
      this.errors.set(String(outcome), (this.errors.get(String(outcome)) ?? 0) + 1)
    }
  }

  facts(operation: string): OperationFacts {
    return {
      operation,
      count: this.count,
      errors: Object.fromEntries(this.errors),
      latency: this.latencies.percentiles,
      bytes: { received: this.received, sent: this.sent },
    }
  }
}

/** Counts and times what comes of requests, by operation. */
export class Recorder {
  readonly #operations: Map<string, Tally>
  readonly #all = new Tally()
  readonly #served = new Latencies()
  readonly #recent = new Latencies()
  #errors = 0

  /** @param operations - in the order of the tables. */
  constructor(operations: readonly string[]) {
    this.#operations = new Map(operations.map((name) => [name, new Tally()]))
  }

  add(sample: Sample): void {
    this.#operations.get(sample.operation)?.add(sample)
    this.#all.add(sample)
    if (isError(sample.outcome)) this.#errors += 1
    if (typeof sample.outcome !== 'number') return
    this.#served.add(sample.served)
    this.#recent.add(sample.took)
  }

  /** How it stands; percentiles are of what was answered since this was last asked. */
  live(): Live {
    const [p50, p99] = [this.#recent.at(50), this.#recent.at(99)]
    this.#recent.reset()
    return { count: this.#all.count, errors: this.#errors, p50, p99 }
  }

  facts(): Facts {
    return {
      operations: [...this.#operations].map(([operation, tally]) => tally.facts(operation)),
      all: this.#all.facts('all'),
      served: this.#served.percentiles,
    }
  }
}
