// @ts-nocheck: it runs in a process of its own, beside code of documents that nobody has typed.
/**
 * What a fragment of a document finds around it: the names that the text before it has made known. Nothing is faked: applications
 * are served and asked, clients talk to the Redis of the test.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import express from 'express'
import * as ioredis from 'ioredis'
import * as nodeRedis from 'redis'
import { createMemoryStore, createSojourn } from 'sojourn'
import { createExpressAdapter } from 'sojourn/express'
import session from 'sojourn/express-session'
import { createRedisStore } from 'sojourn/redis'
import { createMetrics } from 'sojourn/telemetry'
import { besideIssuer, inClient } from './program-issuer.mjs'

const require = createRequire(import.meta.url)
const { CLUSTER_PORT, REDIS_URL, SESSION_SECRET } = process.env
const TOKENS = { issuer: 'http://localhost:3000', audience: 'http://localhost:3000' }

/** By what the note before a block says. */
export const scopes = {
  'in an Express app': async () => inExpress(),
  'in an Express app with sessions': async () => {
    const { names, finish } = inExpress()
    names.app.use(names.web.sessions)
    return { names, finish }
  },
  'in an Express app with a certificate': async () => {
    const { names, finish } = inExpress()
    return { names: { ...names, ...certificate() }, finish }
  },
  'in a handler': async () => inHandler(),
  'in an app with express-session': async () => inExpressSession(),
  'in a handler with express-session': async () => ({ ...inExpressSession(), isHandler: true }),
  'in an app with jwt-redis-sessions': async () => inJwtRedisSessions(),
  'in a client': async () => inClient(inExpress),
  'beside an issuer': async () => besideIssuer(inExpress),
  'with Redis': async () => withRedis(),
  'with a Redis Cluster': async () => withCluster(),
}

/**
 * Asks an application for what it has, as a stranger and, where the scope can sign somebody in, as that person: whatever it
 * answers, it must be no fault of its own.
 */
async function ask(app) {
  app.use((_req, res) => res.send('reached the end'))
  const server = createServer(app).listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://localhost:${server.address().port}`
  const routes = (app.router ?? app._router).stack.flatMap(({ route }) =>
    route === undefined ? [] : Object.keys(route.methods).map((method) => [method, route.path]),
  )
  const hasSignIn = routes.some(([, path]) => path === SIGN_IN)
  for (const [method, path] of [['get', '/'], ...routes]) {
    await askOnce(url, method, path)
    if (hasSignIn) await askOnce(url, method, path, await signInAt(url))
  }
  server.close()
}

const SIGN_IN = '/as-somebody'

/** The cookie of somebody who has just signed in. */
async function signInAt(url) {
  const { headers } = await fetch(`${url}${SIGN_IN}`, { method: 'POST' })
  return headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')
}

async function askOnce(url, method, path, cookie) {
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const answer = await fetch(`${url}${path.replace(/:\w+/, 'x')}`, {
    method: method.toUpperCase(),
    headers: cookie === undefined ? headers : { ...headers, cookie },
    redirect: 'manual',
    ...(method === 'get' ? {} : { body: '{}' }),
  })
  // A stream of events goes on for as long as somebody listens.
  const isStream = /event-stream/.test(answer.headers.get('content-type') ?? '')
  if (isStream) await answer.body?.cancel()
  const text = isStream ? '' : await answer.text()
  if (answer.status >= 500) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
}

function inExpress(options = {}) {
  const app = express()
  const store = createMemoryStore()
  const sojourn = createSojourn({ secrets: SESSION_SECRET, store, tokens: TOKENS, ...options })
  const web = createExpressAdapter(sojourn)
  app.post(SIGN_IN, web.sessions, async (req, res) => {
    await req.session.signIn('user-123')
    res.end()
  })
  app.use(express.json())
  const names = {
    ...{
      express,
      app,
      store,
      sojourn,
      web,
      createSojourn,
      createExpressAdapter,
      createMemoryStore,
    },
    ...{
      createRedisStore,
      metrics: createMetrics(),
      secrets: SESSION_SECRET,
      issuer: TOKENS.issuer,
    },
    // What the reader has of his own.
    login: (_req, res) => res.json({}),
    reports: (_req, res) => res.json([]),
    users: { find: async (name) => ({ id: name, passwordHash: name }) },
    passwords: { matches: async (hash, password) => hash === password },
    mail: () => undefined,
    ...{ newSecret: `new: ${SESSION_SECRET}`, oldSecret: SESSION_SECRET },
    log: () => undefined,
    database: { insert: async () => undefined },
  }
  return { names, finish: async () => ask(app) }
}

