/** Puts the parts together, and serves them. `npm start`; the variables are in .env.example. */
import express from 'express'
import { RedisStore } from 'sojourn/connect-redis' // was: connect-redis
import session from 'sojourn/express-session' // was: express-session
import { config } from './config/index.js'
import { answerCsrfError } from './middlewares/csrfProtection.js'
import { authRoutes } from './routes/auth.js'
import { userRoutes } from './routes/user.js'
import { redis } from './utils/redisClient.js'

const app = express()
app.disable('x-powered-by')
// Express and sojourn believe the same proxies, and nobody else, about who is there and whether by TLS.
app.set('trust proxy', config.trustProxy)

if (config.isProduction) app.use(requireHttps)
app.use(express.json({ limit: '10kb' }))
app.use(
  session({
    ...(redis && { store: new RedisStore({ client: redis, prefix: 'sess:' }) }),
    secret: config.sessionSecrets, // signs the id in the cookie; it encrypts nothing
    resave: false,
    saveUninitialized: false,
    rolling: true, // half an hour from the last request on, in Redis and in the browser
    cookie: {
      httpOnly: true,
      sameSite: 'lax',
      secure: config.isProduction,
      maxAge: 30 * 60_000,
    },
  }),
)
app.use('/auth', authRoutes)
app.use('/user', userRoutes)
app.use((req, res) => res.status(404).json({ error: 'There is nothing here' }))
app.use(answerCsrfError, answerError)

const server = app.listen(config.port, (error) => {
  if (error) throw error
  console.log(`Server running on http://localhost:${server.address().port}`)
})

/**
 * Plain http gets no page, no cookie and no session. What can be asked again is sent to the one host that is configured,
 * never to what the request itself calls a host.
 */
function requireHttps(req, res, next) {
  if (cameByHttps(req)) {
    res.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains')
    next()
  } else if (config.publicHost !== undefined && (req.method === 'GET' || req.method === 'HEAD')) {
    const path = req.originalUrl.startsWith('/') ? req.originalUrl : '/'
    res.redirect(308, `https://${config.publicHost}${path}`)
  } else {
    res.status(403).json({ error: 'HTTPS only' })
  }
}

/** Of several words in X-Forwarded-Proto, Express takes the first, which a client may have written: all have to agree. */
function cameByHttps(req) {
  const words = (req.get('X-Forwarded-Proto') ?? 'https').split(',')
  return req.socket.encrypted || (req.secure && words.every((word) => word.trim() === 'https'))
}

function answerError(error, req, res, next) {
  const status = error.status ?? 500
  if (status >= 500) console.error(error)
  if (res.headersSent) next(error)
  else res.status(status).json({ error: status < 500 ? error.message : 'Something is broken here' })
}
