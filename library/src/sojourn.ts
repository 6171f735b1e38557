/**
 * The composition root: options in, one `Sojourn` out. The only file that knows every part.
 */
import { createAccessTokenVerifier } from './credential/jwt/index.js'
import { createRefreshTokens } from './credential/refresh-token.js'
import { createSessionTokens, deriveKey } from './credential/session-token.js'
import { createExchange, type Answer, type Exchange, type ExchangeParts } from './exchange.js'
import { createDerivedKeyRing } from './keys/derived.js'
import type { KeyRing } from './keys/key-ring.js'
import type { ResilienceOptions, SojournOptions } from './options.js'
import { createProxyTrust, type ProxyTrust } from './request/client-address.js'
import type { Incoming } from './request/incoming.js'
import { NOTHING_OUT, type Outgoing } from './response/outgoing.js'
import { createSessionCookies } from './response/session-cookies.js'
import type { TokensToSend } from './response/token-cookies.js'
import { createDeviceTraits } from './session/device.js'
import { createEvents, type EventName, type Events, type Listener } from './session/events.js'
import { createGuestAllowance } from './session/guest-allowance.js'
import { kitOf } from './session/issue.js'
import { introspect, revokeToken, type Introspection } from './session/oauth.js'
import { refresh, type RefreshRequest, type RefreshResult } from './session/refresh.js'
import { createRegister, type Register } from './session/register.js'
import { toSettings, type Settings } from './session/settings.js'
import { createStoreClock } from './session/store-clock.js'
import type { TokenKit } from './session/token-kit.js'
import { createUpkeep } from './session/upkeep.js'
import type { Core } from './session/visit.js'
import { createMemoryStore } from './store/memory.js'
import type { Endings } from './store/change-feed.js'
import { createNearCache, type NearCache, type NearCacheStats } from './store/near-cache.js'
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
  /** Access and refresh tokens; its verbs throw `InvalidOption` where the option `tokens` is not set. */
  readonly tokens: Tokens
  /** How the near cache does, for metrics. */
  cacheStats(): NearCacheStats
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

/** What can be done with tokens from outside the requests of their holders. */
export interface Tokens {
  /** Whether the option `tokens` is set. */
  readonly isOn: boolean
  /** Exchanges a refresh token for a new pair. */
  refresh(token: string, request?: RefreshRequest): Promise<RefreshResult>
  /** Says whether a token is good now (RFC 7662). */
  introspect(token: string): Promise<Introspection>
  /** Ends the session that a token belongs to (RFC 7009), even where the token's time is over. `false`: nothing ended. */
  revoke(token: string): Promise<boolean>
  /** The public keys (RFC 7517 section 5). */
  jwks(): Promise<ReturnType<KeyRing['jwks']>>
  /** What ended since an instant by the store's clock, for verifiers without a store; `undefined` where the store cannot tell. */
  endings(since: number): Promise<Endings | undefined>
  /** The refresh token in this request's cookie. */
  refreshCookie(incoming: Incoming): string | undefined
  /** The pair as cookies, for pages that must not see tokens. */
  cookies(tokens: TokensToSend, incoming: Incoming): Outgoing
  readonly issuer: string
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
  const behindBreaker = guardStore(
    options.store ?? createMemoryStore({ clock }),
    settings,
    events,
    options.resilience?.onCall,
    clock,
  )
  const { maxStaleness, maxCacheEntries: maxEntries } = settings
  const store = createNearCache(behindBreaker, { maxStaleness, maxEntries, clock })
  const kit = createTokenKit(settings, store, clock)
  const deviceTraits = createDeviceTraits(settings)
  const upkeep = createUpkeep({
    store,
    events,
    touchEvery: settings.touchEvery,
    doesForgive: (settings.tokens?.refreshForgive ?? 0) > 0,
    deviceTraits,
  })
  const core: Core = {
    settings,
    store,
    events,
    upkeep,
    deviceTraits,
    kit,
    tokens: createSessionTokens(settings.secrets, settings.secretBytes),
    guests: createGuestAllowance(settings.anonymousPerMinute, clock),
  }
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
    reportSignInFailure({ reason, address, subject }) {
      events.emit('signin.failed', { reason, address, subject })
    },
    tokens: createTokens(core, parts),
    cacheStats: () => store.stats(),
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

function createTokenKit(
  { tokens, secrets }: Settings,
  documents: NearCache,
  clock: Clock,
): TokenKit | undefined {
  if (tokens === undefined) return undefined
  const { keys } = tokens
  const ring =
    typeof keys === 'function' ? keys(documents) : (keys ?? createDerivedKeyRing(secrets))
  const storeClock = createStoreClock(clock)
  const derived = (): string[] =>
    secrets.map((secret) => deriveKey(secret, 'refresh secret').toString('base64url'))
  return {
    settings: tokens,
    ring,
    clock: storeClock,
    refreshTokens: createRefreshTokens(tokens.refreshSecrets ?? derived(), tokens.refreshSeedBytes),
    verifier: createAccessTokenVerifier({
      keys: ring,
      algorithms: ring.algorithms,
      issuer: tokens.issuer,
      audience: tokens.audience,
      clock: storeClock,
      clockTolerance: tokens.clockTolerance,
    }),
  }
}

function createTokens(core: Core, { cookies }: ExchangeParts): Tokens {
  const { kit, store } = core
  return {
    isOn: kit !== undefined,
    issuer: kit?.settings.issuer ?? '',
    refresh: async (token, request) => refresh(core, token, request),
    introspect: async (token) => introspect(core, token),
    revoke: async (token) => revokeToken(core, token),
    async jwks() {
      const { ring } = kitOf(core)
      await ring.ensureFresh()
      return ring.jwks()
    },
    endings: async (since) => store.changes?.endings(since),
    refreshCookie: (incoming) => cookies.tokens?.readRefresh(incoming),
    cookies: (tokens, incoming) => cookies.tokens?.render(tokens, incoming) ?? NOTHING_OUT,
  }
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
