/**
 * One server under test, in a process of its own: `node bench/app/server.mjs KIND`. Prints one line of JSON with its
 * port when it listens. Every kind answers the same body from the same Express, so that only sessions differ.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'

const SECRET = 'a secret for measuring that is long enough 0123456789'
const [kind = 'bare'] = process.argv.slice(2)
const redisUrl = process.env.BENCH_REDIS_URL

const app = express()
app.disable('x-powered-by')
app.set('etag', false)

const answer = (response, subject) => response.json({ subject, text: 'x'.repeat(32) })

async function redisClient(name = 'redis') {
  const { createClient } = await import(name)
  const client = createClient({ url: redisUrl })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function sojournStore(kind) {
  if (kind.includes('redis')) {
    const { createRedisStore } = await import('sojourn/redis')
    return createRedisStore({ client: await redisClient() })
  }
  if (kind.includes('sqlite')) {
    const { openSqliteStore } = await import('sojourn/sqlite')
    return openSqliteStore({
      file: join(mkdtempSync(join(tmpdir(), 'sojourn-bench-')), 'sessions.db'),
    })
  }
  const { createMemoryStore } = await import('sojourn')
  return createMemoryStore()
}

async function mountSojourn() {
  const { createSojourn } = await import('sojourn')
  const { createExpressAdapter } = await import('sojourn/express')
  const sojourn = createSojourn({ secrets: SECRET, store: await sojournStore(kind) })
  const web = createExpressAdapter(sojourn)
  app.use(web.sessions)
  app.post(
    '/login',
    web.handler(async (request, response) => {
      await request.session.signIn(`user-${request.query.user}`)
      request.session.set('name', 'Ada')
      await request.session.save()
      answer(response, request.session.subject)
    }),
  )
  app.get('/untouched', (_request, response) => answer(response, 'nobody'))
  app.get(
    '/me',
    web.requireSession(),
    web.handler((request, response) => answer(response, request.session.subject)),
  )
  app.get(
    '/write',
    web.requireSession(),
    web.handler((request, response) => {
      request.session.set('n', Number(request.query.n ?? 1))
      answer(response, request.session.subject)
    }),
  )
}

async function mountExpressSession() {
  const { default: session } = await import('express-session')
  const options = {
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 3_600_000 },
  }
  if (kind.includes('redis')) {
    const { RedisStore } = await import('connect-redis')
    options.store = new RedisStore({ client: await redisClient() })
  }
  app.use(session(options))
  app.post('/login', (request, response) => {
    request.session.regenerate(() => {
      request.session.subject = `user-${request.query.user}`
      request.session.name = 'Ada'
      request.session.save(() => answer(response, request.session.subject))
    })
  })
  app.get('/untouched', (_request, response) => answer(response, 'nobody'))
  app.get('/me', (request, response) => answer(response, request.session.subject))
  app.get('/write', (request, response) => {
    request.session.n = Math.random()
    answer(response, request.session.subject)
  })
}

if (kind.startsWith('sojourn')) await mountSojourn()
else if (kind.startsWith('express-session')) await mountExpressSession()
else {
  app.post(
    '/login',
    (_request, response) =>
      response.setHeader('Set-Cookie', `sid=${'x'.repeat(85)}`) && answer(response, 'user'),
  )
  for (const path of ['/untouched', '/me', '/write'])
    app.get(path, (_request, response) => answer(response, 'user'))
}

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`)
})
process.on('message', (message) => {
  if (message === 'usage') process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss })
})
