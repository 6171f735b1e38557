import { errorsIn, missesOf, type Budget } from './budget.js'
import type { Facts } from './recorder.js'

/** Requests beside the measured ones, by what they were: the sum is what a server has counted. */
export type Counts = Readonly<Record<string, number>>

/** What a run was told to do. */
export interface Conditions {
  readonly target: string
  /** `service`: people at our own routes; `app`: fixed paths of any application. */
  readonly scenario: 'service' | 'app'
  /** What sends: Node's own client, or autocannon. */
  readonly sender: 'node:http' | 'autocannon'
  /** Requests a second in an open loop; `null`: a closed loop. */
  readonly rate: number | null
  readonly mix: string | null
  readonly users: number
  readonly accounts: number
  readonly connections: number
  /** Milliseconds. */
  readonly warmUp: number
  /** Milliseconds. */
  readonly duration: number
}

/** How the machine that sent did: where it was busy itself, latencies are partly its own. */
export interface Sender {
  /** Cores it has used, on average. */
  readonly cores: number
  /** Milliseconds by which its timers were late, 99 % of the time at most. */
  readonly lateness: number
}

export interface LoadReport extends Facts {
  readonly conditions: Conditions
  /** Milliseconds that were measured. */
  readonly lasted: number
  readonly isInterrupted: boolean
  readonly sender: Sender
  readonly beside: { readonly enrolment: Counts; readonly warmUp: Counts; readonly signOut: Counts }
  readonly errors: number
  /** Requests a second that were answered without an error. */
  readonly goodRate: number
  readonly budget: Budget
  /** How the budget was missed. */
  readonly misses: readonly string[]
}

export function toReport(
  measured: Pick<LoadReport, 'conditions' | 'lasted' | 'isInterrupted' | 'sender' | 'beside'>,
  facts: Facts,
  budget: Budget,
): LoadReport {
  const errors = errorsIn(facts.all.errors)
  const goodRate = (1_000 * (facts.all.count - errors)) / Math.max(1, measured.lasted)
  return { ...measured, ...facts, errors, goodRate, budget, misses: missesOf(facts, budget) }
}

/** How many requests of each operation were made. */
export function countsOf({ operations }: Facts): Counts {
  return Object.fromEntries(operations.map(({ operation, count }) => [operation, count]))
}
