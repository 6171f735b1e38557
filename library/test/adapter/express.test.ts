import express5 from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { createSojourn } from '../../src/sojourn.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { hindered } from '../support/slow-store.js'
import { SECRET } from '../support/sojourn.js'
import { listen, WebClient, type RunningServer } from '../support/web.js'

interface Data {
  views: number
  name: string
  late: boolean
}

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function start(create: typeof express5) {
  const slow = hindered(createMemoryStore())
  const sojourn = createSojourn<Data>({
    secrets: SECRET,
    store: slow.store,
    resilience: { commandDeadline: '1s' },
  })
  const web = createExpressAdapter(sojourn)
  const app = create()
  app.use(web.sessions)
  app.post(
    '/login',
    web.handler(async (req, res) => {
      await req.session.signIn('alice')
      res.redirect(303, '/me')
    }),
  )
  app.get(
    '/me',
    web.requireSession(),
    web.handler((req, res) => {
      res.json({ subject: req.session.subject })
    }),
  )
  app.get(
    '/set',
    web.handler((req, res) => {
      req.session.set('name', req.query['name'] as string)
      res.redirect('/get')
    }),
  )
  app.get(
    '/get',
    web.handler(async (req, res) => {
      res.json({ name: await req.session.get('name') })
    }),
  )
  app.get(
    '/optional',
    web.optionalSession(),
    web.handler((req, res) => {
      res.json({ subject: req.session.subject ?? null, unknown: req.session.isUnknown })
    }),
  )
  app.get('/static', (_req, res) => {
    res.send('static')
  })
  app.get(
    '/stream',
    web.handler((req, res) => {
      req.session.set('name', 'streamed')
      res.setHeader('Content-Type', 'text/event-stream')
      res.flushHeaders()
      res.write('data: 1\n\n')
      res.end('data: 2\n\n')
    }),
  )
  app.get(
    '/late',
    web.handler((req, res) => {
      res.write('head')
      req.session.set('name', 'late')
      res.end()
    }),
  )
  app.get(
    '/after-head',
    web.handler(async (req, res) => {
      res.write('head')
      await new Promise((resolve) => setTimeout(resolve, 20))
      req.session.set('late', true)
      const outcome = await req.session.save().then(
        () => 'saved',
        (error: Error & { code?: string }) => error.code ?? error.message,
      )
      res.end(` ${outcome}`)
    }),
  )
  app.get('/recent', web.requireRecent('5m'), (_req, res) => {
    res.send('ok')
  })
  app.get(
    '/read-only',
    web.requireSession({ readOnly: true }),
    web.handler((req, res) => {
      req.session.set('name', 'no')
      res.send('written')
    }),
  )
  app.get(
    '/throws',
    web.handler(() => Promise.reject(Object.assign(new Error('thrown'), { status: 418 }))),
  )
  app.use(((error: { status?: number; code?: string; message: string }, _req, res, _next) => {
    res.status(error.status ?? 500).json({ code: error.code, message: error.message })
  }) as express5.ErrorRequestHandler)
  const server = await listen(app)
  running.push(server)
  return { sojourn, slow, server, client: new WebClient(server) }
}

