import { join } from 'node:path'
import { createSojourn, type Sojourn, type TokenOptions } from 'sojourn'
import { createExpressAdapter, createNodeIncoming } from 'sojourn/express'
import { findSqliteDriver } from 'sojourn/sqlite'
import { createMetrics, observeCache, observeSojourn, observeStoreCalls } from 'sojourn/telemetry'
import type { Accounts } from './account/account.js'
import { createAccounts } from './account/accounts.js'
import { openDatabase, type DatabasePlace } from './account/database.js'
import { createPasswordHasher, PASSWORD_MINIMUM } from './account/password.js'
import { createQueue } from './account/queue.js'
import type { Config } from './config/config.js'
import type { Logger } from './log/index.js'
import { logEvents } from './log-events.js'
import {
  observeBuild,
  observePasswordQueue,
  observeProcess,
  observeSignIns,
} from './metrics/index.js'
import { openKeyRing } from './open-key-ring.js'
import { toPublicUser, type Parts, type SessionData } from './parts.js'
import { onRefused, onUnavailable } from './refused.js'
import { deviceLabel } from './route/respond.js'
import type { OpenedStore } from './session-store.js'

/** Passwords hashed at once, and how many may wait: each takes about 20 MB and 30 ms of one core. */
const HASHING = { atOnce: 2, waiting: 64 }
const VERSION = '0.1.0'
/** Reasons that the routes give to a failed sign-in. */
const FAILURES = ['credentials_invalid', 'password_wrong']

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
  const metrics = createMetrics()
  observeProcess(metrics)
  const queue = createQueue(HASHING)
  observePasswordQueue(metrics, () => queue.length)
  const passwordMinimum =
    config.mode === 'production' ? PASSWORD_MINIMUM.production : PASSWORD_MINIMUM.elsewhere
  const accounts = createAccounts({
    database: await openDatabase(await placeOf(config)),
    hasher: createPasswordHasher(queue),
    passwordMinimum,
  })
  observeBuild(metrics, { version: VERSION, store: opened.store.name })
  const onCall = observeStoreCalls(metrics, opened.store.name)
  const sojourn = createSojourn<SessionData>({
    ...sessionOptions(config),
    store: opened.store,
    resilience: { onCall },
    cache: { maxStaleness: `${config.session.cacheStaleness}ms` },
    tokens: tokenOptions(config, accounts),
  })
  observeCache(metrics, () => sojourn.cacheStats())
  observeSojourn(sojourn, metrics, { signInFailureReasons: FAILURES })
  logEvents(sojourn, log)
  reconnectOnSilence(sojourn, opened)
  const parts: Parts = {
    config,
    log,
    accounts,
    sojourn,
    metrics,
    passwordMinimum,
    web: createExpressAdapter(sojourn, {
      onRefused: (refusal, request, response) => onRefused(refusal, request, response, now),
      onUnavailable,
    }),
    countSignIn: observeSignIns(metrics),
    lifecycle: { isDraining: false },
    now,
    addressOf: (request) => createNodeIncoming(request, sojourn.proxyTrust).address,
  }
  return {
    parts,
    async close() {
      await sojourn.settled()
      await opened.close()
      await accounts.close()
    },
  }
}

function sessionOptions({ session, secrets, cookie, server, tokens, mode }: Config) {
  return {
    secrets: secrets.session.map((secret) => secret.reveal()),
    idle: session.idle,
    absolute: session.absolute,
    remember: session.remember,
    limit: { max: session.maxPerUser, whenFull: 'evict-oldest' as const },
    secretBytes: tokens.secretBytes,
    ...(server.trustProxy === undefined ? {} : { trustProxy: server.trustProxy }),
    privacy: { describeAgent: deviceLabel },
    cookie: {
      sameSite: cookie.sameSite,
      ...(cookie.name === undefined ? {} : { name: cookie.name }),
      ...(cookie.domain === undefined ? {} : { domain: cookie.domain }),
      ...(mode === 'production' && server.isSecure ? { secure: true as const } : {}),
    },
  }
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

async function placeOf({ database, dataDir }: Config): Promise<DatabasePlace> {
  if (database.kind === 'postgres') return { kind: 'postgres', url: database.url.reveal() }
  const module = await findSqliteDriver()
  return { kind: 'sqlite', file: database.file || join(dataDir, 'sojourn.db'), module }
}
