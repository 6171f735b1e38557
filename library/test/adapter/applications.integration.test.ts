import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import fastifyPassport from '@fastify/passport'
import { serve } from '@hono/node-server'
import express5 from 'express'
import express4 from 'express4'
import createFastify from 'fastify'
import Koa from 'koa'
import bodyParser from '@koa/bodyparser'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { createFastifyAdapter } from '../../src/adapter/fastify.js'
import { createKoaAdapter } from '../../src/adapter/koa.js'
import { createPassportSessions, facePassport } from '../../src/adapter/passport.js'
import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import { SECRET } from '../support/sojourn.js'
import { listen, WebClient, type WebAnswer } from '../support/web.js'

const load = createRequire(import.meta.url)
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

const EXAMPLES = new URL('../../../examples/', import.meta.url).href
const example = async (path: string): Promise<any> => {
  // Read when it is loaded; whoever starts a program from another file must not pass it on.
  vi.stubEnv('SESSION_SECRET', SECRET)
  try {
    return await import(/* @vite-ignore */ EXAMPLES + path)
  } finally {
    vi.unstubAllEnvs()
  }
}

function served(server: Server): number {
  stops.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** How each example is started on a free port. */
const STARTS: Readonly<Record<string, () => Promise<number>>> = {
  async 'fastify-app'() {
    const app = await (await example('fastify-app/app.mjs')).createApp(SECRET)
    await app.listen({ port: 0, host: '127.0.0.1' })
    stops.push(() => app.close())
    return app.server.address().port
  },
  async 'hono-app'() {
    const { fetch } = (await example('hono-app/app.mjs')).createApp(SECRET)
    const server = await new Promise<Server>((resolve) => {
      const made = serve(
        { fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false },
        () => {
          resolve(made as Server)
        },
      )
    })
    return served(server)
  },
  async 'koa-app'() {
    const app = (await example('koa-app/app.mjs')).createApp(SECRET)
    return served((await listen(app.callback())).server)
  },
  async nestjs() {
    const app = await (await example('nestjs/main.mjs')).createApp()
    await app.listen(0, '127.0.0.1')
    stops.push(() => app.close())
    return app.getHttpServer().address().port
  },
}

const bodyOf = ({ body }: WebAnswer): unknown => JSON.parse(body)

describe('examples', () => {
  it.each(Object.keys(STARTS))('%s signs in, counts visits, and signs out', async (name) => {
    const port = (await STARTS[name]?.()) ?? 0
    const client = new WebClient({ port })
    const refused = await client.get('/me')
    expect(refused.status).toBe(401)
    expect(bodyOf(refused)).toMatchObject({ code: 'session_missing' })
    expect(refused.headers['www-authenticate']).toContain('Cookie')
    expect(refused.headers['x-content-type-options']).toBe('nosniff')
    expect((await client.post('/login', { name: 'ada' })).status).toBe(200)
    expect(bodyOf(await client.get('/me'))).toEqual({ name: 'ada', visits: 1 })
    expect(bodyOf(await client.get('/me'))).toEqual({ name: 'ada', visits: 2 })
    const foreign = { headers: { 'sec-fetch-site': 'cross-site' } }
    expect((await client.post('/logout', {}, foreign)).status).toBe(403)
    const stolen = client.cookie
    expect(bodyOf(await client.post('/logout'))).toEqual({ ended: true })
    const after = await client.get('/me', { headers: { cookie: stolen } })
    expect(bodyOf(after)).toMatchObject({ code: 'session_ended' })
  })

  it('nextjs-like signs in, counts visits, and signs out', async () => {
    const [{ POST: login }, { GET: me }, { POST: logout }] = await Promise.all(
      ['login', 'me', 'logout'].map((name) => example(`nextjs-like/app/api/${name}/route.mjs`)),
    )
    const headers = {
      'content-type': 'application/json',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '203.0.113.9',
    }
    const url = 'http://app.example/api'
    const body = JSON.stringify({ name: 'ada' })
    const first: Response = await login(new Request(url, { method: 'POST', headers, body }))
    const [line = ''] = first.headers.getSetCookie()
    expect(line).toMatch(/^__Host-/)
    expect(line).toContain('; Secure')
    const cookie = line.split(';')[0] ?? ''
    const own = { headers: { ...headers, cookie } }
    expect(await (await me(new Request(url, own))).json()).toEqual({ name: 'ada', visits: 1 })
    await logout(new Request(url, { method: 'POST', ...own }))
    expect((await me(new Request(url, own))).status).toBe(401)
  })
})

interface Visitor {
  readonly port: number
  readonly sojourn: Sojourn<any>
}

/** A passport of its own: the one a package exports is one for the whole process. */
function newPassport(made: any): any {
  const { Strategy } = load('passport-local')
  made.use(
    new Strategy((username: string, password: string, done: (...answer: unknown[]) => void) => {
      done(null, password === 'correct horse' ? { id: `id-of-${username}` } : false)
    }),
  )
  made.serializeUser((user: { id: string }, done: (...answer: unknown[]) => void) => {
    done(null, user.id)
  })
  made.deserializeUser((id: string, done: (...answer: unknown[]) => void) => {
    done(null, { id })
  })
  return made
}

function onExpress(express: typeof express5, name: string): Visitor['port'] | Promise<Visitor> {
  const sojourn = createSojourn<any>({ secrets: SECRET, cache: false })
  const web = createExpressAdapter(sojourn)
  const passport = newPassport(new (load(name).Passport)())
  const app = express()
  app.set('env', 'test')
  app.use(express.json(), web.sessions)
  app.use((req: any, _res, next) => {
    facePassport(req.session).then(() => {
      next()
    }, next)
  })
  app.use(passport.session())
  app.get('/private', (req: any, res) => {
    if (req.user !== undefined) {
      res.json({ user: req.user.id, subject: req.session.subject })
      return
    }
    req.session.returnTo = req.originalUrl
    res.redirect('/login')
  })
  app.post(
    '/login',
    passport.authenticate('local', { successReturnToOrRedirect: '/', failureRedirect: '/again' }),
  )
  app.post('/logout', (req: any, res, next) => {
    req.logout((error: unknown) => {
      if (error === undefined || error === null) res.json({ user: req.user ?? null })
      else next(error)
    })
  })
  return started(sojourn, app)
}

async function started(sojourn: Sojourn<any>, handler: any): Promise<Visitor> {
  const { server } = await listen(handler)
  return { port: served(server), sojourn }
}

async function onKoa(): Promise<Visitor> {
  const sojourn = createSojourn<any>({ secrets: SECRET, cache: false })
  const web = createKoaAdapter(sojourn)
  const passport = newPassport(new (load('koa-passport').KoaPassport)())
  const app = new Koa()
  app.use(bodyParser())
  app.use(web.sessions)
  app.use(async (ctx: any, next) => {
    await facePassport(ctx.session)
    await next()
  })
  app.use(passport.initialize())
  app.use(passport.session())
  app.use(async (ctx: any, next) => {
    if (ctx.path === '/private' && ctx.isAuthenticated()) {
      ctx.body = { user: ctx.state.user.id, subject: ctx.session.subject }
    } else if (ctx.path === '/private') {
      ctx.session.returnTo = ctx.originalUrl
      ctx.redirect('/login')
    } else if (ctx.path === '/logout') {
      await ctx.logout()
      ctx.body = { user: ctx.state.user ?? null }
    } else await next()
  })
  const options = { successReturnToOrRedirect: '/', failureRedirect: '/again' }
  app.use(passport.authenticate('local', options))
  return started(sojourn, app.callback())
}

async function onFastify(): Promise<Visitor> {
  const sojourn = createSojourn<any>({ secrets: SECRET, cache: false })
  const web = createFastifyAdapter(sojourn)
  const passport = new fastifyPassport.Authenticator()
  const { Strategy } = load('passport-local')
  passport.use(
    'local',
    new Strategy((username: string, password: string, done: (...answer: unknown[]) => void) => {
      done(null, password === 'correct horse' ? { id: `id-of-${username}` } : false)
    }),
  )
  passport.registerUserSerializer(async (user: any) => Promise.resolve(user.id))
  passport.registerUserDeserializer(async (id: any) => Promise.resolve({ id }))
  passport.sessionManager = createPassportSessions(passport, (request: any) =>
    web.sessionOf(request),
  ) as never
  const app = createFastify({ forceCloseConnections: true })
  await app.register(web.sessions)
  app.addHook('preValidation', web.optionalSession())
  await app.register(passport.initialize())
  await app.register(passport.secureSession())
  app.get('/private', async (request: any, reply) => {
    if (request.isAuthenticated()) {
      return { user: request.user.id, subject: request.session.subject }
    }
    request.session.set('returnTo', request.url)
    return reply.redirect('/login')
  })
  const preValidation = passport.authenticate('local', { failureRedirect: '/again' })
  app.post('/login', { preValidation } as never, async (request: any, reply) => {
    const returnTo = (await request.session.get('returnTo')) ?? '/'
    request.session.delete('returnTo')
    return reply.redirect(returnTo)
  })
  app.post('/logout', async (request: any) => {
    await request.logout()
    return { user: request.user ?? null }
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  stops.push(() => app.close())
  return { port: (app.server.address() as AddressInfo).port, sojourn }
}

const PASSPORTS: readonly (readonly [string, () => unknown])[] = [
  ['passport 0.6 on Express 4', () => onExpress(express4, 'passport06')],
  ['passport 0.7 on Express 4', () => onExpress(express4, 'passport')],
  ['passport 0.6 on Express 5', () => onExpress(express5, 'passport06')],
  ['passport 0.7 on Express 5', () => onExpress(express5, 'passport')],
  ['koa-passport 6 on Koa', onKoa],
  ['@fastify/passport 4 on Fastify', onFastify],
]

describe.each(PASSPORTS)('%s', (_name, start) => {
  const ADA = { username: 'ada', password: 'correct horse' }

  it('behaviour 33a: signs in and out, goes back to where somebody came from, and gives a new id', async () => {
    const { port, sojourn } = (await start()) as Visitor
    const client = new WebClient({ port })
    expect((await client.get('/private?page=2')).headers['location']).toBe('/login')
    const guest = client.cookie
    expect(guest).not.toBe('')
    const wrong = await client.post('/login', { ...ADA, password: 'wrong' })
    expect(wrong.headers['location']).toBe('/again')
    expect((await sojourn.list('id-of-ada')).sessions).toEqual([])
    const login = await client.post('/login', ADA)
    expect(login.headers['location']).toBe('/private?page=2')
    expect(client.cookie).not.toContain(guest)
    const seen = { user: 'id-of-ada', subject: 'id-of-ada' }
    expect(bodyOf(await client.get('/private'))).toEqual(seen)
    const stolen = client.cookie
    expect(bodyOf(await client.post('/logout'))).toEqual({ user: null })
    expect((await sojourn.list('id-of-ada')).sessions).toEqual([])
    const again = new WebClient({ port })
    const after = await again.get('/private', { headers: { cookie: stolen } })
    expect(after.headers['location']).toBe('/login')
    // Used once: the next sign-in goes to the front page.
    const next = new WebClient({ port })
    expect((await next.post('/login', ADA)).headers['location']).toBe('/')
  })

  it('CVE-2023-29019: who planted a session before the sign-in does not share it afterwards', async () => {
    const { port } = (await start()) as Visitor
    const attacker = new WebClient({ port })
    await attacker.get('/private')
    const victim = new WebClient({ port })
    for (const [name, value] of attacker.jar) victim.jar.set(name, value)
    await victim.post('/login', ADA)
    expect((await victim.get('/private')).status).toBe(200)
    expect((await attacker.get('/private')).headers['location']).toBe('/login')
  })
})
