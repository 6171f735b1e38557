/** What has to hold of every answer while a Redis is in trouble, whatever the trouble is. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { WebAnswer } from '../support/web.js'
import type { App, Person } from './app.js'

/** What was asked, when, and what came back. */
export interface Sample {
  readonly what: string
  /** On the clock of `performance.now()`. */
  readonly begunAt: number
  readonly milliseconds: number
  readonly answer: WebAnswer
  /** Whose cookie was shown. */
  readonly person: string | undefined
}

/** Notes every answer and every rejection that nobody handled. */
export interface Watch {
  readonly samples: Sample[]
  /** Asks, and notes the answer. */
  ask(what: string, act: () => Promise<WebAnswer>, person?: string): Promise<WebAnswer>
  /** Milliseconds by which this machine was late for its own timers at the worst: nobody's fault. */
  lateness(): number
  /** Ends the watch: fails for a rejection that nobody handled, and for an answer about somebody else. */
  stop(): Promise<void>
}

export function watchFaults(): Watch {
  const samples: Sample[] = []
  const rejections: unknown[] = []
  const note = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', note)
  process.on('uncaughtExceptionMonitor', note)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  return {
    samples,
    async ask(what, act, person) {
      const begunAt = performance.now()
      const answer = await act()
      const milliseconds = performance.now() - begunAt
      samples.push({ what, begunAt, milliseconds, answer, person })
      return answer
    },
    lateness: () => delay.max / 1e6,
    async stop() {
      // Whoever rejects does so before this.
      await pause(20)
      delay.disable()
      process.off('unhandledRejection', note)
      process.off('uncaughtExceptionMonitor', note)
      expect(rejections).toEqual([])
      expect(samples.filter(isAboutSomebodyElse)).toEqual([])
    },
  }
}

/** An answer that names somebody other than who asked. */
function isAboutSomebodyElse({ answer, person }: Sample): boolean {
  if (!answer.body.includes('"subject"')) return false
  const { subject } = JSON.parse(answer.body) as { subject?: string | null }
  return typeof subject === 'string' && subject !== person
}

/** What people do, each over and over, until it is ended. */
export interface Load {
  end(): Promise<void>
}

/** Milliseconds between two requests of one person. */
const REST = 150

/** Each person does one thing: looks, looks at what is public, writes, exchanges tokens, signs in anew, or has no session. */
export function startLoad(watch: Watch, app: App, people: readonly Person[]): Load {
  let isOver = false
  const visitor = app.visitor()
  const habits: readonly ((person: Person, round: number) => Promise<unknown>)[] = [
    ({ name, web }) => watch.ask('look', () => web.get('/me'), name),
    ({ name, web }) => watch.ask('public', () => web.get('/public'), name),
    ({ name, web }, round) =>
      watch.ask('write', () => web.post('/write', { [`write ${String(round)}`]: true }), name),
    ({ name, tokens }) =>
      watch.ask(
        'refresh',
        () => {
          return app.visitor().post('/auth/refresh', { refreshToken: tokens.refreshToken })
        },
        name,
      ),
    () => watch.ask('sign in', () => app.visitor().post('/login', { name: 'late' })),
    () => watch.ask('free', () => visitor.get('/free')),
    () => watch.ask('public, nobody', () => visitor.get('/public')),
  ]
  const live = async (person: Person, habit: (typeof habits)[number]): Promise<void> => {
    for (let round = 0; !isOver; round += 1) {
      await habit(person, round)
      await pause(REST)
    }
  }
  const all = people.map((person, at) =>
    live(person, habits[at % habits.length] as (typeof habits)[number]),
  )
  const done = Promise.all(all)
  // Whoever asks hears of it in `end`.
  done.catch(() => undefined)
  return {
    async end() {
      isOver = true
      await done
    },
  }
}

/** How many people it takes for each to do something else. */
export const HABITS = 7

/** "Not now": told as such, to be asked again, and nothing about it changes what the browser holds. */
export function expectUnavailable(answer: WebAnswer): void {
  expect([answer.status, answer.body]).toEqual([503, expect.stringContaining('store_unavailable')])
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  expect(answer.cookies).toEqual([])
  expect(answer.body).not.toMatch(/accessToken|refreshToken/)
}

/** Answers given while the store is away. */
export function expectOutage(samples: readonly Sample[], lateness: number): void {
  expect(samples.length).toBeGreaterThan(20)
  for (const { what, answer, milliseconds } of samples) {
    expect([what, answer.cookies]).toEqual([what, []])
    expect(milliseconds).toBeLessThan(1_000 + lateness)
    if (what === 'public' || what === 'public, nobody') {
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { subject: null }])
    } else if (what === 'free') expect(answer.status).toBe(200)
    else expectUnavailable(answer)
  }
}

/** The smallest value that the given share of all values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

/** Milliseconds until `isTrue`, looking every 20; fails after `atMost`. */
export async function howLongUntil(
  isTrue: () => Promise<boolean>,
  atMost: number,
): Promise<number> {
  const start = performance.now()
  while (!(await isTrue())) {
    if (performance.now() - start > atMost) throw new Error(`not within ${String(atMost)} ms`)
    await pause(20)
  }
  return performance.now() - start
}
