/**
 * The composition root: options in, one `Sojourn` out. The only file that knows every part.
 */
import { createSessionTokens, deriveKey } from './credential/session-token.js'
import { createExchange, type Answer, type Exchange, type ExchangeParts } from './exchange.js'
import type { GuardContext } from './guard/context.js'
import type { ResilienceOptions, SojournOptions } from './options.js'
import { createProxyTrust } from './request/client-address.js'
import type { Incoming } from './request/incoming.js'
import { createSessionCookies } from './response/session-cookies.js'
import { createDeviceTraits, type ClientPrivacy } from './session/device.js'
import { createClockWatch } from './session/clock-watch.js'
import { createCookieWatch } from './session/cookieless.js'
import { createValuesAtRest } from './session/encryption.js'
import { createEvents, type EventName, type Events, type Listener } from './session/events.js'
import { createGuestAllowance } from './session/guest-allowance.js'
import { createHeldSessions, type HeldSessions } from './session/held.js'
import type { PolicyName } from './session/policies.js'
import { inspectCredential, type CredentialReport } from './session/inspect.js'
import {
  createRegister,
  type Register,
  type RevokeOptions,
  type SessionPage,
} from './session/register.js'
import { revokeEverybody, type EverybodyRevoked } from './session/revoke-everybody.js'
import { toSettings, type Settings } from './session/settings.js'
import { findSession, pageOfEverybody, type FoundSession } from './session/survey.js'
import { createTokenKit } from './session/token-kit.js'
import { createTokens, type Tokens } from './session/tokens.js'
import { createUpkeep } from './session/upkeep.js'
import type { Core } from './session/visit.js'
import { createMemoryStore } from './store/memory.js'
import { createMemoryCounters } from './store/memory/counters.js'
import { createJournal, type Journal, type JournalStats } from './store/journal.js'
import { createNearCache, type NearCacheStats } from './store/near-cache.js'
import { createResilientStore } from './store/resilient.js'
import type { Store, StoreHealth, WalkStep } from './store/store.js'
import type { SessionId } from './store/record.js'
import { systemClock, type Clock } from './system/clock.js'

/**
 * Sessions of one application.
 *
 * @typeParam Data - the shape of a session's data.
 */
export interface Sojourn<Data extends object> extends Register, GuardContext {
  /** Begins one request's dealings with its session. For adapters; costs no store call. */
  exchange(incoming: Incoming, answer?: Answer): Exchange<Data>
  /** Adds a listener for an event of the catalogue (`SojournEvents`); the answer removes it. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void
  /**
   * Ends every session that lives now, guests' too. Takes as long as there are people (about a second for 10,000): for emergencies.
   * Throws `InvalidOption` where the store cannot walk over its sessions.
   */
  revokeEverybody(options?: RevokeOptions): Promise<EverybodyRevoked>
  /** Tells the event log of a failed sign-in: only the application knows of it. */
  reportSignInFailure(failure: {
    readonly reason: string
    readonly address: string
    readonly subject?: string
  }): void
  /**
   * Judges a session, access or refresh token as a request with it would be judged, check by check, for those who look for
   * a fault. Ends, extends and exchanges nothing; for administration, as the answer tells more than a client may know.
   */
  inspect(credential: string): Promise<CredentialReport>
  /** What there is to tell of a session by its id, live or over: for administration. */
  find(id: SessionId): Promise<FoundSession>
  /**
   * A part of all live sessions, in no order, for administration: it costs what there is. Throws `InvalidOption` where the
   * store cannot walk over its sessions.
   */
  everybody(step: WalkStep): Promise<SessionPage>
  /** Access and refresh tokens; its verbs throw `InvalidOption` where the option `tokens` is not set. */
  readonly tokens: Tokens
  /** How the near cache does, for metrics. */
  cacheStats(): NearCacheStats
  /** How the journal of ends does that is kept where the store may forget them (Redis), for metrics and readiness. */
  journalStats(): JournalStats
  /** Reaches for the store. Throws `StoreUnavailable` where it cannot be reached. */
  check(): Promise<StoreHealth>
  /** Sessions that something holds open. For `sojourn/live`. */
  readonly held: HeldSessions<Data>
  /** What the privacy options let be known of clients. For guards. */
  readonly privacy: ClientPrivacy
  /** How old a sign-in may be where `requireRecent` names no age. Milliseconds. */
  readonly recent: number
  /** The rule book for lifetimes that holds; `undefined`: none. */
  readonly policy: PolicyName | undefined
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
  const core = createCore(options)
  const { settings, store, events, upkeep } = core
  const parts: ExchangeParts = {
    core,
    cookies: createSessionCookies(
      options.cookie ?? {},
      settings.secrets,
      settings.tokens?.refreshCookiePath,
    ),
    schemas: options.schema ?? {},
  }
  return {
    ...createRegister(store, events, upkeep),
    exchange: (incoming, answer = UNSENT) => createExchange(parts, incoming, answer),
    on: (name, listener) => events.on(name, listener),
    report(name, event) {
      events.emit(name, event)
    },
    counters: store.counters ?? createMemoryCounters(core.clock),
    clock: core.clock,
    deriveKeys: (purpose) => settings.secrets.map((secret) => deriveKey(secret, purpose)),
    revokeEverybody: async ({ reason = 'revoked_admin' } = {}) =>
      revokeEverybody(store, events, reason),
    reportSignInFailure({ reason, address, subject }) {
      events.emit('signin.failed', { reason, address, subject })
    },
    find: async (id) => findSession(store, id),
    everybody: async (step) => pageOfEverybody(store, step),
    inspect: async (credential) => inspectCredential(core, credential),
    tokens: createTokens(core, parts.cookies.tokens),
    held: createHeldSessions(core, parts.schemas),
    cacheStats: () => store.stats(),
    journalStats: () => core.journal.stats(),
    check: async () => store.check(),
    proxyTrust: createProxyTrust(options.trustProxy),
    privacy: { address: settings.address, agent: settings.agent, traitsOf: core.deviceTraits },
    recent: settings.recent,
    policy: settings.policy,
    storeName: store.name,
    settled: async () => upkeep.settled(),
    async close() {
      await upkeep.settled()
      await store.close()
    },
  }
}

