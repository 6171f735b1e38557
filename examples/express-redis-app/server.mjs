/**
 * Register, sign in, see a dashboard: Express with its sessions in Redis, so that any number of these processes serve the
 * same people.
 *
 *   SESSION_SECRET=… REDIS_URL=redis://127.0.0.1:6379 PORT=3000 node examples/express-redis-app/server.mjs
 */
import express from 'express'
import { createClient } from 'redis'
import session from 'sojourn/express-session'
import { RedisStore } from 'sojourn/connect-redis'
import { isPasswordOf, register } from './people.mjs'

const { SESSION_SECRET, REDIS_URL, TRUST_PROXY, NODE_ENV, PORT = '3000' } = process.env
if (!SESSION_SECRET)
  throw new Error('SESSION_SECRET is missing: `openssl rand -base64 32` makes one')

const client = createClient({ url: REDIS_URL })
client.on('error', (error) => console.error('Redis:', error.message))
await client.connect()

const app = express()
if (TRUST_PROXY) app.set('trust proxy', Number(TRUST_PROXY))
app.use(
  express.json({ limit: '10kb' }),
  session({
    store: new RedisStore({ client, prefix: 'app:' }),
    secret: SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    rolling: true, // half an hour from the last request on, in the store and in the browser
    cookie: {
      maxAge: 30 * 60_000,
      httpOnly: true,
      sameSite: 'lax',
      secure: NODE_ENV === 'production',
    },
  }),
  refuseOtherSites,
)

app.post('/register', async (req, res) => {
  const { username, password } = credentialsOf(req)
  if (username === undefined) {
    res
      .status(400)
      .json({ error: 'A name of 1 to 64 characters and a password of 8 to 128, please' })
    return
  }
  await register(client, username, password)
  // The same answer whether the name was free or taken: this route tells nobody who is a customer.
  res.status(202).json({ message: 'If the name was free, it is yours: sign in' })
})

app.post('/login', async (req, res) => {
  const { username, password } = credentialsOf(req)
  if (username === undefined || !(await isPasswordOf(client, username, password))) {
    res.status(401).json({ error: 'Wrong name or password' })
    return
  }
  await req.session.login(username) // a new id, always; saved when this goes on
  req.session.username = username
  res.json({ username })
})

app.get('/dashboard', (req, res) => {
  if (req.session.username === undefined) {
    res.status(401).json({ error: 'Sign in first: POST /login' })
    return
  }
  res.json({ message: `Welcome, ${req.session.username}` })
})

app.post('/logout', async (req, res) => {
  await req.session.destroy()
  res.json({ message: 'Signed out' })
})

app.listen(PORT, () => console.log(`Server running on http://localhost:${PORT}`))

/** What a form on another site sends carries this header in every browser of today. */
function refuseOtherSites(req, res, next) {
  const site = req.get('sec-fetch-site')
  const isSafe = req.method === 'GET' || req.method === 'HEAD'
  if (isSafe || site === undefined || site === 'same-origin' || site === 'none') next()
  else res.status(403).json({ error: 'Not from another site' })
}

function credentialsOf({ body }) {
  const { username, password } = body ?? {}
  const isName = typeof username === 'string' && /^.{1,64}$/su.test(username)
  const isPassword = typeof password === 'string' && password.length >= 8 && password.length <= 128
  return isName && isPassword ? { username, password } : {}
}
