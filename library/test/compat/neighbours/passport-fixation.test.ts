/** Who plants a session id must not share the session of whoever signs in with it, whatever passport does. */
import type { Express, RequestHandler } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { listen, WebClient, type RunningServer } from '../../support/web.js'
import { load, sessionApp, SUBJECTS } from './modules.js'

const [, , OWN] = SUBJECTS
if (OWN === undefined) throw new Error('no store of our own')

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

/** How a version of passport signs in and out. */
interface Version {
  readonly name: string
  readonly use: (app: Express) => {
    readonly login: RequestHandler
    readonly logout: RequestHandler
    readonly userOf: (request: any) => string | null
  }
}

/** The session manager of 0.5, line by line: it writes into the session that is there, and keeps its id. */
const ZERO_FIVE: Version = {
  name: 'what passport 0.5 does',
  use(app) {
    app.use((request: any, _response, next) => {
      request._passport = { session: request.session?.passport }
      next()
    })
    return {
      login(request: any, response) {
        request._passport.session ??= {}
        request._passport.session.user = 'id-of-ada'
        request.session.passport = request._passport.session
        response.redirect('/')
      },
      logout(request: any, response) {
        if (request._passport.session) delete request._passport.session.user
        response.redirect('/')
      },
      userOf: (request) => request.session.passport?.user ?? null,
    }
  },
}

/** The same, and the application saves before it redirects, as many do. */
const ZERO_FIVE_SAVED: Version = {
  name: `${ZERO_FIVE.name}, saved by the application`,
  use(app) {
    const ways = ZERO_FIVE.use(app)
    const saving =
      (way: RequestHandler): RequestHandler =>
      (request: any, response, next) => {
        const redirect = response.redirect.bind(response) as (to: string) => void
        response.redirect = ((to: string) =>
          request.session.save(() => {
            redirect(to)
          })) as never
        void way(request, response, next)
      }
    return { ...ways, login: saving(ways.login), logout: saving(ways.logout) }
  },
}

const real = (name: string, module: string, keepSessionInfo: boolean): Version => ({
  name,
  use(app) {
    const passport = new (load(module).Passport)()
    passport.serializeUser((user: any, done: any) => done(null, user.id))
    passport.deserializeUser((id: string, done: any) => done(null, { id }))
    app.use(passport.initialize(), passport.session())
    return {
      login(request: any, response, next) {
        request.login({ id: 'id-of-ada' }, { keepSessionInfo }, (error: unknown) => {
          if (error) next(error)
          else response.redirect('/')
        })
      },
      logout(request: any, response, next) {
        request.logout({ keepSessionInfo }, (error: unknown) => {
          if (error) next(error)
          else response.redirect('/')
        })
      },
      userOf: (request) => request.user?.id ?? null,
    }
  },
})

const VERSIONS = [
  ZERO_FIVE,
  ZERO_FIVE_SAVED,
  real('passport 0.6', 'passport06', false),
  real('passport 0.6 with keepSessionInfo', 'passport06', true),
  real('passport 0.7', 'passport', false),
  real('passport 0.7 with keepSessionInfo', 'passport', true),
]

interface State {
  readonly id: string
  readonly user: string | null
  readonly cart: unknown
}

async function start(version: Version) {
  const app = sessionApp(OWN as NonNullable<typeof OWN>)
  const { login, logout, userOf } = version.use(app)
  app.post('/login', login)
  app.post('/logout', logout)
  app.post('/cart', (request: any, response) => {
    request.session.cart = ['book']
    response.json(null)
  })
  app.get('/state', (request: any, response) => {
    const state = { id: request.sessionID, user: userOf(request) }
    response.json({ ...state, cart: request.session.cart ?? null })
  })
  const server = await listen(app)
  running.push(server)
  return () => new WebClient(server)
}

const stateOf = async (client: WebClient): Promise<State> =>
  JSON.parse((await client.get('/state')).body) as State

function withCookiesOf(client: WebClient, other: WebClient): WebClient {
  for (const [name, value] of client.jar) other.jar.set(name, value)
  return other
}

/** 0.6 and later drop what the session held unless they are told otherwise; 0.5 knows nothing of that. */
const doesKeep = ({ name }: Version): boolean => !/^passport 0\.\d$/.test(name)

describe('sessions on a store of our own', () => {
  it('CVE-2022-25896: get another id when passport signs somebody in or out, also with the session manager of 0.5; the id of before is dead', async () => {
    for (const version of VERSIONS) {
      const newClient = await start(version)
      const attacker = newClient()
      await attacker.post('/cart')
      const planted = await stateOf(attacker)
      const victim = withCookiesOf(attacker, newClient())
      expect((await victim.post('/login')).status).toBe(302)

      const inside = await stateOf(victim)
      expect([version.name, inside.user]).toEqual([version.name, 'id-of-ada'])
      expect([version.name, inside.id === planted.id]).toEqual([version.name, false])
      if (doesKeep(version)) expect(inside.cart).toEqual(['book'])
      const outside = await stateOf(attacker)
      expect([version.name, outside.user, outside.cart]).toEqual([version.name, null, null])
      expect([planted.id, inside.id]).not.toContain(outside.id)

      const copy = withCookiesOf(victim, newClient())
      expect((await stateOf(copy)).user).toBe('id-of-ada')
      expect((await victim.post('/logout')).status).toBe(302)
      const after = await stateOf(victim)
      expect([version.name, after.user, after.id === inside.id]).toEqual([
        version.name,
        null,
        false,
      ])
      expect([version.name, (await stateOf(copy)).user]).toEqual([version.name, null])
    }
  })

  it('keep their id while nobody signs in or out', async () => {
    const newClient = await start(ZERO_FIVE)
    const client = newClient()
    await client.post('/cart')
    await client.post('/login')
    const { id } = await stateOf(client)
    await client.post('/cart')
    await client.post('/login')
    expect(await stateOf(client)).toMatchObject({ id, user: 'id-of-ada' })
  })
})
