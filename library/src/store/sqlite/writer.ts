import { systemClock } from '../../system/clock.js'
import type { Connection, Durability } from './connection.js'
import { createCourtesy } from './courtesy.js'
import { isBusy, toFault } from './fault.js'
import { backOff } from './waiting.js'

/** The one who writes to the file, for all callers in this process. */
export interface Writer {
  /** Runs `work` in a transaction that commits as durably as asked, or more. All of it happens, or nothing. */
  write<T>(durability: Durability, work: () => T): Promise<T>
  /** Resolves when everything asked so far is answered. */
  settled(): Promise<void>
}

interface Job {
  readonly durability: Durability
  /** On the clock that never goes backwards; only the wait for the lock is measured. */
  readonly deadline: number
  readonly work: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (fault: unknown) => void
}

type Outcome = { readonly value: unknown } | { readonly error: unknown }

/** Writes that one commit may carry: it must not keep other processes out for long. */
const MOST_AT_ONCE = 64

/**
 * Writes of one turn of the event loop share a commit, and so one sync of the disk: the dearest step is
 * paid once for all the requests that wait for it. Each keeps its own savepoint, so that a mistake in
 * one caller's values undoes that one alone. `patience` is how long, in milliseconds, a write waits for
 * other processes; `committed` is called after every commit, before it is answered, and must not throw.
 */
export function createWriter(
  connection: Connection,
  patience: number,
  committed: () => void,
): Writer {
  const queue: Job[] = []
  const courtesy = createCourtesy()
  let draining: Promise<void> | undefined

  async function drain(): Promise<void> {
    let isBlocked = false
    while (queue.length > 0) {
      await (isBlocked ? backOff() : courtesy.giveWay())
      try {
        commitNext(connection, queue, committed)
        courtesy.wrote(isBlocked)
        isBlocked = false
      } catch (error) {
        isBlocked = true
        rejectHopeless(queue, error)
      }
    }
    draining = undefined
  }

  return {
    write: <T>(durability: Durability, work: () => T) =>
      new Promise<T>((resolve, reject) => {
        const deadline = systemClock.elapsed() + patience
        queue.push({ durability, deadline, work, resolve: resolve as Job['resolve'], reject })
        draining ??= drain()
      }),
    settled: async () => {
      await draining
    },
  }
}

/** Throws only where no transaction could be begun; the queue is untouched then. */
function commitNext(connection: Connection, queue: Job[], committed: () => void): void {
  const jobs = queue.slice(0, MOST_AT_ONCE)
  connection.begin(jobs.some((job) => job.durability === 'synced') ? 'synced' : 'written')
  queue.splice(0, jobs.length)
  try {
    const outcomes = jobs.map((job) => run(connection, job, jobs.length > 1))
    connection.exec('COMMIT')
    committed()
    for (const [index, job] of jobs.entries()) settle(job, outcomes[index])
  } catch (error) {
    rollBack(connection)
    for (const job of jobs) job.reject(toFault(error))
  }
}

function run(connection: Connection, job: Job, isShared: boolean): Outcome {
  if (!isShared) return { value: job.work() }
  connection.exec('SAVEPOINT one')
  try {
    const value = job.work()
    connection.exec('RELEASE one')
    return { value }
  } catch (error) {
    // After some faults (a full disk, say) SQLite has rolled everything back: then nobody's write stands.
    if (!connection.isTransaction) throw error
    connection.exec('ROLLBACK TO one; RELEASE one')
    return { error }
  }
}

function settle(job: Job, outcome: Outcome | undefined): void {
  if (outcome !== undefined && 'value' in outcome) job.resolve(outcome.value)
  else job.reject(toFault(outcome?.error))
}

function rollBack(connection: Connection): void {
  try {
    if (connection.isTransaction) connection.exec('ROLLBACK')
  } catch {
    // The first fault is the one to tell; an open transaction would make the next BEGIN fail and say so.
  }
}

/** A lock may still be released for those that came later; any other fault is the same for all. */
function rejectHopeless(queue: Job[], error: unknown): void {
  const now = systemClock.elapsed()
  const waiting = isBusy(error) ? queue.findIndex((job) => job.deadline > now) : -1
  const hopeless = queue.splice(0, waiting === -1 ? queue.length : waiting)
  for (const job of hopeless) job.reject(toFault(error))
}
