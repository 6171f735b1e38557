import {
  createMemoryStore,
  createSignInGuard,
  createSojourn,
  type Counters,
  type GuardContext,
  type SignInGuard,
  type SignInGuardOptions,
  type SignInIncoming,
  type SignInNotice,
  type SojournEvents,
} from '../../../src/index.js'
import { createManualClock, type ManualClock } from '../../../src/testing/manual-clock.js'
import { SECRET } from '../../support/sojourn.js'

/** A person, or somebody who is none, at a browser. */
export interface Try {
  readonly account?: string
  readonly address?: string
  readonly password?: string
  /** The browser's cookies; a success adds to it. */
  readonly cookie?: string
}

export type Outcome =
  | { readonly is: 'right'; readonly cookie: string; readonly suspicious: readonly string[] }
  | { readonly is: 'wrong' }
  | {
      readonly is: 'refused'
      readonly code: string
      readonly retryAfter: number
      readonly body: object
    }

export interface World {
  readonly guard: SignInGuard
  readonly clock: ManualClock
  readonly context: GuardContext
  /** How many passwords were checked. */
  readonly checked: () => number
  readonly told: { readonly name: string; readonly event: Record<string, unknown> }[]
  readonly notices: SignInNotice[]
  /** As an application's route does it. The right password of everybody is `right`. */
  signIn(facts: Try): Promise<Outcome>
  /** The events of one name, once they have been heard. */
  heard(name: keyof SojournEvents): Promise<Record<string, unknown>[]>
}

const HEARD = [
  'signin.failed',
  'signin.locked',
  'signin.unlocked',
  'signin.suspicious',
  'credential.changed',
] as const

export function world(
  options: SignInGuardOptions = {},
  around: (counters: Counters) => Counters = (counters) => counters,
  secrets: readonly string[] = [SECRET],
  startAt?: number,
): World {
  const clock = createManualClock(startAt)
  const sojourn = createSojourn({
    secrets: [...secrets],
    clock,
    store: createMemoryStore({ clock }),
  })
  const context = { ...sojourn, counters: around(sojourn.counters) }
  const notices: SignInNotice[] = []
  const told: World['told'] = []
  for (const name of HEARD) sojourn.on(name, (event) => told.push({ name, event: { ...event } }))
  const guard = createSignInGuard(context, {
    delay: false,
    notify: (notice) => notices.push(notice),
    ...options,
  })
  let checked = 0
  return {
    guard,
    clock,
    context,
    told,
    notices,
    checked: () => checked,
    async signIn({ account = 'ada', password = 'wrong', ...facts }) {
      const start = await guard.begin({ account, subject: account, incoming: incoming(facts) })
      if (!start.isAllowed) {
        const { code, retryAfter = 0 } = start.refusal
        return { is: 'refused', code, retryAfter, body: start.refusal }
      }
      checked += 1
      await Promise.resolve()
      if (password !== 'right') {
        await start.attempt.failed({ password })
        return { is: 'wrong' }
      }
      const { cookie, suspicious } = await start.attempt.succeeded(account)
      return { is: 'right', cookie: pair(cookie), suspicious: suspicious.map(({ kind }) => kind) }
    },
    async heard(name) {
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setImmediate(resolve))
      return told.filter((one) => one.name === name).map(({ event }) => event)
    },
  }
}

export function incoming({ address = '203.0.113.1', cookie }: Try = {}): SignInIncoming {
  return {
    address,
    cookieHeader: cookie,
    isSecure: true,
    userAgent: 'Firefox',
    target: '/login?next=%2F',
  }
}

/** What a browser sends back of a `Set-Cookie` line. */
export function pair(line: string): string {
  return line.split(';', 1)[0] ?? ''
}

/** The `at`-th of many addresses, each in a network of its own. */
export function addressOf(at: number): string {
  return `198.${String(18 + (at >> 16))}.${String((at >> 8) & 255)}.${String(at & 255)}`
}

/** Tries one after another. */
export async function inTurn<Value>(
  count: number,
  step: (at: number) => Promise<Value>,
): Promise<Value[]> {
  const values: Value[] = []
  for (let at = 0; at < count; at += 1) values.push(await step(at))
  return values
}
