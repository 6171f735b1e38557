import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, Client } from './client.js'

/** What was asked, when, and what came back. */
export interface Sample {
  readonly what: string
  /** On the clock of `performance.now()`. */
  readonly begunAt: number
  readonly answer: Answer
}

/** What a client does over and over. */
export interface Habit {
  readonly what: string
  /** Milliseconds between two requests. */
  readonly rest?: number
  ask(client: Client): Promise<Answer>
}

/** Clients that keep asking until they are stopped. */
export interface Load {
  readonly samples: readonly Sample[]
  /** Ends it. Answers by how many milliseconds this machine was late for its own timers, one time in a hundred. */
  stop(): Promise<number>
}

/** Milliseconds between two requests of one client, unless its habit says otherwise. */
const REST = 500

/** Each client takes one habit, in turn. A request that gets no answer at all fails `stop`. */
export function startLoad(clients: readonly Client[], habits: readonly Habit[]): Load {
  const samples: Sample[] = []
  const lateness = monitorEventLoopDelay({ resolution: 1 })
  lateness.enable()
  let isOver = false
  const live = async (client: Client, { what, ask, rest = REST }: Habit): Promise<void> => {
    while (!isOver) {
      const begunAt = performance.now()
      samples.push({ what, begunAt, answer: await ask(client) })
      await pause(rest)
    }
  }
  const all = clients.map((client, index) => live(client, habits[index % habits.length] as Habit))
  const done = Promise.all(all)
  // Whoever asks hears of it in `stop`.
  done.catch(() => undefined)
  return {
    samples,
    async stop() {
      isOver = true
      await done
      lateness.disable()
      return lateness.percentile(99) / 1e6
    },
  }
}

/**
 * Milliseconds of answers one after the other, each beside one for which nothing has to be asked (`/health/live`): where that
 * one is slow, the machine is.
 */
export async function timesBeside(
  client: Client,
  ask: () => Promise<Answer>,
  rounds = 40,
): Promise<{ readonly asked: readonly number[]; readonly beside: readonly number[] }> {
  const [asked, beside]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    asked.push((await ask()).milliseconds)
    beside.push((await client.get('/health/live', { cookie: '' })).milliseconds)
  }
  return { asked, beside }
}

/** By how many milliseconds this machine was late for its own timers at worst, from now until it is asked. */
export function watchLateness(): () => number {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  return () => {
    delay.disable()
    return delay.max / 1e6
  }
}

/** The smallest value that the given share of all values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
