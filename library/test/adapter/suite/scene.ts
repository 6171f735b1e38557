import { createManualClock, type ManualClock } from '../../../src/testing/manual-clock.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import type { SojournOptions } from '../../../src/options.js'
import { createSojourn, type Sojourn } from '../../../src/sojourn.js'
import type { Store } from '../../../src/store/store.js'
import { recording, SECRET, TOKENS } from '../../support/sojourn.js'
import { WebClient, type RunningServer } from '../../support/web.js'
import type { Data, Framework } from './routes.js'

/** What the store does with whatever is asked of it. */
export type Mood = 'well' | 'throws' | 'silent'

/** An application of one framework, and everything behind it. */
export interface Play {
  readonly sojourn: Sojourn<Data>
  readonly clock: ManualClock
  /** Names of the store verbs called so far. */
  readonly calls: string[]
  readonly server: RunningServer
  mood: Mood
  visitor(): WebClient
  signedIn(as?: string): Promise<WebClient>
  close(): Promise<void>
}

export async function play(
  framework: Framework,
  options: Partial<SojournOptions<Data>> = {},
): Promise<Play> {
  const clock = createManualClock()
  const calls: string[] = []
  const state = { mood: 'well' as Mood }
  const store = moody(recording(createMemoryStore({ clock }), calls), state)
  const sojourn = createSojourn<Data>({
    secrets: SECRET,
    clock,
    cache: false,
    store,
    tokens: { ...TOKENS, refresh: { cookiePath: '/token/refresh' } },
    resilience: { commandDeadline: '50ms' },
    ...options,
  })
  const server = await framework.start(sojourn)
  const visitor = (): WebClient => new WebClient(server)
  return Object.assign(state, {
    sojourn,
    clock,
    calls,
    server,
    visitor,
    async signedIn(as = 'alice') {
      const client = visitor()
      await client.post(`/login?as=${as}`)
      calls.length = 0
      return client
    },
    async close() {
      await server.close()
      await sojourn.close()
    },
  })
}

function moody(store: Store, state: { mood: Mood }): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function' || name === 'bucketOf' || name === 'close') return value
      return (...args: unknown[]) => {
        if (state.mood === 'throws') return Promise.reject(new Error('connection refused'))
        if (state.mood === 'silent') return new Promise(() => undefined)
        return (value as (...args: unknown[]) => unknown).apply(target, args)
      }
    },
  })
}
