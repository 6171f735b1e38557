/**
 * app/ owns the servers under test, each in a process of its own: `node bench/app/server.mjs KIND`. Prints one line of
 * JSON with its port when it listens. Every kind answers the same body, so that only sessions (and frameworks) differ:
 *
 * - `POST /login?user=` signs in by cookie, `POST /token?user=` by access token, where the kind knows such a thing;
 * - `GET /me` asks who this is, `GET /write` changes the session, `GET /untouched` never looks at it.
 *
 * It measures nothing and knows no other candidate.
 */
import { createServer } from 'node:http'
import { KINDS } from './kinds.mjs'
import { createPreparedServer } from './prepared.mjs'

const [kind = 'bare'] = process.argv.slice(2)
const { load, framework = 'express', isPrepared } = KINDS[kind] ?? {}
if (load === undefined) throw new Error(`No server is called "${kind}".`)

const bench = {
  kind,
  redisUrl: process.env.BENCH_REDIS_URL,
  secret: 'a secret for measuring that is long enough 0123456789',
  body: (subject) => ({ subject, text: 'x'.repeat(32) }),
  answer: (response, subject) => response.json(bench.body(subject)),
  subjectOf: (request) => `user-${request.query.user}`,
}

if (framework === 'express') {
  const { default: express } = await import('express')
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  const mount = await load()
  await mount({ ...bench, app })
  listen(isPrepared ? createPreparedServer(app) : createServer(app))
} else {
  const start = await load()
  listen(await start(bench))
}

/** What a kind answers listens here: a server of node:http, or one that has been told to already. */
function listen(server) {
  const tell = () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`)
  if (server.listening) tell()
  else server.listen(0, '127.0.0.1', tell)
}

process.on('message', (message) => {
  if (message === 'usage') process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss })
  else process.exit()
})
process.on('disconnect', () => process.exit())
