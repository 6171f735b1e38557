/** An application as people build it with the library, for tests that take its Redis away. */
import { setTimeout as pause } from 'node:timers/promises'
import express from 'express'
import { Redis as IoRedis } from 'ioredis'
import { createClient } from 'redis'
import { createExpressAdapter } from '../../src/adapter/express.js'
import type { SojournOptions } from '../../src/options.js'
import type { EventName, SojournEvents } from '../../src/session/events.js'
import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import {
  createRedisStore,
  type RedisClient,
  type RedisStoreOptions,
} from '../../src/store/redis/index.js'
import { SECRET, TOKENS } from '../support/sojourn.js'
import { listen, WebClient, type WebAnswer } from '../support/web.js'

/** A client of the documentation's settings, connected, under the name `app`. */
export interface Connected {
  readonly client: RedisClient
  close(): void
}

export interface ConnectOptions {
  readonly username?: string
  readonly password?: string
}

async function connectNodeRedis(port: number, login: ConnectOptions = {}): Promise<Connected> {
  const client = createClient({
    ...login,
    name: 'app',
    disableOfflineQueue: true,
    socket: { host: '127.0.0.1', port, reconnectStrategy: 50 },
  })
  // No listener for 'error' here: the store attaches one (behaviour 4h). Before there is a store, nothing fails.
  await client.connect()
  return { client, close: () => client.destroy() }
}

async function connectIoRedis(port: number, login: ConnectOptions = {}): Promise<Connected> {
  const client = new IoRedis(port, '127.0.0.1', {
    ...login,
    connectionName: 'app',
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => 50,
  })
  await client.connect()
  return { client, close: () => client.disconnect() }
}

export type Connect = typeof connectNodeRedis

export const CLIENTS: readonly (readonly [name: string, connect: Connect])[] = [
  ['node-redis', connectNodeRedis],
  ['ioredis', connectIoRedis],
]

/** What happened, in the words of the event catalogue. */
export interface Told {
  readonly name: EventName
  readonly event: SojournEvents[EventName]
}

/** One call of a verb of the store. */
export interface Call {
  readonly verb: string
  readonly milliseconds: number
  readonly outcome: 'ok' | 'fault'
}

/** Somebody who signed in, with cookie and tokens. */
export interface Person {
  readonly name: string
  readonly web: WebClient
  /** The pair of the sign-in. */
  readonly tokens: Pair
}

export type Pair = Readonly<Record<'accessToken' | 'refreshToken', string>>

export interface App {
  readonly sojourn: Sojourn<Record<string, unknown>>
  readonly told: readonly Told[]
  readonly calls: readonly Call[]
  readonly url: string
  visitor(): WebClient
  signIn(name: string): Promise<Person>
  close(): Promise<void>
}

export interface AppOptions extends Partial<SojournOptions> {
  readonly redis?: Partial<RedisStoreOptions>
}

/** Starts it on a client, which is closed with it. */
export async function startApp(
  { client, close }: Connected,
  { redis, resilience, ...options }: AppOptions = {},
): Promise<App> {
  const calls: Call[] = []
  const told: Told[] = []
  const sojourn = createSojourn({
    secrets: SECRET,
    store: createRedisStore({ client, ...redis }),
    tokens: { ...TOKENS, jitter: 0 },
    resilience: {
      onCall: (verb, milliseconds, outcome) => void calls.push({ verb, milliseconds, outcome }),
      ...resilience,
    },
    ...options,
  })
  for (const name of NAMES) sojourn.on(name, (event) => told.push({ name, event }))
  const server = await listen(routes(sojourn))
  const visitor = (): WebClient => new WebClient(server)
  return {
    sojourn,
    told,
    calls,
    url: server.url,
    visitor,
    async signIn(name) {
      const web = visitor()
      // A crowded machine may miss a deadline before anything is wrong; what came of it all the same is ended.
      for (let turn = 0; ; turn += 1) {
        const answer = await web.post('/login', { name })
        if (answer.status === 200) return { name, web, tokens: JSON.parse(answer.body) as Pair }
        if (turn === 40) throw new Error(`nobody signed in: ${answer.body}`)
        await pause(100)
        await sojourn.revokeAll(name).catch(() => undefined)
      }
    },
    async close() {
      await server.close()
      await sojourn.close()
      close()
    },
  }
}

const NAMES: readonly EventName[] = [
  'session.started',
  'session.ended',
  'refresh.reused',
  'credential.rejected',
  'store.failed',
  'store.corrupt',
  'store.breaker',
]

/** What Express' own final handler goes by, too. */
interface Failure extends Error {
  readonly status?: number
  readonly code?: string
  readonly headers?: Readonly<Record<string, string>>
}

function routes(sojourn: Sojourn<Record<string, unknown>>): express.Express {
  const web = createExpressAdapter(sojourn)
  const app = express()
  const limit = web.limit({ name: 'login', quota: 10_000, window: '1h' })
  app.use(web.sessions, express.json())
  app.get('/free', (_request, response) => {
    response.json({ free: true })
  })
  const who = web.handler((request, response) => {
    response.json({ subject: request.session.subject ?? null })
  })
  app.get('/me', web.requireAuth(), who)
  app.get('/public', web.optionalAuth(), who)
  app.post(
    '/login',
    limit,
    web.handler(async (request, response) => {
      await request.session.signIn((request.body as { name: string }).name)
      response.json(await request.session.issueTokens())
    }),
  )
  app.post(
    '/write',
    web.requireAuth(),
    web.handler((request, response) => {
      for (const [key, value] of Object.entries(request.body as object)) {
        request.session.set(key, value)
      }
      response.json({ written: true })
    }),
  )
  app.get(
    '/data',
    web.requireAuth(),
    web.handler(async (request, response) => {
      response.json(await request.session.all())
    }),
  )
  app.post(
    '/logout',
    web.handler(async (request, response) => {
      await request.session.signOut()
      response.json({ out: true })
    }),
  )
  app.post('/auth/refresh', web.tokenRoutes.refresh)
  app.post('/revoke', web.tokenRoutes.revoke(new Map([['gateway', [GATEWAY_SECRET]]])))
  app.use(((error: Failure, _request, response, _next) => {
    response.set(error.headers ?? {}).status(error.status ?? 500)
    response.json({ code: error.code, message: error.message })
  }) as express.ErrorRequestHandler)
  return app
}

const GATEWAY_SECRET = 'the secret of the gateway'

/** Ends a session by one of its tokens. */
export async function revoke(web: WebClient, token: string): Promise<WebAnswer> {
  const basic = Buffer.from(`gateway:${GATEWAY_SECRET}`).toString('base64')
  return web.post('/revoke', { token }, { headers: { authorization: `Basic ${basic}` } })
}

/** Shows an access token, and no cookie. */
export async function present(app: App, accessToken: string): Promise<WebAnswer> {
  return app.visitor().get('/me', { headers: { authorization: `Bearer ${accessToken}` } })
}

/** Exchanges a refresh token, without a cookie. */
export async function refresh(app: App, refreshToken: string): Promise<WebAnswer> {
  return app.visitor().post('/auth/refresh', { refreshToken })
}
