/** express-session with connect-redis, used as their documentation shows it. */
import { RedisStore } from 'connect-redis'
import express, { type Request, type RequestHandler } from 'express'
import session from 'express-session'
import { createClient } from 'redis'
import { listen, work, type Orders, type Work } from './process.js'

declare module 'express-session' {
  interface SessionData {
    user?: string
    data?: Record<string, unknown>
  }
}

const orders = JSON.parse(process.argv[2] ?? '{}') as Orders
const client = createClient({ url: `redis://127.0.0.1:${String(orders.ports?.[0])}` })
client.on('error', () => undefined)
await client.connect()

const app = express()
app.use(
  session({
    store: new RedisStore({ client }),
    secret: 'a secret of a laboratory: 0123456789 0123456789',
    resave: false,
    saveUninitialized: false,
  }),
)
app.use(express.json())

const signedIn: RequestHandler = (request, response, next) => {
  if (request.session.user === undefined) response.status(401).json({})
  else next()
}
const bodyOf = (request: Request): Work => request.body as Work
const dataOf = (request: Request): Record<string, unknown> => (request.session.data ??= {})

app.post('/sign-in', (request, response, next) => {
  request.session.regenerate((error: unknown) => {
    if (error !== undefined && error !== null) return next(error)
    request.session.user = bodyOf(request).subject
    response.json({ id: request.sessionID })
  })
})
app.get(['/read', '/fresh'], signedIn, (request, response) => {
  const { user: subject, data = {} } = request.session
  response.json({ id: request.sessionID, subject, data })
})
app.post('/set', signedIn, async (request, response) => {
  const { key, value, slow } = bodyOf(request)
  await work(slow)
  dataOf(request)[key] = value
  response.json({})
})
app.post('/delete', signedIn, async (request, response) => {
  const { key, slow } = bodyOf(request)
  await work(slow)
  Reflect.deleteProperty(dataOf(request), key)
  response.json({})
})
app.post('/increment', signedIn, async (request, response) => {
  const { key, slow } = bodyOf(request)
  await work(slow)
  const data = dataOf(request)
  const sum = Number(data[key] ?? 0) + 1
  data[key] = sum
  response.json({ sum })
})
app.post('/sign-out', signedIn, (request, response, next) => {
  request.session.destroy((error: unknown) => {
    if (error !== undefined && error !== null) next(error)
    else response.json({})
  })
})

await listen(app)