for (const [name, create] of [
  ['Express 5', express5],
  ['Express 4', express4],
] as const) {
  describe(name, () => {
    it('behaviour 5a: a client that acts on the first byte always finds the session saved, also where saving takes 200 ms', async () => {
      const { client, slow } = await start(create)
      slow.delay = 200
      let next: Promise<{ body: string }> | undefined
      const login = await client.post(
        '/login',
        {},
        {
          onHead: () => {
            next = client.get('/me')
          },
        },
      )
      expect(login.status).toBe(303)
      expect(login.firstByteAfter).toBeGreaterThan(190)
      expect(JSON.parse((await next)?.body ?? '{}')).toEqual({ subject: 'alice' })
      const set = await client.get('/set?name=x', {
        onHead: () => {
          next = client.get('/get')
        },
      })
      expect(set.status).toBe(302)
      expect(JSON.parse((await next)?.body ?? '{}')).toEqual({ name: 'x' })
    })

    it('behaviour 5b: when the save fails the client gets 503 and no cookie, not 200 or 302', async () => {
      const { client, slow } = await start(create)
      slow.failing.add('create')
      for (const answer of [await client.post('/login'), await client.get('/set?name=x')]) {
        expect(answer.status).toBe(503)
        expect(answer.headers.location).toBeUndefined()
        expect(answer.cookies).toEqual([])
      }
      slow.failing.clear()
      await client.post('/login')
      slow.failing.add('change')
      const patch = await client.get('/set?name=x')
      expect(patch.status).toBe(503)
      expect(patch.headers['retry-after']).toBe('1')
      expect(patch.cookies).toEqual([])
      expect(JSON.parse(patch.body)).toMatchObject({ code: 'store_unavailable', status: 503 })
    })

    it('behaviour 5d: a new session is durable before a stream begins; after the head has left data is saved, or a needed cookie is a named error', async () => {
      const { client, server, slow, sojourn } = await start(create)
      slow.delay = 50
      const stream = await client.get('/stream')
      expect(stream.cookies).toHaveLength(1)
      expect(stream.body).toBe('data: 1\n\ndata: 2\n\n')
      expect(JSON.parse((await client.get('/get')).body)).toEqual({ name: 'streamed' })
      expect((await client.get('/after-head')).body).toBe('head saved')
      await client.get('/late')
      await sojourn.settled()
      expect(JSON.parse((await client.get('/get')).body)).toEqual({ name: 'late' })
      expect((await new WebClient(server).get('/after-head')).body).toBe('head ERR_HEADERS_SENT')
    })

    it('answers 401 with code, challenge and reason, and lets optional routes through', async () => {
      const { client, server, sojourn } = await start(create)
      const nobody = await client.get('/me')
      expect(nobody.status).toBe(401)
      expect(nobody.headers['content-type']).toBe('application/problem+json')
      expect(nobody.headers['www-authenticate']).toBe('Cookie realm="sojourn"')
      expect(JSON.parse(nobody.body)).toMatchObject({ code: 'session_missing', status: 401 })
      expect(JSON.parse((await client.get('/optional')).body)).toEqual({
        subject: null,
        unknown: false,
      })
      await client.post('/login')
      await sojourn.revokeAll('alice', { reason: 'password_changed' })
      const ended = await client.get('/me')
      expect(JSON.parse(ended.body)).toMatchObject({
        code: 'session_ended',
        reason: 'password_changed',
      })
      expect(ended.headers['www-authenticate']).toContain('reason="password_changed"')
      expect(ended.cookies).toEqual([])
      expect((await new WebClient(server).get('/recent')).status).toBe(401)
    })

    it('behaviour 23b: answers that read the session are not stored by anybody', async () => {
      const { client } = await start(create)
      await client.post('/login')
      const answer = await client.get('/me')
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(answer.headers.vary).toMatch(/Cookie/)
      const untouched = await client.get('/static')
      expect(untouched.headers['cache-control']).toBeUndefined()
    })

    it('behaviour 9c: an unknown session is 401, a store that does not answer is 503, and public routes go on as unknown', async () => {
      const { client, slow } = await start(create)
      await client.post('/login')
      const cookie = client.cookie
      slow.failing.add('read')
      const away = await client.get('/me')
      expect([away.status, away.headers['retry-after']]).toEqual([503, '1'])
      expect(away.cookies).toEqual([])
      expect(JSON.parse((await client.get('/optional')).body)).toEqual({
        subject: null,
        unknown: true,
      })
      expect((await client.get('/static')).status).toBe(200)
      const lazy = await client.get('/get')
      expect([lazy.status, JSON.parse(lazy.body).code]).toEqual([503, 'store_unavailable'])
      slow.failing.clear()
      expect(client.cookie).toBe(cookie)
      expect((await client.get('/me')).status).toBe(200)
    })

    it('behaviour 1e: a request that only reads writes no data, and a read-only session throws on write', async () => {
      const { client, slow } = await start(create)
      await client.post('/login')
      slow.failing.add('change')
      expect((await client.get('/get')).status).toBe(200)
      const answer = await client.get('/read-only')
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'ERR_SESSION_READ_ONLY' })
    })

    it("passes a handler's rejection on", async () => {
      const { client } = await start(create)
      const answer = await client.get('/throws')
      expect([answer.status, JSON.parse(answer.body).message]).toEqual([418, 'thrown'])
    })
  })
}
