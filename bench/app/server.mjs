/**
 * One server under test, in a process of its own: `node bench/app/server.mjs KIND`. Prints one line of JSON with its
 * port when it listens. Every kind answers the same body from the same Express, so that only sessions differ:
 *
 * - `POST /login?user=` signs in by cookie, `POST /token?user=` by access token, where the kind knows such a thing;
 * - `GET /me` asks who this is, `GET /write` changes the session, `GET /untouched` never looks at it.
 */
import express from 'express'

const [kind = 'bare'] = process.argv.slice(2)

const app = express()
app.disable('x-powered-by')
app.set('etag', false)

const bench = {
  app,
  kind,
  redisUrl: process.env.BENCH_REDIS_URL,
  secret: 'a secret for measuring that is long enough 0123456789',
  answer: (response, subject) => response.json({ subject, text: 'x'.repeat(32) }),
  subjectOf: (request) => `user-${request.query.user}`,
}

function mountBare({ answer }) {
  app.post('/login', (_request, response) => {
    response.setHeader('Set-Cookie', `sid=${'x'.repeat(85)}`)
    answer(response, 'user')
  })
  for (const path of ['/untouched', '/me', '/write'])
    app.get(path, (_request, response) => answer(response, 'user'))
}

async function mount() {
  if (kind.startsWith('sojourn')) return (await import('./sojourn.mjs')).mountSojourn(bench)
  if (kind.startsWith('express-session') || kind.startsWith('drop-in'))
    return (await import('./express-session.mjs')).mountExpressSession(bench)
  if (kind === 'jsonwebtoken') return (await import('./jwt.mjs')).mountJsonwebtoken(bench)
  if (kind === 'jose') return (await import('./jwt.mjs')).mountJose(bench)
  if (kind === 'jwt-redis-sessions')
    return (await import('./jwt-redis-sessions.mjs')).mountJwtRedisSessions(bench)
  return mountBare(bench)
}

await mount()
const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`)
})
process.on('message', (message) => {
  if (message === 'usage') process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss })
  else process.exit()
})
process.on('disconnect', () => process.exit())
