/** What counts as a secure connection: sockets, the proxy option, X-Forwarded-Proto, Express' own view. */
import express from 'express'
import express4 from 'express4'
import { describe } from 'vitest'
import { compare, signed } from './lab.js'

const PROTOS = [
  undefined,
  'https',
  'HTTPS',
  ' https ',
  'http',
  'https,http',
  'http,https',
  '',
  'wss',
]

describe('secure cookies', () => {
  for (const proxy of [true, false, undefined, null, 1]) {
    compare(`S2-08: proxy ${String(proxy)} with every X-Forwarded-Proto`, async (_session, lab) => {
      const claims = (req: any, _res: any, next: () => void): void => {
        if (req.url.includes('secure')) req.secure = true
        if (req.url.includes('truthy')) req.secure = 'yes'
        if (req.url.includes('tls')) req.socket.encrypted = true
        next()
      }
      const options = { proxy, cookie: { secure: true }, saveUninitialized: true }
      const app = lab.app(claims, lab.middleware(options), (_req, res) => res.end())
      for (const proto of PROTOS) {
        const headers = proto === undefined ? {} : { 'X-Forwarded-Proto': proto }
        await lab.get(app, { headers })
      }
      for (const path of ['/secure', '/truthy', '/tls']) {
        await lab.get(app, { path })
        await lab.get(app, { path, headers: { 'X-Forwarded-Proto': 'http' } })
      }
    })
  }

  compare('two X-Forwarded-Proto lines', async (_session, lab) => {
    const options = { proxy: true, cookie: { secure: true }, saveUninitialized: true }
    const app = lab.app(lab.middleware(options), (_req, res) => res.end())
    const lines = ['X-Forwarded-Proto: https', 'X-Forwarded-Proto: http']
    const head = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
    await lab.raw(app, `${head}${lines.join('\r\n')}\r\n\r\n`)
    await lab.raw(app, `${head}${lines.reverse().join('\r\n')}\r\n\r\n`)
  })

  compare(
    'a secure session on plain HTTP is saved, and its cookie is not sent',
    async (_session, lab) => {
      const app = lab.app(lab.middleware({ cookie: { secure: true } }), (req, res) => {
        req.session.a = 1
        res.end()
      })
      await lab.get(app)
    },
  )

  compare('an insecure cookie needs no secure connection', async (_session, lab) => {
    const options = { proxy: true, cookie: { secure: false }, saveUninitialized: true }
    const app = lab.app(lab.middleware(options), (_req, res) => res.end())
    await lab.get(app)
    await lab.get(app, { headers: { 'X-Forwarded-Proto': 'https' } })
  })

  for (const proxy of [true, false, undefined]) {
    compare(`auto with proxy ${String(proxy)}`, async (_session, lab) => {
      const cookie = { secure: 'auto', sameSite: 'auto' }
      const options = { proxy, cookie, saveUninitialized: true, rolling: true }
      const app = lab.app(lab.middleware(options), (req, res) => {
        lab.note(req.session.cookie.secure, req.session.cookie.sameSite)
        if (req.url === '/new') req.session.regenerate(() => res.end())
        else res.end()
      })
      for (const first of ['https', 'http']) {
        const client = lab.client(app)
        await client({ headers: { 'X-Forwarded-Proto': first } })
        await client({ headers: { 'X-Forwarded-Proto': 'https' } })
        await client({ headers: { 'X-Forwarded-Proto': 'http' } })
        await client({ path: '/new', headers: { 'X-Forwarded-Proto': 'https' } })
      }
    })
  }
})