/** Milliseconds. */
const DOCUMENT_STALENESS = 500

/** What all requests share, and what sojourn.ts itself tells of. */
export interface OpenedCore extends Core {
  readonly journal: Journal
}

/**
 * What all requests share. For those in compat/ whose sessions are not presented by our own cookies and tokens:
 * they call the verbs of session/ themselves.
 */
export function createCore<Data extends object>(
  options: SojournOptions<Data>,
  clock: Clock = options.clock ?? systemClock,
): OpenedCore {
  const settings = toSettings(options)
  const events = createEvents()
  const given = options.store ?? createMemoryStore({ clock })
  const { maxStaleness, maxCacheEntries: maxEntries } = settings
  const guarded = guardStore(given, settings, events, options.resilience?.onCall, clock)
  const journal = keepJournal(guarded, settings, events, clock)
  const seen: OpenedCore['seen'] = new Set()
  const store = createNearCache(journal.store, {
    onSeen(id) {
      for (const hear of seen) hear(id)
    },
    maxStaleness,
    maxEntries,
    clock,
    // Key rings are checked this often anyway, by reading where nothing else tells of changes.
    maxDocumentStaleness: DOCUMENT_STALENESS,
  })
  const deviceTraits = createDeviceTraits(settings)
  const upkeep = createUpkeep({
    store,
    events,
    touchEvery: settings.touchEvery,
    doesForgive: (settings.tokens?.refreshForgive ?? 0) > 0,
    deviceTraits,
  })
  return {
    clock,
    settings,
    store,
    journal,
    events,
    clockWatch: createClockWatch(clock, events),
    seen,
    upkeep,
    deviceTraits,
    values: createValuesAtRest(settings.encryptionSecrets, events),
    kit: createTokenKit(settings, store, clock),
    tokens: createSessionTokens(settings.secrets, settings.secretBytes),
    cookieWatch: createCookieWatch(clock),
    guests: createGuestAllowance(settings.anonymousPerMinute, clock),
  }
}

/** An answer that waits for `commit`. */
const UNSENT: Answer = {}

/** Above the deadlines: an end that the store refuses is kept as well. */
function keepJournal(store: Store, settings: Settings, events: Events, clock: Clock): Journal {
  const policy = settings.onStoreReset
  const journal = createJournal(store, {
    clock,
    onStoreReset: policy,
    onRollback(entries) {
      events.emit('store.rollback', entries)
    },
    onReset() {
      events.emit('store.reset', { policy })
    },
    onEnded(id, subject, reason) {
      events.emit('session.ended', { id, subject, reason })
    },
    onAllEnded(subject, reason, count) {
      events.emit('subject.revoked', { subject, reason, count })
    },
  })
  // Whoever answers again need not be who answered before.
  events.on('store.breaker', ({ state }) => (state === 'closed' ? journal.verify() : undefined))
  return journal
}

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
    onStateChange(state, shard) {
      events.emit('store.breaker', shard === undefined ? { state } : { state, shard })
    },
    onCall(verb, milliseconds, outcome, fault) {
      onCall?.(verb, milliseconds, outcome)
      // Nobody asked for a pulse: those who ask will tell.
      if (outcome === 'fault' && verb !== 'pulse') {
        events.emit('store.failed', { operation: verb, message: fault?.message ?? 'unknown fault' })
      }
    },
  })
}
