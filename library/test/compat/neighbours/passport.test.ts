import type { Express } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { listen, WebClient, type RunningServer } from '../../support/web.js'
import { EXPRESSES, load, sessionApp, SUBJECTS } from './modules.js'

const PASSPORTS = [
  { version: 'passport 0.6', name: 'passport06' },
  { version: 'passport 0.7', name: 'passport' },
]
const MATRIX = SUBJECTS.flatMap((subject) =>
  PASSPORTS.flatMap(({ version, name }) =>
    EXPRESSES.map(({ name: framework, express }) => ({
      title: `${version} on ${subject.name}, ${framework}`,
      subject,
      express,
      passportName: name,
    })),
  ),
)
type Row = (typeof MATRIX)[number]

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

/** A passport of its own: the one a package exports is one for the whole process. */
function newPassport(name: string): any {
  const passport = new (load(name).Passport)()
  const { Strategy } = load('passport-local')
  passport.use(
    new Strategy((username: string, password: string, done: (...answer: unknown[]) => void) => {
      if (password !== 'correct horse') done(null, false, { message: 'Wrong name or password' })
      else done(null, { id: `id-of-${username}`, username })
    }),
  )
  passport.serializeUser((user: { id: string }, done: (...answer: unknown[]) => void) => {
    done(null, user.id)
  })
  passport.deserializeUser((id: string, done: (...answer: unknown[]) => void) => {
    done(null, { id, username: id.replace('id-of-', '') })
  })
  return passport
}

function routes(app: Express, passport: any, keepSessionInfo: boolean): void {
  app.use(passport.session())
  app.get('/private', (req: any, res) => {
    if (req.isAuthenticated()) {
      res.send(`private of ${req.user.username}`)
    } else {
      req.session.returnTo = req.originalUrl
      res.redirect('/login')
    }
  })
  app.post(
    '/login',
    passport.authenticate('local', {
      successReturnToOrRedirect: '/',
      failureRedirect: '/login',
      failureMessage: true,
      keepSessionInfo,
    }),
  )
  app.post('/logout', (req: any, res, next) => {
    req.logout({ keepSessionInfo }, (error: unknown) => {
      if (error) next(error)
      else res.redirect('/')
    })
  })
  app.post('/cart', (req: any, res) => {
    req.session.cart = ['book']
    res.json({ id: req.sessionID })
  })
  app.get('/state', (req: any, res) => {
    const enumerable = []
    for (const key in req.session) enumerable.push(key)
    const { cart, messages, returnTo } = req.session
    res.json({
      id: req.sessionID,
      isSame: req.session.id === req.sessionID,
      user: req.user?.id ?? null,
      cart: cart ?? null,
      messages: messages ?? null,
      returnTo: returnTo ?? null,
      enumerable: enumerable.sort(),
    })
  })
}

interface State {
  readonly id: string
  readonly isSame: boolean
  readonly user: string | null
  readonly cart: string[] | null
  readonly messages: string[] | null
  readonly returnTo: string | null
  readonly enumerable: string[]
}

async function start({ subject, express, passportName }: Row, keepSessionInfo = false) {
  const app = sessionApp(subject, express)
  routes(app, newPassport(passportName), keepSessionInfo)
  const server = await listen(app)
  running.push(server)
  const newClient = (): WebClient => new WebClient(server)
  return { client: newClient(), newClient }
}

const login = (client: WebClient, password = 'correct horse') =>
  client.post('/login', { username: 'ada', password })

async function stateOf(client: WebClient): Promise<State> {
  return JSON.parse((await client.get('/state')).body) as State
}

/** Somebody else who holds a copy of the client's cookie. */
function copyOf(client: WebClient, newClient: () => WebClient): WebClient {
  const copy = newClient()
  for (const [name, value] of client.jar) copy.jar.set(name, value)
  return copy
}

