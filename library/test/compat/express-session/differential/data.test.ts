/** What may be put into a session, and what comes back. */
import { describe } from 'vitest'
import { compare, signed } from './lab.js'

const RECORDS = { known: { cookie: {}, a: 1 } }

const VALUES: Record<string, (session: any) => void> = {
  'a Date': (session) => (session.at = new Date(0)),
  undefined: (session) => (session.nothing = undefined),
  null: (session) => (session.nothing = null),
  'NaN and Infinity': (session) => (session.numbers = [Number.NaN, Infinity, -0]),
  'a function': (session) => (session.call = () => 1),
  'a symbol': (session) => (session.symbol = Symbol('s')),
  'a symbol for a key': (session) => (session[Symbol('s')] = 1),
  'a Map and a Set': (session) => (session.sets = [new Map([[1, 2]]), new Set([1])]),
  'a Buffer': (session) => (session.bytes = Buffer.from('abc')),
  'a Uint8Array': (session) => (session.bytes = new Uint8Array([1, 2])),
  'a regular expression': (session) => (session.pattern = /a/g),
  'an Error': (session) => (session.error = new Error('kept')),
  'an instance with toJSON': (session) => (session.own = { toJSON: () => ({ own: 'json' }) }),
  'an instance with getters': (session) => {
    session.own = Object.defineProperty({}, 'x', { get: () => 1, enumerable: true })
  },
  'a getter on the session': (session) => {
    Object.defineProperty(session, 'got', { get: () => 'by getter', enumerable: true })
  },
  'a hidden property on the session': (session) => {
    Object.defineProperty(session, 'hidden', { value: 1, enumerable: false, configurable: true })
  },
  'a frozen object': (session) => (session.frozen = Object.freeze({ a: [1] })),
  'a sealed object': (session) => (session.sealed = Object.seal({ a: 1 })),
  'a deep tree': (session) => {
    let tree: any = {}
    for (let depth = 0; depth < 50; depth += 1) tree = { tree }
    session.tree = tree
  },
  'sparse arrays': (session) => {
    session.list = [1, 2, 3]
    delete session.list[1]
  },
  'keys of every kind': (session) => {
    Object.assign(session, { '': 1, 'a b': 2, ключ: 3, '0': 4, '-1': 5, '10': 6, 'a.b': 7 })
  },
  'the key constructor': (session) => (session.constructor = 'mine'),
  'the key prototype': (session) => (session.prototype = { a: 1 }),
  'the key hasOwnProperty': (session) => (session.hasOwnProperty = 1),
  'the key toJSON, a value': (session) => (session.toJSON = 'value'),
  'the key toJSON, a function': (session) => (session.toJSON = () => ({ instead: true })),
  'the key then': (session) => (session.then = 1),
  'the key length': (session) => (session.length = 3),
  'the key destroy': (session) => (session.destroy = 'value'),
  'the key __proto__ by definition': (session) => {
    Object.defineProperty(session, '__proto__', { value: { evil: 1 }, enumerable: true })
  },
  'the key __proto__ by assignment in the depths': (session) => {
    session.deep = JSON.parse('{"__proto__":{"evil":1},"a":1}')
  },
  'a cookie in the depths': (session) => (session.deep = { cookie: { path: '/kept' } }),
  'the session itself replaced by a copy of its data': (session) => {
    session.copy = { ...session }
  },
  'lone surrogates and control characters': (session) => (session.text = '\ud800\u0000\u2028"\\'),
  much: (session) => (session.much = 'x'.repeat(100_000)),
}

