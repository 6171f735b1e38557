/**
 * apps/ holds what is under test, each as one process: an Express application that can do what history.ts names. They differ in
 * nothing but their sessions. A process is told in its first argument how to run, says on which port it listens, and ends when
 * its standard input does.
 *
 * This one: sojourn on Redis, on a cluster or on an SQLite file that processes share.
 */
import express, { type ErrorRequestHandler } from 'express'
import { createClient, createCluster } from 'redis'
import { createExpressAdapter } from '../../../src/adapter/express.js'
import { createSojourn } from '../../../src/sojourn.js'
import { createRedisStore } from '../../../src/store/redis/index.js'
import { openSqliteStore } from '../../../src/store/sqlite/index.js'
import type { Store } from '../../../src/store/store.js'
import { listen, type Orders, type Work, work } from './process.js'

const orders = JSON.parse(process.argv[2] ?? '{}') as Orders
const store = await openStore(orders)
const sojourn = createSojourn<Record<string, unknown>>({
  secrets: 'a secret of a laboratory: 0123456789 0123456789',
  store,
  limit: false,
  tokens: { issuer: 'https://app.example', audience: 'https://api.example' },
  ...(orders.isStrict ? { cache: false as const } : {}),
})
const web = createExpressAdapter(sojourn)

async function openStore({ topology, ports = [], file = '' }: Orders): Promise<Store> {
  if (topology === 'sqlite') return openSqliteStore({ file })
  const socket = {
    connectTimeout: 1_000,
    reconnectStrategy: (tries: number) => Math.min(50 * (tries + 1), 500),
  }
  if (topology === 'cluster') {
    const rootNodes = ports.map((port) => ({ socket: { host: '127.0.0.1', port } }))
    const cluster = createCluster({ rootNodes, defaults: { disableOfflineQueue: true, socket } })
    cluster.on('error', () => undefined)
    await cluster.connect()
    return createRedisStore({ client: cluster })
  }
  const open = (port: number): ReturnType<typeof createClient> => {
    const client = createClient({
      socket: { ...socket, host: '127.0.0.1', port },
      disableOfflineQueue: true,
    })
    client.on('error', () => undefined)
    client.connect().catch(() => undefined)
    return client as never
  }
  const [main = 0, listening = main] = ports
  const subscriber = orders.isStrict ? {} : { subscriber: open(listening) as never }
  return createRedisStore({ client: open(main), ...subscriber })
}

const app = express()
app.use(web.sessions)
app.use(express.json())

app.post(
  '/sign-in',
  web.handler(async ({ session, body }, response) => {
    const { subject } = body as Work
    await session.signIn(subject)
    const { accessToken, refreshToken } = await session.issueTokens()
    response.json({ id: session.id, accessToken, refreshToken })
  }),
)

const read = web.handler(async ({ session }, response) => {
  response.json({ id: session.id, subject: session.subject, data: await session.all() })
})
app.get('/read', web.requireSession({ readOnly: true }), read)
app.get('/fresh', web.requireSession({ readOnly: true, fresh: true }), read)

app.post(
  '/set',
  web.requireSession(),
  web.handler(async ({ session, body }, response) => {
    const { key, value, slow } = body as Work
    await work(slow)
    session.set(key, value)
    response.json({})
  }),
)
app.post(
  '/delete',
  web.requireSession(),
  web.handler(async ({ session, body }, response) => {
    const { key, slow } = body as Work
    await work(slow)
    session.delete(key)
    response.json({})
  }),
)
app.post(
  '/increment',
  web.requireSession(),
  web.handler(async ({ session, body }, response) => {
    const { key, slow } = body as Work
    await work(slow)
    response.json({ sum: await session.incr(key) })
  }),
)

app.post('/refresh', web.tokenRoutes.refresh)
app.post(
  '/sign-out',
  web.requireSession(),
  web.handler(async ({ session }, response) => {
    await session.signOut()
    response.json({})
  }),
)

app.post(
  '/revoke',
  web.handler(async ({ body }, response) => {
    await sojourn.revoke((body as Work).session)
    response.json({})
  }),
)
app.post(
  '/revoke-all',
  web.handler(async ({ body }, response) => {
    const { subject, except } = body as Work
    await sojourn.revokeAll(subject, except === undefined ? {} : { except })
    response.json({})
  }),
)
app.get(
  '/list/:subject',
  web.handler(async ({ params }, response) => {
    const { sessions } = await sojourn.list(String(params['subject']), { limit: 100 })
    response.json({ ids: sessions.map(({ id }) => id) })
  }),
)

app.get(
  '/dump',
  web.handler(async (_request, response) => {
    const live: unknown[] = []
    let cursor: string | undefined
    do {
      const step = await store.walk?.({ limit: 1_000, cursor })
      live.push(...(step?.records ?? []).map(({ id, subject }) => ({ id, subject })))
      cursor = step?.next
    } while (cursor !== undefined)
    response.json({ live })
  }),
)

const STATUS: Readonly<Record<string, number>> = { store_unavailable: 503, session_ended: 401 }
const answerFault: ErrorRequestHandler = (
  error: Error & { readonly code?: string },
  _request,
  response,
  _next,
) => {
  response.status(STATUS[error.code ?? ''] ?? 500).json({ code: error.code, text: error.message })
}
app.use(answerFault)

await store.check().catch(() => undefined)
await listen(app)
