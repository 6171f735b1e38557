/**
 * express-session with connect-redis as tutorials show it, with two imports changed. Everything else is what an
 * application written for the originals already has; what is better now is said where it happens.
 *
 *   SESSION_SECRET=… REDIS_URL=redis://127.0.0.1:6379 PORT=3000 node examples/express-session-snippet/server.cjs
 */
const express = require('express')
const { createClient } = require('redis')
const session = require('sojourn/express-session') // was: express-session
const RedisStore = require('sojourn/connect-redis').default // was: connect-redis

const PORT = process.env.PORT || 3000
const isProduction = process.env.NODE_ENV === 'production'

const redisClient = createClient({ url: process.env.REDIS_URL })
redisClient.on('error', (error) => console.error('Redis:', error.message))
redisClient.connect().catch(console.error)

const app = express()
// Behind one proxy that ends TLS, Express has to be told so, or secure cookies are never sent.
if (process.env.TRUST_PROXY) app.set('trust proxy', Number(process.env.TRUST_PROXY))

app.use(
  session({
    store: new RedisStore({ client: redisClient, prefix: 'myapp:' }),
    // The fallback is public, so it is for your own machine: with NODE_ENV=production the start is refused.
    secret: process.env.SESSION_SECRET || 'aVeryStrongSecretKeyThatShouldBeAtLeast32CharactersLong',
    resave: false,
    saveUninitialized: false,
    cookie: {
      httpOnly: true,
      secure: isProduction,
      maxAge: 24 * 60 * 60 * 1000,
      sameSite: 'Lax',
    },
  }),
)

app.get('/', (req, res) => {
  if (req.session.views === undefined) {
    req.session.views = 1
    res.send('Welcome, first visit!')
    return
  }
  req.session.views += 1
  res.send(`Views: ${req.session.views}. Session ID: ${req.sessionID}`)
})

function logIn(req, res) {
  req.session.userId = 'user123'
  req.session.isAdmin = true
  req.session.lastActivity = Date.now()
  // With express-session the three lines above were lost here, without a word. They move to the new session now.
  req.session.regenerate((error) => {
    if (error) res.status(500).send('Session regeneration failed')
    else res.send('Logged in and session regenerated!')
  })
}

function logOut(req, res) {
  req.session.destroy((error) => {
    if (error) res.status(500).send('Failed to destroy session')
    else res.send('Logged out!')
  })
}

app.post('/login', logIn)
app.post('/logout', logOut)
app.get('/me', (req, res) => {
  const { userId = null, isAdmin = false } = req.session
  res.json({ userId, isAdmin })
})

// The tutorial's way: a link or a picture on any page can call these. Kept for comparison, not for copying.
app.get('/login', warned, logIn)
app.get('/logout', warned, logOut)

let isWarned = false
function warned(req, _res, next) {
  if (!isWarned) console.warn(`GET ${req.path} changes who is signed in: use POST ${req.path}`)
  isWarned = true
  next()
}

app.listen(PORT, () => console.log(`Server running on http://localhost:${PORT}`))