for (const [name, framework] of Object.entries({ 'Express 5': express, 'Express 4': express4 })) {
  describe(name, () => {
    for (const trust of [undefined, true, false, 1, 'loopback', '10.0.0.0/8']) {
      for (const proxy of [undefined, true, false]) {
        compare(
          `S2-08: trust proxy ${String(trust)}, proxy ${String(proxy)}`,
          async (_session, lab) => {
            const app = framework()
            app.disable('x-powered-by')
            if (trust !== undefined) app.set('trust proxy', trust)
            const cookie = { secure: true, maxAge: 86_400_000, sameSite: 'lax' }
            app.use(lab.middleware({ proxy, cookie, saveUninitialized: true }) as never)
            app.get('/', (req, res) => {
              lab.note(req.secure)
              res.send('x')
            })
            for (const proto of ['https', 'http', 'https, http', 'http, https']) {
              await lab.get(app, { headers: { 'X-Forwarded-Proto': proto } })
            }
            await lab.get(app)
          },
        )
      }
    }

    compare('the view counter of the documentation', async (session, lab) => {
      const app = framework()
      app.use(session(lab.options({ cookie: { maxAge: 60_000 } })))
      app.get('/', (req: any, res) => {
        if (req.session.views) {
          req.session.views++
          res.setHeader('Content-Type', 'text/html')
          res.write(`<p>views: ${req.session.views}</p>`)
          res.write(`<p>expires in: ${req.session.cookie.maxAge / 1000}s</p>`)
          res.end()
        } else {
          req.session.views = 1
          res.end('welcome to the session demo. refresh!')
        }
      })
      const client = lab.client(app)
      await client()
      lab.advance(30_000)
      await client()
      lab.advance(61_000)
      await client()
    })

    compare('sign-in and sign-out of the documentation', async (session, lab) => {
      const app = framework()
      app.use(session(lab.options({ store: lab.store(), saveUninitialized: true })))
      app.get('/', (req: any, res) => res.send(`hello, ${req.session.user}`))
      app.post('/login', (req: any, res, next) => {
        req.session.regenerate((failed: unknown) => {
          if (failed) return next(failed)
          req.session.user = 'Ada'
          req.session.save((error: unknown) => {
            if (error) return next(error)
            res.redirect('/')
          })
        })
      })
      app.get('/logout', (req: any, res, next) => {
        req.session.user = null
        req.session.save((failed: unknown) => {
          if (failed) return next(failed)
          req.session.regenerate((error: unknown) => {
            if (error) return next(error)
            res.redirect('/')
          })
        })
      })
      const client = lab.client(app)
      await client()
      await client({ method: 'POST', path: '/login' })
      await client()
      await client({ path: '/logout' })
      await client()
    })

    compare(
      'S2-12: a store that fails reaches the callbacks and the error handler',
      async (session, lab) => {
        const failure = Object.assign(new Error('the store is gone'), { code: 'EGONE' })
        const records = { known: { cookie: {}, a: 1 } }
        for (const method of ['get', 'set', 'touch', 'destroy']) {
          const app = framework()
          app.use(
            session(lab.options({ store: lab.store({ records, errors: { [method]: failure } }) })),
          )
          app.get('/read', (_req, res) => res.send('read'))
          app.get('/write', (req: any, res) => {
            req.session.b = 2
            res.send('written')
          })
          app.get('/login', (req: any, res) => {
            req.session.regenerate((error: unknown) => {
              lab.note('regenerate', error)
              res.status(error ? 500 : 200).send('Session regeneration failed')
            })
          })
          app.get('/logout', (req: any, res) => {
            req.session.destroy((error: unknown) => {
              lab.note('destroy', error, req.session)
              res.status(error ? 500 : 200).send('Failed to destroy session')
            })
          })
          app.use((error: any, _req: any, res: any, next: any) => {
            lab.note('error handler', error, res.headersSent)
            if (res.headersSent) return
            if (error.code === 'EGONE') res.status(503).send('gone')
            else next(error)
          })
          for (const path of ['/read', '/write', '/login', '/logout']) {
            await lab.get(app, { path, cookie: signed('known') })
          }
        }
      },
    )

    compare(
      'res.json, res.send and res.sendStatus answer as without sessions',
      async (_session, lab) => {
        const app = framework()
        app.use(lab.middleware({ saveUninitialized: true }) as never)
        app.get('/json', (_req, res) => res.json({ a: 1 }))
        app.get('/text', (_req, res) => res.send('äöü'))
        app.get('/buffer', (_req, res) => res.send(Buffer.from([0, 255, 1])))
        app.get('/empty', (_req, res) => res.send(''))
        app.get('/null', (_req, res) => res.json(null))
        app.get('/status', (_req, res) => void res.sendStatus(204))
        app.get('/teapot', (_req, res) => void res.sendStatus(418))
        app.get('/redirect', (_req, res) => res.redirect(303, '/json'))
        app.get('/cookie', (_req, res) => void res.cookie('own', '1').clearCookie('gone').end())
        app.get('/throws', () => {
          throw Object.assign(new Error('broken'), { status: 400, expose: true, stack: 'broken' })
        })
        for (const path of [
          'json',
          'text',
          'buffer',
          'empty',
          'null',
          'status',
          'teapot',
          'none',
        ]) {
          const answer = await lab.get(app, { path: `/${path}` })
          await lab.get(app, { path: `/${path}`, method: 'HEAD' })
          const tag = answer.head.find((line) => line.startsWith('ETag: '))?.slice(6)
          if (tag !== undefined)
            await lab.get(app, { path: `/${path}`, headers: { 'If-None-Match': tag } })
        }
        for (const path of ['redirect', 'cookie', 'throws'])
          await lab.get(app, { path: `/${path}` })
      },
    )

    compare('mounted routers and the session path', async (_session, lab) => {
      const app = framework()
      const inner = framework.Router()
      inner.use(lab.middleware({ cookie: { path: '/in' }, saveUninitialized: true }) as never)
      inner.get('/x', (req: any, res) => res.send(`${req.url} ${req.originalUrl} ${req.sessionID}`))
      app.use('/in', inner)
      app.use('/out', inner)
      await lab.get(app, { path: '/in/x' })
      await lab.get(app, { path: '/out/x' })
    })
  })
}
