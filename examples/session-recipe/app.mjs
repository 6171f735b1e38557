/**
 * Cookie sessions, tokens and a refresh flow, all of them in one store: ending a person's sessions there ends whatever
 * presents them.
 *
 *   the cookie `session`        the pages                 req.session of sojourn/express-session
 *   access and refresh tokens   /api and /auth/refresh    SessionStore, on sojourn itself
 */
import express from 'express'
import { createSojourn, refuseCredentialInUrl } from 'sojourn'
import { createExpressAdapter, sendRefusal } from 'sojourn/express'
import session, { endReasonOf, keepSessions, subjectOf } from 'sojourn/express-session'
import { createStaticKeyRing } from 'sojourn/keys'
import { httpsOnly } from './https-only.mjs'
import { SessionStore } from './session-store.mjs'
import { applyTokenCookies } from './token-cookies.mjs'

const ONE_HOUR = 3_600_000

/** `store`: any of sojourn's. `people`: see people.mjs. `clock`: for tests. */
export function createApp({ settings, store, people, clock }) {
  const { secrets, origin } = settings
  const timed = clock === undefined ? {} : { clock }
  const sojourn = createSojourn({
    ...timed,
    store,
    secrets: secrets.session,
    idle: '7d',
    absolute: '7d',
    trustProxy: settings.trustProxy,
    cookie: { name: 'recipe', sameSite: 'strict' },
    tokens: {
      issuer: origin,
      audience: origin,
      keys: createStaticKeyRing(secrets.jwt.map((secret) => ({ algorithm: 'HS256', secret }))),
      accessLifetime: '1h',
      refresh: { lifetime: '7d', secrets: secrets.refresh },
      // Anybody can read a token, so only what is named here gets into one.
      allowedClaims: ['role'],
      // Asked at every refresh: a role that changed is new, and a person who is gone gets nothing more.
      claims: async ({ subject }) => {
        const person = await people.find(subject)
        return person && { role: person.role }
      },
    },
  })
  const sessions = new SessionStore(sojourn)
  const web = createExpressAdapter(sojourn)

  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', settings.trustProxy)
  app.use(
    httpsOnly(settings),
    noTokensInAddresses,
    web.sameOrigin(),
    express.json({ limit: '10kb' }),
  )

  // Before the cookie's middleware: here a token presents the session.
  app.post('/auth/refresh', web.tokenRoutes.refresh)
  app.get('/api/me', web.sessions, web.requireAuth(), async (req, res) => {
    const { id, subject, claims } = req.session
    res.json({ id, userId: subject, role: claims?.extra.role, data: await req.session.all() })
  })

  app.use(
    session({
      store: keepSessions({ ...timed, store }),
      name: 'session',
      secret: secrets.session,
      resave: false,
      saveUninitialized: false,
      cookie: {
        httpOnly: true,
        secure: settings.isProduction,
        sameSite: 'strict',
        maxAge: ONE_HOUR,
        // Without a Domain, which is best, the cookie is this host's alone.
        domain: settings.cookieDomain,
      },
    }),
  )

  app.post('/register', async (req, res) => {
    const { username, password } = credentialsOf(req)
    if (username === undefined) return res.status(400).json({ error: WANTED })
    await people.register(username, password)
    // The same answer whether the name was free or taken: this route tells nobody who is a customer.
    res.status(202).json({ message: 'If the name was free, it is yours: sign in' })
  })

  app.post('/auth/login', async (req, res) => {
    const { username, password } = credentialsOf(req)
    const person = username && (await people.check(username, password))
    if (!person) return res.status(401).json({ error: 'Wrong name or password' })
    await endTokens(req)
    const { id, tokens } = await sessions.create(person.id, { signedInBy: 'password' }, req)
    await req.session.login(person.id) // a new id, always
    req.session.name = person.name
    req.session.tokens = id
    applyTokenCookies(sojourn, tokens, req, res)
    res.json({ success: true })
  })

  app.get('/dashboard', requirePerson, (req, res) => {
    res.json({ message: `Welcome, ${req.session.name}` })
  })

  app.get('/sessions', requirePerson, async (req, res) => {
    res.json(await sessions.list(subjectOf(req)))
  })

  app.post('/auth/logout', requirePerson, async (req, res) => {
    await endTokens(req)
    await req.session.destroy()
    res.json({ success: true })
  })

  app.post('/auth/logout-all', requirePerson, async (req, res) => {
    const ended = await sessions.invalidateAll(subjectOf(req))
    await req.session.destroy()
    res.json({ success: true, ended })
  })

  /** The tokens that were given out together with this cookie. */
  async function endTokens(req) {
    const subject = subjectOf(req)
    if (subject && req.session.tokens) await sessions.invalidate(subject, req.session.tokens)
  }

  return { app, sojourn, sessions }
}

function requirePerson(req, res, next) {
  if (subjectOf(req)) next()
  else res.status(401).json({ error: 'Sign in first', reason: endReasonOf(req) })
}

/** Addresses end up in logs, histories and `Referer` headers. */
function noTokensInAddresses(req, res, next) {
  const refusal = refuseCredentialInUrl({ target: req.originalUrl })
  if (refusal) sendRefusal(res, refusal)
  else next()
}

const WANTED = 'A name of 1 to 64 characters and a password of 8 to 128, please'

function credentialsOf({ body }) {
  const { username, password } = body ?? {}
  const isName = typeof username === 'string' && /^.{1,64}$/su.test(username)
  const isPassword = typeof password === 'string' && password.length >= 8 && password.length <= 128
  return isName && isPassword ? { username, password } : {}
}