describe.each(MATRIX)('$title', (row) => {
  it('signs in and out again, and the signed-in session is over', async () => {
    const { client, newClient } = await start(row)
    const answer = await login(client)
    expect([answer.status, answer.headers.location]).toEqual([302, '/'])
    expect((await stateOf(client)).user).toBe('id-of-ada')
    const copy = copyOf(client, newClient)
    expect((await stateOf(copy)).user).toBe('id-of-ada')
    const out = await client.post('/logout')
    expect([out.status, out.headers.location]).toEqual([302, '/'])
    expect((await stateOf(client)).user).toBeNull()
    expect((await stateOf(copy)).user).toBeNull()
    expect((await copy.get('/private')).status).toBe(302)
  })

  it('refuses a wrong password, says so, and changes nobody’s session', async () => {
    const { client } = await start(row)
    await client.post('/cart')
    const before = await stateOf(client)
    const answer = await login(client, 'wrong')
    expect([answer.status, answer.headers.location]).toEqual([302, '/login'])
    const after = await stateOf(client)
    expect(after.user).toBeNull()
    expect(after.messages).toEqual(['Wrong name or password'])
    expect([after.id, after.cart]).toEqual([before.id, ['book']])
  })

  it('changes the id at login, so that a planted session is worth nothing', async () => {
    const { client, newClient } = await start(row)
    await client.post('/cart')
    const before = await stateOf(client)
    const planted = copyOf(client, newClient)
    await login(client)
    const after = await stateOf(client)
    expect(after.id).not.toBe(before.id)
    expect(after.isSame).toBe(true)
    expect(after.user).toBe('id-of-ada')
    expect(after.cart).toBeNull()
    const attacker = await stateOf(planted)
    expect([attacker.user, attacker.cart]).toEqual([null, null])
    expect(attacker.id).not.toBe(after.id)
  })

  it('returns to where the person wanted to go, and carries the cart along with keepSessionInfo', async () => {
    const { client, newClient } = await start(row, true)
    await client.post('/cart')
    const before = await stateOf(client)
    const wanted = await client.get('/private?page=2')
    expect(wanted.headers.location).toBe('/login')
    const planted = copyOf(client, newClient)
    const answer = await login(client)
    expect(answer.headers.location).toBe('/private?page=2')
    expect((await client.get('/private?page=2')).body).toBe('private of ada')
    const after = await stateOf(client)
    expect(after.id).not.toBe(before.id)
    expect(after).toMatchObject({ user: 'id-of-ada', cart: ['book'], returnTo: null })
    expect(await stateOf(planted)).toMatchObject({ user: null, cart: null })
  })

  it('keeps the cart but not the person through a logout with keepSessionInfo', async () => {
    const { client, newClient } = await start(row, true)
    await client.post('/cart')
    await login(client)
    const before = await stateOf(client)
    const copy = copyOf(client, newClient)
    await client.post('/logout')
    const after = await stateOf(client)
    expect(after.id).not.toBe(before.id)
    expect([after.user, after.cart]).toEqual([null, ['book']])
    expect((await stateOf(copy)).user).toBeNull()
  })

  it('finds nothing to copy from one session to the next but the data and the cookie', async () => {
    const { client } = await start(row, true)
    expect((await stateOf(client)).enumerable).toEqual(['cookie'])
    await client.post('/cart')
    expect((await stateOf(client)).enumerable).toEqual(['cart', 'cookie'])
    await login(client)
    expect((await stateOf(client)).enumerable).toEqual(['cart', 'cookie', 'passport'])
  })

  it('two people are signed in side by side', async () => {
    const { client, newClient } = await start(row)
    const other = newClient()
    await Promise.all([
      login(client),
      other.post('/login', { username: 'bob', password: 'correct horse' }),
    ])
    expect((await stateOf(client)).user).toBe('id-of-ada')
    expect((await stateOf(other)).user).toBe('id-of-bob')
  })
})
