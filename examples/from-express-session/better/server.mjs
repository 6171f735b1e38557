import express from 'express'
import { createClient } from 'redis'
import session from 'sojourn/express-session'
import { RedisStore } from 'sojourn/connect-redis'
import { account } from './account.mjs'
import { cart } from '../shop/cart.mjs'
import { takeFlash } from '../shop/flash.mjs'

// 'mirror' while a node of before may still run; 'adopt' once the last one is gone.
const { LEGACY = 'mirror', REDIS_URL, SESSION_SECRET, NODE_ENV, PORT = '3000' } = process.env

const client = createClient({ url: REDIS_URL })
client.on('error', (error) => console.error('Redis:', error.message))
await client.connect()
// Hears of changes, so that most requests need no round trip; used once nothing is mirrored any more.
const subscriber = client.duplicate()
subscriber.on('error', (error) => console.error('Redis:', error.message))
await subscriber.connect()

const store = new RedisStore({ client, prefix: 'shop:', upgrade: { legacy: LEGACY, subscriber } })
const app = express()
app.use(
  express.json(),
  session({
    store,
    secret: SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: {
      httpOnly: true,
      sameSite: 'lax',
      secure: NODE_ENV === 'production',
      maxAge: 30 * 60_000,
    },
  }),
)
// How far the change has come: numbers and nothing else.
app.get('/migration', (_req, res) => res.json(store.kept.stats()))
app.use(account, cart)
app.get('/', (req, res) => {
  const { user, cart = [] } = req.session
  res.json({ user: user?.name ?? null, cart, messages: takeFlash(req) })
})
app.listen(PORT, () => console.log(`Server running on http://localhost:${PORT}`))