describe('session data', () => {
  for (const [name, put] of Object.entries(VALUES)) {
    compare(name, async (_session, lab) => {
      const store = lab.store({ records: RECORDS })
      const app = lab.app(lab.middleware({ store }), (req, res) => {
        if (req.url === '/put') lab.attempt('put', () => put(req.session))
        lab.attempt('json', () => JSON.stringify(req.session))
        res.end('x')
      })
      await lab.get(app, { path: '/put', cookie: signed('known') })
      await lab.get(app, { cookie: signed('known') })
      const client = lab.client(app)
      await client({ path: '/put' })
      await client()
      lab.note([...store.kept], ({} as any).evil)
    })
  }

  const BROKEN: Record<string, (session: any) => void> = {
    'a circle': (session) => (session.self = { session }),
    'a BigInt': (session) => (session.big = 10n),
    'a toJSON that throws': (session) => {
      session.bad = {
        toJSON: () => {
          throw new RangeError('not as JSON')
        },
      }
    },
    'a getter that throws': (session) => {
      session.bad = Object.defineProperty({}, 'x', {
        enumerable: true,
        get: () => {
          throw new RangeError('not to be got')
        },
      })
    },
  }
  for (const [name, put] of Object.entries(BROKEN)) {
    compare(`${name}: thrown where the response ends or the session is saved`, async (_s, lab) => {
      for (const path of ['/end', '/write', '/save', '/head']) {
        const store = lab.store({ records: RECORDS })
        const app = lab.app(lab.middleware({ store }), (req, res) => {
          put(req.session)
          try {
            if (path === '/write') res.write('x')
            if (path === '/head') res.writeHead(200)
            if (path === '/save') req.session.save(lab.callback('saved'))
            res.end('x')
          } catch (error) {
            lab.note((error as Error).name, String((error as Error).message).split('\n')[0])
            res.destroy()
          }
        })
        await lab.get(app, { cookie: signed('known') })
        await lab.get(app)
      }
    })
  }

  compare('records with __proto__ and constructor keys pollute nothing', async (_session, lab) => {
    const store = lab.store()
    const text =
      '{"cookie":{"path":"/"},"__proto__":{"evil":1},' +
      '"constructor":{"prototype":{"evil":2}},"a":1}'
    store.get = (_id: string, done: any) => done(null, JSON.parse(text))
    const app = lab.app(lab.middleware({ store, rolling: true }), (req, res) => {
      lab.note(Object.keys(req.session), req.session.evil, req.session.a, ({} as any).evil)
      lab.note(typeof req.session.save, req.session.constructor)
      req.session.b = 1
      res.end(JSON.stringify(req.session))
    })
    await lab.get(app, { cookie: signed('known') })
  })

  compare('a session that is frozen, sealed or not extensible', async (_session, lab) => {
    for (const close of ['freeze', 'seal', 'preventExtensions'] as const) {
      const store = lab.store({ records: RECORDS })
      const app = lab.app(lab.middleware({ store }), (req, res) => {
        lab.attempt(close, () => void (Object[close] as (value: object) => void)(req.session))
        lab.attempt('set a', () => (req.session.a = 2))
        lab.attempt('set b', () => (req.session.b = 2))
        req.session.save(lab.callback('saved', () => res.end('x')))
      })
      await lab.get(app, { cookie: signed('known') })
    }
  })

  compare('the same value by another object is no change', async (_session, lab) => {
    const record = { cookie: {}, list: [1, { b: 2 }], at: '1970-01-01T00:00:00.000Z', n: 1.5 }
    const app = lab.app(
      lab.middleware({ store: lab.store({ records: { known: record } }) }),
      (req, res) => {
        req.session.list = [1, { b: 2 }]
        req.session.at = new Date(0)
        req.session.n = 1.5
        res.end('x')
      },
    )
    await lab.get(app, { cookie: signed('known') })
  })

  compare('a change of the cookie is no change of the session', async (_session, lab) => {
    const app = lab.app(lab.middleware({ store: lab.store({ records: RECORDS }) }), (req, res) => {
      req.session.cookie.path = '/x'
      req.session.cookie.maxAge = 5
      res.end('x')
    })
    await lab.get(app, { cookie: signed('known') })
  })

  compare('a session whose cookie was taken away', async (_session, lab) => {
    for (const path of ['/delete', '/null']) {
      const app = lab.app(
        lab.middleware({ store: lab.store({ records: RECORDS }) }),
        (req, res) => {
          if (path === '/delete') delete req.session.cookie
          else req.session.cookie = null
          try {
            res.end('x')
          } catch (error) {
            lab.note((error as Error).name)
            res.destroy()
          }
        },
      )
      await lab.get(app, { cookie: signed('known') })
    }
  })

  compare('sessions of other kinds put in its place', async (_session, lab) => {
    for (const value of [true, 1, 'text', {}, [], () => 1]) {
      const app = lab.app(
        lab.middleware({ store: lab.store({ records: RECORDS }) }),
        (req, res) => {
          req.session = value
          try {
            res.end('x')
          } catch (error) {
            lab.note((error as Error).name)
            res.destroy()
          }
        },
      )
      await lab.get(app, { cookie: signed('known') })
    }
  })
})