/** Signed in, within a request: what happens is what the answer says. */
function inHandler() {
  const { names } = inExpress({
    tokens: { ...TOKENS, otherAudiences: ['https://orders.example'], dpop: {} },
  })
  const { app, web } = names
  return {
    names,
    isHandler: true,
    async serve(handler) {
      app.use(web.sessions)
      const signedIn = async (req, res) => {
        await req.session.signIn('user-123')
        await handler(req, res)
        if (!res.headersSent && !res.writableEnded) res.json({})
      }
      app.post('/', web.handler(signedIn))
      await ask(app)
    },
  }
}

function inExpressSession() {
  const app = express()
  const options = { secret: SESSION_SECRET, resave: false, saveUninitialized: false }
  app.use(session(options), express.json())
  const names = {
    ...{ express, app, session, secret: SESSION_SECRET },
    ...{ createClient, user: { id: 'ada' }, log: () => undefined },
    csurf: require('sojourn/csurf'),
  }
  names.store = new (require('sojourn/connect-redis').RedisStore)({ client: connected() })
  return {
    names,
    async serve(handler) {
      app.get('/', (req, res, next) => {
        handler(req, res).catch(next)
        setTimeout(() => res.headersSent || res.end(), 500)
      })
      await ask(app)
    },
    finish: async () => ask(app),
  }
}

function inJwtRedisSessions() {
  const app = express()
  const { rateLimit, auth } = require('sojourn/jwt-redis-sessions')
  const quiet = () => undefined
  const names = { express, app, rateLimit, auth, log: quiet, alert: quiet }
  names.login = (_req, res) => res.json({})
  return { names, finish: async () => ask(app) }
}

/** Clients for the server of the test, whatever address a document leaves away. */
const createClient = (options) => nodeRedis.createClient({ url: REDIS_URL, ...options })
const connected = () => {
  const client = createClient()
  client.connect().catch(() => undefined)
  return client
}

/** Clients of ioredis connect at once, and would go on trying. */
const opened = []
class Redis extends ioredis.Redis {
  constructor(...options) {
    super(...options)
    opened.push(this.on('error', () => undefined))
  }
}
class Cluster extends ioredis.Cluster {
  constructor(...options) {
    super(...options)
    opened.push(this.on('error', () => undefined))
  }
}
async function disconnect() {
  for (const client of opened.splice(0)) client.disconnect()
}

async function withRedis() {
  const client = await createClient({ disableOfflineQueue: true }).connect()
  const { names } = inExpress()
  const given = { client, createClient, Redis, url: REDIS_URL }
  return { names: { ...names, ...given }, finish: disconnect }
}

async function withCluster() {
  const { names } = inExpress()
  const nodes = [{ host: '127.0.0.1', port: Number(CLUSTER_PORT) }]
  const { createClient: create, createCluster, createSentinel } = nodeRedis
  const rootNodes = nodes.map((socket) => ({ socket }))
  // Nobody listens there: what is shown is that the options are taken.
  const sentinels = nodes
  return {
    names: {
      ...names,
      ...{ nodes, rootNodes, sentinels, sentinelRootNodes: nodes, login: {} },
      ...{ createClient: create, createCluster, createSentinel, Cluster, Redis },
    },
    finish: disconnect,
  }
}

/** A certificate of its own for localhost. */
function certificate() {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const files = ['-keyout', 'tls.key', '-out', 'tls.crt']
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], { stdio: 'ignore' })
  return { cert: readFileSync('tls.crt'), key: readFileSync('tls.key') }
}
