import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import type { SojournOptions } from '../../src/options.js'
import type { EventName, SojournEvents } from '../../src/session/events.js'
import { createMemoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'
import { createManualClock, type ManualClock } from '../../src/testing/manual-clock.js'

export const SECRET = 'a test secret that is long enough: 0123456789'

export interface Scene<Data extends object> {
  readonly sojourn: Sojourn<Data>
  readonly store: Store
  readonly clock: ManualClock
  /** Names of the store verbs called so far. */
  readonly calls: string[]
  /** Everything that was told, in order. */
  readonly told: { name: EventName; event: unknown }[]
}

const NAMES: readonly EventName[] = [
  'session.started',
  'session.renewed',
  'session.ended',
  'session.refused',
  'subject.revoked',
  'subject.disabled',
  'subject.enabled',
  'refresh.rotated',
  'refresh.reused',
  'refresh.refused',
  'impersonation.started',
  'signin.failed',
  'credential.rejected',
  'write.refused',
  'data.conflict',
  'data.invalid',
  'store.failed',
  'store.corrupt',
  'store.breaker',
  'cookie.diagnostic',
] satisfies readonly (keyof SojournEvents)[]

/** Sessions over a memory store and a clock that the test moves. */
export function scene<Data extends object = Record<string, unknown>>(
  options: Partial<SojournOptions<Data>> = {},
): Scene<Data> {
  const clock = createManualClock()
  const calls: string[] = []
  const store = recording(options.store ?? createMemoryStore({ clock }), calls)
  const sojourn = createSojourn<Data>({
    secrets: SECRET,
    clock,
    // Every read shows in `calls`; the near cache has tests of its own.
    cache: false,
    ...options,
    store,
  })
  const told: Scene<Data>['told'] = []
  for (const name of NAMES) sojourn.on(name, (event) => told.push({ name, event }))
  return { sojourn, store, clock, calls, told }
}

const VERBS = [
  'create',
  'read',
  'change',
  'rotate',
  'end',
  'endAll',
  'reap',
  'list',
  'readSubject',
  'changeSubject',
] as const

/** The same store, with the name of each verb noted as it is called. */
export function recording(store: Store, calls: string[]): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if ((VERBS as readonly unknown[]).includes(name)) calls.push(String(name))
        return Reflect.apply(value as (...args: unknown[]) => unknown, target, args)
      }
    },
  })
}

/** Lets listeners be told: they hear of events after the work at hand. */
export async function hearing(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
}

/** The option `tokens` that most tests use: no jitter, so that lifetimes can be compared. */
export const TOKENS = {
  issuer: 'https://app.example',
  audience: 'https://api.example',
  jitter: 0,
} as const
