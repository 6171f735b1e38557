/**
 * The composition root: options in, one `Sojourn` out. The only file that knows every part.
 */
import { createSessionTokens } from './credential/session-token.js'
import { createExchange, type Answer, type Exchange, type ExchangeParts } from './exchange.js'
import type { ResilienceOptions, SojournOptions } from './options.js'
import { createProxyTrust, type ProxyTrust } from './request/client-address.js'
import type { Incoming } from './request/incoming.js'
import { createSessionCookies } from './response/session-cookies.js'
import { createDeviceTraits } from './session/device.js'
import { createEvents, type EventName, type Events, type Listener } from './session/events.js'
import { createGuestAllowance } from './session/guest-allowance.js'
import { createRegister, type Register } from './session/register.js'
import { toSettings, type Settings } from './session/settings.js'
import { createUpkeep } from './session/upkeep.js'
import type { Core } from './session/visit.js'
import { createMemoryStore } from './store/memory.js'
import { createResilientStore } from './store/resilient.js'
import type { Store, StoreHealth } from './store/store.js'
import { systemClock, type Clock } from './system/clock.js'

/**
 * Sessions of one application.
 *
 * @typeParam Data - the shape of a session's data.
 */
export interface Sojourn<Data extends object> extends Register {
  /** Begins one request's dealings with its session. For adapters; costs no store call. */
  exchange(incoming: Incoming, answer?: Answer): Exchange<Data>
  /** Adds a listener for an event of the catalogue (`SojournEvents`); the answer removes it. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void
  /** Tells the event log of a failed sign-in: only the application knows of it. */
  reportSignInFailure(failure: {
    readonly reason: string
    readonly address: string
    readonly subject?: string
  }): void
  /** Reaches for the store. Throws `StoreUnavailable` where it cannot be reached. */
  check(): Promise<StoreHealth>
  /** Whom to believe about a client's address and scheme; for adapters. */
  readonly proxyTrust: ProxyTrust
  /** Name of the store in use, for logs. */
  readonly storeName: string
  /** Waits for what runs beside the answers: touches and tidying. */
  settled(): Promise<void>
  /** `settled`, then closes the store. A client that was passed into the store stays open. */
  close(): Promise<void>
}

/**
 * Makes the sessions of one application.
 *
 * ```ts
 * const sojourn = createSojourn<{ cart: string[] }>({ secrets: process.env.SESSION_SECRET, store })
 * ```
 *
 * Throws `InvalidOption` for options that are wrong or do not go together.
 */
export function createSojourn<Data extends object = Record<string, unknown>>(
  options: SojournOptions<Data>,
): Sojourn<Data> {
  const settings = toSettings(options)
  const clock = options.clock ?? systemClock
  const events = createEvents()
  const store = guardStore(
    options.store ?? createMemoryStore({ clock }),
    settings,
    events,
    options.resilience?.onCall,
    clock,
  )
  const deviceTraits = createDeviceTraits(settings)
  const upkeep = createUpkeep({ store, events, touchEvery: settings.touchEvery, deviceTraits })
  const core: Core = {
    settings,
    store,
    events,
    upkeep,
    deviceTraits,
    tokens: createSessionTokens(settings.secrets, settings.secretBytes),
    guests: createGuestAllowance(settings.anonymousPerMinute, clock),
  }
  const parts: ExchangeParts = {
    core,
    cookies: createSessionCookies(options.cookie ?? {}, settings.secrets),
    schemas: options.schema ?? {},
  }
  return {
    ...createRegister(store, events, upkeep),
    exchange: (incoming, answer = UNSENT) => createExchange(parts, incoming, answer),
    on: (name, listener) => events.on(name, listener),
    reportSignInFailure({ reason, address, subject }) {
      events.emit('signin.failed', { reason, address, subject })
    },
    check: async () => store.check(),
    proxyTrust: createProxyTrust(options.trustProxy),
    storeName: store.name,
    settled: async () => upkeep.settled(),
    async close() {
      await upkeep.settled()
      await store.close()
    },
  }
}

/** An answer that waits for `commit`. */
const UNSENT: Answer = {}

function guardStore(
  store: Store,
  settings: Settings,
  events: Events,
  onCall: ResilienceOptions['onCall'],
  clock: Clock,
): Store {
  return createResilientStore(store, {
    commandDeadline: settings.commandDeadline,
    failuresToOpen: settings.failuresToOpen,
    probeEvery: settings.probeEvery,
    clock,
    onStateChange(state) {
      events.emit('store.breaker', { state })
    },
    onCall(verb, milliseconds, outcome, fault) {
      onCall?.(verb, milliseconds, outcome)
      if (outcome === 'fault') {
        events.emit('store.failed', { operation: verb, message: fault?.message ?? 'unknown fault' })
      }
    },
  })
}
