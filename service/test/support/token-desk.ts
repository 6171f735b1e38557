import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { Browser } from '../../../library/test/support/browser.js'
import { StoreUnavailable } from '../../../library/src/errors.js'
import { createSojourn } from '../../../library/src/sojourn.js'
import { createRedisStore } from '../../../library/src/store/redis/index.js'
import { openSqliteStore } from '../../../library/src/store/sqlite/index.js'
import type { SessionRecord } from '../../../library/src/store/record.js'
import type { Store } from '../../../library/src/store/store.js'
import type { StoredKeyRing } from '../../../library/src/keys/index.js'
import { loadConfig } from '../../src/config/load.js'
import { openStoredKeyRing } from '../../src/open-key-ring.js'
import type { Answer, Client } from './client.js'
import type { Environment } from './service.js'

/** Whoever may ask /oauth/revoke. */
export const OAUTH_CLIENT = { id: 'gateway', secret: 'gateway secret: t8Vn-3kQz-Lw7y-Pb2x-Rd5m' }
export const OAUTH_BASIC = `Basic ${Buffer.from(`${OAUTH_CLIENT.id}:${encodeURIComponent(OAUTH_CLIENT.secret)}`).toString('base64')}`

const privateKey = generateKeyPairSync('ed25519').privateKey

/** What several processes must have in common to accept each other's credentials. */
export const SHARED: Environment = {
  SESSION_SECRET: 'one secret for tokens: pZ7q-Xw2v-Lk9d-Nf4c',
  REFRESH_SECRET: 'and one to refresh: Hs6j-Bm3r-Wt8z-Qy5g-Kx2n',
  JWT_SECRET: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  JWT_ISSUER: 'https://tokens.example',
  JWT_AUDIENCE: 'https://tokens.example',
  OAUTH_CLIENTS: `${OAUTH_CLIENT.id}:${OAUTH_CLIENT.secret}`,
}

/** A session with all its credentials. */
export interface Holder {
  readonly sessionId: string
  /** A `Cookie` header. */
  readonly cookie: string
  readonly accessToken: string
  readonly refreshToken: string
}

/**
 * The session core over the same store and under the same secrets as running services, as one more process would
 * have it. It hands out credentials without a password, changes the key ring, and looks at records.
 */
export interface TokenDesk {
  readonly ring: StoredKeyRing
  readonly store: Store
  start(subject: string): Promise<Holder>
  /** A few at a time. */
  startMany(subject: string, count: number): Promise<readonly Holder[]>
  record(sessionId: string): Promise<SessionRecord | undefined>
  close(): Promise<void>
}

/** Milliseconds. What is looked at is the service, not how long this takes on a crowded machine. */
const PATIENCE = 5_000

export async function openDeskOnRedis(url: string, environment: Environment): Promise<TokenDesk> {
  const client = createClient({ url })
  client.on('error', () => undefined)
  await client.connect()
  const store = createRedisStore({ client, keyPrefix: 'sojourn:', lateAfter: PATIENCE })
  return openDesk(store, environment, () => {
    client.destroy()
  })
}

export async function openDeskOnSqlite(
  dataDir: string,
  environment: Environment,
): Promise<TokenDesk> {
  const store = await openSqliteStore({ file: join(dataDir, 'sessions.db'), busyTimeout: PATIENCE })
  return openDesk(store, environment, () => store.close())
}

function openDesk(
  store: Store,
  environment: Environment,
  close: () => void | Promise<void>,
): TokenDesk {
  const config = loadConfig({ NODE_ENV: 'test', ...environment })
  const ring = openStoredKeyRing(config, store)
  if (ring === undefined) throw new Error('this desk needs a ring that can be changed')
  const { tokens, secrets } = config
  const startOnce = async (subject: string): Promise<Holder> => {
    const browser = new Browser(sojourn)
    const facts = { isSecure: false, host: 'localhost', address: '127.0.0.1' }
    const issued = await browser.visit(async (session) => {
      await session.signIn(subject)
      return session.issueTokens()
    }, facts)
    return { ...issued, cookie: browser.cookie ?? '' }
  }
  const start = async (subject: string): Promise<Holder> => {
    for (let turn = 0; ; turn += 1) {
      try {
        return await startOnce(subject)
      } catch (error) {
        // Its own connection may not be back yet after an outage that a test made.
        if (!(error instanceof StoreUnavailable) || turn === 40) throw error
        await pause(50)
      }
    }
  }
  const sojourn = createSojourn({
    ...{ store, secrets: secrets.session.map((one) => one.reveal()), limit: false },
    cache: { maxStaleness: '0ms' },
    resilience: { commandDeadline: PATIENCE / 1_000 },
    tokens: {
      keys: ring,
      issuer: tokens.issuer,
      audience: tokens.audience,
      accessLifetime: tokens.accessLifetime,
      refresh: { secrets: secrets.refresh.map((one) => one.reveal()) },
    },
  })
  return {
    ring,
    store,
    start,
    async startMany(subject, count) {
      const holders: Holder[] = []
      const lane = async (): Promise<void> => {
        while (holders.length < count) holders.push(await start(subject))
      }
      await Promise.all(Array.from({ length: 8 }, lane))
      return holders.slice(0, count)
    },
    async record(sessionId) {
      const answer = await store.read(sessionId)
      return answer.status === 'found' ? answer.record : undefined
    },
    async close() {
      await sojourn.settled()
      await close()
    },
  }
}

/** Registers somebody, and answers who it is. */
export async function registerSubject(client: Client, username = 'ada'): Promise<string> {
  const body = { username, password: 'correct horse battery 9', deliver: 'cookie' }
  const answer = await client.post('/register', body, { cookie: '' })
  return answer.json<{ user: { id: string } }>().user.id
}

export const bearer = (
  accessToken: string,
): { headers: Record<string, string>; cookie: string } => ({
  headers: { Authorization: `Bearer ${accessToken}` },
  cookie: '',
})

/** Presents an access token. */
export const present = (client: Client, accessToken: string): Promise<Answer> =>
  client.get('/session', bearer(accessToken))

/** Presents a refresh token. */
export const refresh = (client: Client, refreshToken: string): Promise<Answer> =>
  client.post('/refresh', { refreshToken }, { cookie: '' })

/** What a refresh answers. */
export interface Pair {
  readonly accessToken: string
  readonly refreshToken: string
}
