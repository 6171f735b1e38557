import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, Client } from './client.js'
import { bearer, refresh, type Holder, type Pair } from './token-desk.js'

/** One person who goes on with whatever tokens were given last. */
interface Person {
  readonly cookie: string
  pair: Pair
  isRefreshing: boolean
}

/** What came of so many requests a second. */
export interface Outcome {
  readonly asked: number
  /** Requests a second that were really sent. */
  readonly rate: number
  /** Answers other than 200, and requests without any. */
  readonly failures: readonly string[]
  /** Of those, how many said that the store does not answer. */
  readonly unavailable: number
  /** Milliseconds by which this machine was late for its own timers at the worst. */
  readonly lateness: number
  /** Every access token that was accepted after it was issued in a refresh. */
  readonly tokens: readonly string[]
}

export interface SteadyLoad {
  /** The services that are asked now: change it while one of them restarts. */
  clients: readonly Client[]
  /** Resolves when nothing is on its way that was sent before. */
  drained(): Promise<void>
  stop(): Promise<Outcome>
}

const TICK = 10

/**
 * Asks at a steady rate, whatever the answers: of five requests, three show an access token, one a cookie, and one
 * exchanges a refresh token. Services take turns.
 */
export function startSteadyLoad(
  clients: readonly Client[],
  holders: readonly Holder[],
  perSecond: number,
): SteadyLoad {
  const people = holders.map(({ cookie, accessToken, refreshToken }): Person => {
    return { cookie, pair: { accessToken, refreshToken }, isRefreshing: false }
  })
  const failures: string[] = []
  const tokens = new Set<string>()
  const onTheirWay = new Set<Promise<void>>()
  const lateness = monitorEventLoopDelay({ resolution: 1 })
  lateness.enable()
  const begunAt = performance.now()
  let asked = 0
  let isOver = false
  let unavailable = 0

  const note = (what: string, client: Client, answer: Answer): void => {
    if (answer.status === 503) unavailable += 1
    failures.push(`${what} at ${client.origin}: ${answer.status} ${answer.text.slice(0, 200)}`)
  }
  const exchange = async (person: Person, client: Client): Promise<void> => {
    person.isRefreshing = true
    const answer = await refresh(client, person.pair.refreshToken)
    if (answer.status === 200) person.pair = answer.json()
    else note('refresh', client, answer)
    person.isRefreshing = false
  }
  const show = async (
    { cookie, pair }: Person,
    client: Client,
    isByCookie: boolean,
  ): Promise<void> => {
    const facts = isByCookie ? { cookie } : bearer(pair.accessToken)
    const answer = await client.get('/session', facts)
    if (answer.status !== 200) note(isByCookie ? 'cookie' : 'bearer', client, answer)
    else if (!isByCookie) tokens.add(pair.accessToken)
  }
  const ask = (): void => {
    const turn = asked
    asked += 1
    const client = load.clients[turn % load.clients.length] as Client
    const person = people[Math.floor(Math.random() * people.length)] as Person
    const isExchange = turn % 5 === 4 && !person.isRefreshing
    const asking = (isExchange ? exchange(person, client) : show(person, client, turn % 5 === 3))
      .catch((error: unknown) => {
        person.isRefreshing = false
        failures.push(String(error))
      })
      .finally(() => onTheirWay.delete(asking))
    onTheirWay.add(asking)
  }
  const run = async (): Promise<void> => {
    while (!isOver) {
      const due = ((performance.now() - begunAt) / 1_000) * perSecond
      while (asked < due) ask()
      await pause(TICK)
    }
  }
  const drained = async (): Promise<void> => {
    await Promise.all(onTheirWay)
  }
  const load: SteadyLoad = {
    clients,
    drained,
    async stop() {
      isOver = true
      await running
      const rate = asked / ((performance.now() - begunAt) / 1_000)
      await drained()
      lateness.disable()
      const late = lateness.max / 1e6
      return { asked, rate, failures, unavailable, lateness: late, tokens: [...tokens] }
    },
  }
  const running = run()
  return load
}
