/** What session(options) accepts, what it throws, and what it does to the store at once. */
import { describe } from 'vitest'
import { compare, SECRET, signed } from './lab.js'
import type { SessionModule } from './subject.js'

const QUIET = { secret: SECRET, resave: false, saveUninitialized: false }

describe('session(options)', () => {
  compare('is named and counts its arguments as before', (session, lab) => {
    lab.note(typeof session, session.length, session.name)
    lab.note(session(QUIET).length, session(QUIET).name)
    for (const name of ['Store', 'Cookie', 'Session', 'MemoryStore']) {
      lab.note(name, typeof session[name], session[name].name, session[name].length)
    }
  })

  compare('works without options', (session, lab) => {
    lab.attempt('no options', () => typeof session())
    lab.attempt('null', () => typeof session(null))
    lab.attempt('empty', () => typeof session({}))
  })

  for (const [name, values] of Object.entries({
    genid: [undefined, null, false, 0, '', 'text', 1, true, {}, () => 'x'],
    unset: [undefined, null, false, '', 'destroy', 'keep', 'DESTROY', 'remove', true, 1, {}],
    secret: [undefined, null, '', 0, [], ['a'], ['a', 'b'], [''], [undefined], Buffer.from('k'), 7],
    resave: [undefined, null, true, false, 0, 'no'],
    saveUninitialized: [undefined, null, true, false, 0, 'no'],
    rolling: [undefined, null, true, false, 'yes'],
    proxy: [undefined, null, true, false, 1, 'loopback'],
    name: [undefined, null, '', 'sid', 'not a name', 5, true],
    key: [undefined, 'sid', 'not a name'],
    cookie: [undefined, null, false, {}, 'text', 5, () => ({}), { maxAge: 'x' }, { expires: 'x' }],
  })) {
    compare(`takes or refuses each value of ${name}`, (session, lab) => {
      for (const value of values) {
        lab.note(value)
        lab.attempt(name, () => typeof session({ ...QUIET, [name]: value }))
      }
    })
  }

  compare('checks its options in the same order', (session, lab) => {
    lab.attempt('genid, unset, secret', () => session({ genid: 1, unset: 'x', secret: [] }))
    lab.attempt('unset, secret', () => session({ unset: 'x', secret: [] }))
    lab.attempt('secret', () => session({ secret: [] }))
  })

  compare('asks the store for nothing but `on`, twice', (session, lab) => {
    const asked: unknown[] = []
    const store = { on: (event: string, listener: unknown) => asked.push(event, typeof listener) }
    lab.attempt('store', () => typeof session({ ...QUIET, store }))
    lab.note(asked, Object.keys(store), typeof (store as SessionModule).generate)
    for (const broken of [{}, 'text', { on: 1 }]) {
      try {
        session({ ...QUIET, store: broken })
        lab.note('taken')
      } catch (error) {
        lab.note(error instanceof TypeError)
      }
    }
  })

  compare('leaves the options and their cookie as they were', async (session, lab) => {
    const cookie = { maxAge: 5000, secure: 'auto', sameSite: 'auto' }
    const options = { ...QUIET, cookie, store: lab.store(), saveUninitialized: true }
    await lab.get(lab.app(session(options), (_req, res) => res.end()))
    lab.note(cookie, Object.keys(options))
  })

  compare('reads options once: later changes to them do nothing', async (session, lab) => {
    const options: Record<string, unknown> = lab.options({ store: lab.store(), name: 'first' })
    const middleware = session(options)
    Object.assign(options, { name: 'second', saveUninitialized: true, secret: 'other' })
    const app = lab.app(middleware, (req, res) => {
      req.session.a = 1
      res.end()
    })
    await lab.get(app)
  })

  compare('name wins over key, and key alone names the cookie', async (session, lab) => {
    for (const names of [{ key: 'old' }, { name: 'new', key: 'old' }, { name: '', key: 'old' }]) {
      const app = lab.app(
        session(lab.options({ ...names, store: lab.store(), saveUninitialized: true })),
        (_req, res) => res.end(),
      )
      const client = lab.client(app)
      await client()
      await client()
    }
  })

  compare(
    'a cookie name that is no token goes to next, and no cookie is set',
    async (session, lab) => {
      for (const name of ['not a name', 'a=b', 'ä', 'a;b', '__Host-sid', 5]) {
        const options = lab.options({ name, store: lab.store(), saveUninitialized: true })
        await lab.get(lab.app(session(options), (_req, res) => res.end('x')))
      }
    },
  )

  compare('without a store each middleware has a memory store of its own', async (session, lab) => {
    const stores: unknown[] = []
    for (let turn = 0; turn < 2; turn += 1) {
      const app = lab.app(session(lab.options()), (req, res) => {
        stores.push(req.sessionStore)
        lab.note(req.sessionStore instanceof session.MemoryStore, Object.keys(req.sessionStore))
        res.end()
      })
      await lab.get(app)
    }
    lab.note(stores[0] === stores[1])
  })

  compare('the undefined resave and saveUninitialized mean true', async (session, lab) => {
    const app = lab.app(
      session({ secret: SECRET, genid: lab.genid, store: lab.store() }),
      (_req, res) => res.end(),
    )
    const client = lab.client(app)
    await client()
    await client()
  })
})

describe('genid', () => {
  compare(
    'ids made by default are 32 characters of base64url, and new each time',
    async (_session, lab) => {
      const seen = new Set<string>()
      const app = lab.app(
        lab.middleware({ genid: undefined, saveUninitialized: true }),
        (req, res) => {
          seen.add(req.sessionID)
          lab.note(/^[\w-]{32}$/.test(req.sessionID), req.sessionID === req.session.id)
          res.end()
        },
      )
      for (let turn = 0; turn < 3; turn += 1) await lab.get(app)
      lab.note(seen.size)
    },
  )

  compare('is given the request', async (_session, lab) => {
    const genid = (req: any, ...rest: unknown[]): string => {
      lab.note('genid', req.url, req.session, rest.length)
      return `for${req.url.replaceAll('/', '-')}`
    }
    const app = lab.app(lab.middleware({ genid, saveUninitialized: true }), (_req, res) =>
      res.end(),
    )
    await lab.get(app, { path: '/a' })
    await lab.get(app, { path: '/b' })
  })

  compare('that throws is seen by the caller of the middleware', async (_session, lab) => {
    const genid = (): string => {
      throw new RangeError('no more ids')
    }
    await lab.get(lab.app(lab.middleware({ genid }), (_req, res) => res.end()))
  })

  compare('that throws after an unknown cookie goes to next', async (_session, lab) => {
    const genid = (): string => {
      throw new RangeError('no more ids')
    }
    const app = lab.app(lab.middleware({ genid }), (_req, res) => res.end())
    await lab.get(app, { cookie: signed('unknown') })
  })

  for (const value of [undefined, null, 0, 42, 'with space', 'ü.;,"', {}, Promise.resolve('x')]) {
    compare(
      `answering ${String(JSON.stringify(value))} of type ${typeof value}`,
      async (_session, lab) => {
        const app = lab.app(
          lab.middleware({ genid: () => value, saveUninitialized: true }),
          (req, res) => {
            req.session.a = 1
            lab.note(req.sessionID, req.session.id)
            res.end('x')
          },
        )
        const client = lab.client(app)
        await client()
        await client()
      },
    )
  }

  compare('an id in use is overwritten', async (_session, lab) => {
    const app = lab.app(lab.middleware({ genid: () => 'same' }), (req, res) => {
      req.session.url = req.url
      res.end()
    })
    await lab.get(app, { path: '/1' })
    await lab.get(app, { path: '/2' })
  })
})
