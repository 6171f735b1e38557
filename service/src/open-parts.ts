import {
  createSojourn,
  type PassiveFacts,
  type Sojourn,
  type SojournOptions,
  type Store,
  type TokenOptions,
} from 'sojourn'
import { createExpressAdapter, createNodeIncoming } from 'sojourn/express'
import { createLive } from 'sojourn/live'
import {
  createMetrics,
  observeAudit,
  observeCache,
  observeJournal,
  observeSignInGuard,
  observeSojourn,
  observeStoreCalls,
  showFrom,
  type Metrics,
} from 'sojourn/telemetry'
import type { Accounts } from './account/account.js'
import { createAccounts } from './account/accounts.js'
import { openDatabase } from './account/database.js'
import { createPasswordHasher, PASSWORD_MINIMUM } from './account/password.js'
import { createQueue, type Queue } from './account/queue.js'
import { openAudit } from './audit/open-audit.js'
import { createTrail } from './audit/trail.js'
import type { Config } from './config/config.js'
import { createSampler, createStoreView } from './console/index.js'
import { databasePlaceOf } from './database-place.js'
import { standardOutput, type Logger } from './log/index.js'
import { createKeyDesk } from './key-desk.js'
import { logEvents } from './log-events.js'
import {
  observeBuild,
  observeLog,
  observePasswordQueue,
  observeProcess,
  observeSignIns,
  observeStoreHealth,
  OWN_SERIES,
  SIGN_IN_FAILURES,
} from './metrics/index.js'
import { openKeyRing } from './open-key-ring.js'
import { toPublicUser, type Parts, type SessionData } from './parts.js'
import { createPlaces, noPlaces, type Places } from './places/index.js'
import { onRefused, onUnavailable } from './refused.js'
import { isSampleStream } from './route/admin/stream.js'
import { isEvents, STREAMS } from './route/events.js'
import { deviceLabel } from './route/respond.js'
import { watchSecretAges } from './secret-ages.js'
import { createNewSignIns } from './security/index.js'
import type { OpenedStore } from './session-store.js'
import { createGuard } from './sign-in/index.js'
import { openTracing, type Tracing } from './tracing/index.js'
import { VERSION } from './version.js'

/** Passwords hashed at once, and how many may wait: each takes about 20 MB and 30 ms of one core. */
const HASHING = { atOnce: 2, waiting: 64 }

// eslint-disable-next-line no-restricted-syntax -- the door itself: routes are given this
const now = (): number => Date.now()

/** Everything the routes need, opened, and how to let go of it again. */
export interface OpenedParts {
  readonly parts: Parts
  readonly close: () => Promise<void>
}

export async function openParts(
  config: Config,
  log: Logger,
  opened: OpenedStore,
): Promise<OpenedParts> {
  const tracing = await openTracing(config.operation.otlpEndpoint, { version: VERSION, log })
  const metrics = tracing?.metrics ?? createMetrics()
  const look = openMetrics(metrics, opened)
  const { database, accounts, passwordMinimum } = await openPeople(config, metrics)
  const sojourn = openSessions({ config, opened, accounts, tracing, metrics })
  logEvents(sojourn, log)
  const trail = createTrail(database)
  const newSignIns = createNewSignIns(database)
  const audited = openAudit(sojourn, { trail, newSignIns }, config.operation.audit, { log, now })
  observeAudit(metrics, () => audited.audit.stats())
  const stopAges = watchSecretAges({ config, documents: opened.store, metrics, log, now })
  const parts: Parts = {
    config,
    log,
    accounts,
    sojourn,
    metrics,
    tracing,
    audit: audited.audit,
    trail,
    newSignIns,
    places: await openPlaces(config, log),
    keys: createKeyDesk(config, opened.store),
    guard: observeSignInGuard(metrics, createGuard(sojourn, config)),
    passwordMinimum,
    web: createWeb(sojourn),
    live: createLive(sojourn, STREAMS),
    countSignIn: observeSignIns(metrics),
    sampler: createSampler({ metrics, look, isWanted: () => hasConsole(config, accounts), now }),
    lookAtStore: createStoreView({
      config,
      store: { name: opened.store.name, check: () => sojourn.check() },
      now,
    }),
    lifecycle: { isDraining: false },
    now,
    addressOf: (request) => createNodeIncoming(request, sojourn.proxyTrust).address,
  }
  parts.sampler.start()
  return {
    parts,
    async close() {
      stopAges()
      parts.sampler.close()
      parts.live.close()
      // What the store has yet to end is tried once more, and heard by the audit trail.
      await sojourn.close()
      await audited.close()
      await opened.close()
      await accounts.close()
      await tracing?.close()
    },
  }
}

/** Without a console nobody would see the samples, and the store is spared. */
async function hasConsole({ operation }: Config, accounts: Accounts): Promise<boolean> {
  if (operation.adminToken !== undefined) return true
  return accounts.hasAdministrator().catch(() => false)
}

interface SessionParts extends Pick<Parts, 'config' | 'accounts' | 'tracing' | 'metrics'> {
  readonly opened: OpenedStore
}

/** The session core on its store, watched. */
function openSessions({ config, opened, accounts, tracing, metrics }: SessionParts) {
  const onCall = observeStoreCalls(metrics, opened.store.name)
  const sojourn = traced(tracing, {
    ...sessionOptions(config),
    store: opened.store,
    resilience: { onCall },
    cache: { maxStaleness: `${config.session.cacheStaleness}ms` },
    tokens: tokenOptions(config, accounts),
  })
  observeSojourn(sojourn, metrics, { signInFailureReasons: SIGN_IN_FAILURES })
  observeMemory(sojourn, metrics, config)
  reconnectOnSilence(sojourn, opened)
  return sojourn
}

