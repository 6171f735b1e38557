/**
 * Access and refresh tokens for a JSON API: register, sign in, look, refresh, leave, leave everywhere.
 *
 *   JWT_SECRET=… REDIS_URL=redis://127.0.0.1:6379 PORT=3000 node examples/jwt-server/server.cjs
 *
 * All settings are in `.env.example`; `walk.sh` calls every route. Of jwt-redis-sessions nothing is left but the name in the line below.
 */
const express = require('express')
const sessions = require('sojourn/jwt-redis-sessions')
const { httpsOnly, securityHeaders } = require('./https-only.cjs')
const people = require('./people.cjs')

const { auth, optionalAuth, rateLimit, logout, logoutAll, refresh, generateToken } = sessions
const { TRUST_PROXY, PUBLIC_URL, PORT = '3000' } = process.env

const app = express()
// How many proxies stand in front: only what they say of address and scheme counts below.
if (TRUST_PROXY) app.set('trust proxy', Number(TRUST_PROXY))
app.use(httpsOnly(PUBLIC_URL), securityHeaders(PUBLIC_URL), express.json({ limit: '10kb' }))

app.post('/register', rateLimit(3, 60_000), async (req, res) => {
  const { email, password } = people.readCredentials(req.body)
  const user = await people.add(email, password)
  const tokens = await generateToken({ userId: user.id, email: user.email })
  res.status(201).json({ message: 'User registered successfully', user, tokens })
})

app.post('/login', rateLimit(), async (req, res) => {
  const { email, password } = people.readCredentials(req.body)
  const user = await people.find(email, password)
  const tokens = await generateToken({ userId: user.id, email: user.email })
  res.json({ message: 'Login successful', user, tokens })
})

app.get('/profile', auth, (req, res) => {
  const { sessionId, createdAt, lastActivity } = req.session
  res.json({
    message: 'Profile data',
    user: req.user,
    sessionInfo: { sessionId, createdAt, lastActivity },
  })
})

app.get('/public', optionalAuth, (req, res) => {
  const user = req.user ?? null
  res.json({ message: 'This is public content', authenticated: user !== null, user })
})

app.post('/refresh', refresh)
app.post('/logout', auth, logout)
app.post('/logout-all', auth, logoutAll)

app.get('/health', (req, res) => {
  res.json({ status: 'ok', timestamp: new Date().toISOString() })
})

// Behind all routes: 429 for an address with too many refused sign-ins, and then the words of the error.
app.use(sessions.failedAttempts())
app.use((error, req, res, next) => {
  if (res.headersSent) return next(error)
  const status = error.statusCode ?? 500
  if (status >= 500) console.error(error)
  if (status === 503) res.set('Retry-After', '1')
  res.status(status).json({ error: status === 500 ? 'Internal server error' : error.message })
})

const server = app.listen(Number(PORT), () => {
  console.log(`Server running on http://localhost:${server.address().port}`)
  console.log('Endpoints:')
  console.log('  POST /register    register a new user')
  console.log('  POST /login       sign in')
  console.log('  GET  /profile     who am I (access token)')
  console.log('  GET  /public      for everybody (access token if you have one)')
  console.log('  POST /refresh     next pair of tokens (refresh token)')
  console.log('  POST /logout      end this session (access token)')
  console.log('  POST /logout-all  end all my sessions (access token)')
  console.log('  GET  /health      is it running')
})

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    server.close(() => sessions.closeRedisConnection())
    server.closeIdleConnections()
  })
}
