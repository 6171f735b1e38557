import express from 'express'
import { createClient } from 'redis'
import session from 'sojourn/express-session'
import { RedisStore } from 'sojourn/connect-redis'
import { account } from './account.mjs'
import { cart } from '../shop/cart.mjs'
import { takeFlash } from '../shop/flash.mjs'

const { REDIS_URL, SESSION_SECRET, NODE_ENV, PORT = '3000' } = process.env

const client = createClient({ url: REDIS_URL })
client.on('error', (error) => console.error('Redis:', error.message))
await client.connect()

const app = express()
app.use(
  express.json(),
  session({
    store: new RedisStore({ client, prefix: 'shop:' }),
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
app.use(account, cart)
app.get('/', (req, res) => {
  const { user, cart = [] } = req.session
  res.json({ user: user?.name ?? null, cart, messages: takeFlash(req) })
})
app.listen(PORT, () => console.log(`Server running on http://localhost:${PORT}`))