/** The database of people, and who hashes their passwords. */
async function openPeople(config: Config, metrics: Metrics) {
  const isProduction = config.mode === 'production'
  const passwordMinimum = PASSWORD_MINIMUM[isProduction ? 'production' : 'elsewhere']
  const database = await openDatabase(await databasePlaceOf(config))
  const accounts = createAccounts({
    database,
    hasher: createPasswordHasher(openHashing(metrics)),
    passwordMinimum,
    // The walks of the source documents sign in with `test123`, the 789th of the list.
    refusesCommonPasswords: isProduction,
  })
  return { database, accounts, passwordMinimum }
}

async function openPlaces({ operation }: Config, log: Logger): Promise<Places> {
  const { placesFile } = operation
  if (placesFile === undefined) return noPlaces
  const onFault = (error: unknown): void => {
    log.error({ event: 'places.failed', err: error }, 'The new file of places cannot be used')
  }
  return createPlaces(placesFile, { now, onFault })
}

function traced(
  tracing: Tracing | undefined,
  options: SojournOptions<SessionData> & { readonly store: Store },
): Sojourn<SessionData> {
  if (tracing === undefined) return createSojourn(options)
  return tracing.sojourn(createSojourn({ ...options, store: tracing.store(options.store) }))
}

/** What this process keeps of sessions, besides the store. */
function observeMemory(sojourn: Sojourn<SessionData>, metrics: Metrics, config: Config): void {
  observeCache(metrics, () => sojourn.cacheStats())
  showFrom(metrics, OWN_SERIES.cacheLimit, () => config.session.cacheStaleness / 1_000)
  if (config.redis !== undefined) observeJournal(metrics, () => sojourn.journalStats())
}

function createWeb(sojourn: Sojourn<SessionData>): Parts['web'] {
  return createExpressAdapter(sojourn, {
    onRefused: (refusal, request, response) => onRefused(refusal, request, response, now),
    onUnavailable,
  })
}

/** What is shown of everything but sessions; the answer looks at the store. */
function openMetrics(metrics: Metrics, { store }: OpenedStore): () => Promise<boolean> {
  observeProcess(metrics)
  observeLog(metrics, standardOutput())
  observeBuild(metrics, { version: VERSION, store: store.name })
  return observeStoreHealth(metrics, store)
}

function openHashing(metrics: Metrics): Queue {
  const observer = observePasswordQueue(metrics, () => queue.length)
  const queue = createQueue(HASHING, observer)
  return queue
}

function sessionOptions({ session, secrets, cookie, server, tokens, mode }: Config) {
  return {
    secrets: secrets.session.map((secret) => secret.reveal()),
    idle: session.idle,
    absolute: session.absolute,
    ...(session.policy === undefined ? {} : { policy: session.policy }),
    remember: session.remember,
    limit: { max: session.maxPerUser, whenFull: 'evict-oldest' as const },
    secretBytes: tokens.secretBytes,
    ...(server.trustProxy === undefined ? {} : { trustProxy: server.trustProxy }),
    isPassive,
    privacy: { describeAgent: deviceLabel },
    cookie: {
      sameSite: cookie.sameSite,
      diagnostics: mode === 'development',
      ...(cookie.name === undefined ? {} : { name: cookie.name }),
      ...(cookie.domain === undefined ? {} : { domain: cookie.domain }),
      ...(mode === 'production' && server.isSecure ? { secure: true as const } : {}),
    },
  }
}

/** A page that polls says so, lest it keep somebody signed in who has left. */
function isPassive(request: PassiveFacts): boolean {
  const { target } = request
  return request.header('sojourn-passive') === '1' || isEvents(target) || isSampleStream(target)
}

/** Where the breaker opens because calls were not answered at all, the connection may be what hangs. */
function reconnectOnSilence(sojourn: Sojourn<SessionData>, opened: OpenedStore): void {
  let isSilent = false
  sojourn.on('store.failed', ({ message }) => {
    isSilent = message.includes('did not answer within')
  })
  sojourn.on('store.breaker', ({ state }) => {
    if (state === 'open' && isSilent) opened.reconnect?.()
  })
}

/** Tokens say of a person what `JWT_ALLOWED_TOKEN_FIELDS` names, as it is at each refresh. */
function tokenOptions(config: Config, accounts: Accounts): TokenOptions {
  const { tokens, secrets } = config
  return {
    keys: (documents) => openKeyRing(config, documents),
    issuer: tokens.issuer,
    audience: tokens.audience,
    accessLifetime: tokens.accessLifetime,
    allowedClaims: tokens.allowedFields,
    async claims({ subject }) {
      const account = await accounts.get(subject)
      if (account === undefined || account.disabledAt !== undefined) return undefined
      const known: Readonly<Record<string, unknown>> = { ...toPublicUser(account) }
      return Object.fromEntries(
        tokens.allowedFields.flatMap((name) =>
          Object.hasOwn(known, name) ? [[name, known[name]]] : [],
        ),
      )
    },
    refresh: {
      lifetime: tokens.refreshLifetime,
      grace: tokens.refreshGrace,
      forgive: tokens.refreshForgive,
      secrets: secrets.refresh.map((secret) => secret.reveal()),
      seedBytes: tokens.secretBytes,
    },
  }
}
