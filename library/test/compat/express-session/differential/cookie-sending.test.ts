/** When a cookie is sent at all: for which sessions, under which options. */
import { describe } from 'vitest'
import { compareDeeds } from './deeds.js'
import { compare, signed } from './lab.js'

describe('when a cookie is sent and a store is called', () => compareDeeds('even'))

describe('when a cookie is sent', () => {
  compare(
    'the second response of a client repeats none, until something changes',
    async (_s, lab) => {
      const app = lab.app(lab.middleware({ cookie: { maxAge: 9000 } }), (req, res) => {
        if (req.url === '/set') req.session.n = (req.session.n ?? 0) + 1
        res.end(String(req.session.n))
      })
      const client = lab.client(app)
      for (const path of ['/', '/set', '/', '/set', '/']) {
        await client({ path })
        lab.advance(2000)
      }
    },
  )

  compare('not where writeHead is called before the session changes', async (_session, lab) => {
    const app = lab.app(lab.middleware(), (req, res) => {
      res.writeHead(200)
      req.session.a = 1
      res.end('x')
    })
    await lab.get(app)
  })

  compare('in a redirect, as in any answer', async (_session, lab) => {
    const app = lab.app(lab.middleware(), (req, res) => {
      req.session.a = 1
      res.writeHead(302, { Location: '/next' })
      res.end()
    })
    await lab.get(app)
  })

  compare('in an answer to a client that sent a bogus id', async (_session, lab) => {
    const app = lab.app(lab.middleware({ saveUninitialized: true }), (_req, res) => res.end('x'))
    for (const cookie of [
      'connect.sid=',
      'connect.sid=s%3A',
      'connect.sid=s%3A.',
      'connect.sid=s%3Aid',
      'connect.sid=s:known.x',
      'connect.sid=%',
      'connect.sid=j%3A{}',
      'connect.sid="s:known.x"',
      'connect.sid',
      '=; ;;=;a',
      `other=1; ${signed('known')}; connect.sid=second`,
      `connect.sid="${signed('known').slice('connect.sid='.length)}"`,
      `connect.sid="${signed('known').slice('connect.sid='.length)}`,
      `${signed('known')}"`,
      `${signed('known')}x`,
      signed(''),
      signed('with space.and.dots'),
      signed('__proto__'),
      signed('known').replace('%3A', ':').replaceAll('%2F', '/'),
      ` \t ${signed('known')}\t`,
      signed('known').replace('connect.sid', 'Connect.Sid'),
    ]) {
      await lab.get(app, { cookie })
    }
  })

  compare('two Cookie lines are one', async (_session, lab) => {
    const records = { known: { cookie: {}, a: 1 } }
    const app = lab.app(lab.middleware({ store: lab.store({ records }) }), (req, res) => {
      res.end(JSON.stringify(req.session))
    })
    await lab.raw(
      app,
      `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: a=1\r\nCookie: ${signed('known')}\r\n\r\n`,
    )
  })

  compare('in what order several middlewares set theirs', async (_session, lab) => {
    const app = lab.app(
      (_req, res, next) => {
        res.setHeader('X-First', '1')
        next()
      },
      lab.middleware({ saveUninitialized: true }),
      (_req, res) => {
        res.setHeader('Content-Type', 'text/plain')
        res.setHeader('Set-Cookie', 'own=1')
        res.setHeader('X-Last', '1')
        res.end('x')
      },
    )
    await lab.get(app)
  })
})
