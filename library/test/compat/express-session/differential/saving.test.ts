/** When the store is asked to save, touch or destroy, and in what order with the rest of the request. */
import { describe } from 'vitest'
import { compare, signed, type Handler, type Lab } from './lab.js'

const KNOWN = { known: { cookie: { originalMaxAge: null, path: '/' }, a: 1, list: [1, 2] } }

/** Requests without a cookie, with a known session, and again with whatever the first one got. */
async function visit(lab: Lab, options: Record<string, unknown>, deed: Handler): Promise<void> {
  const store = options['store'] ?? lab.store({ records: KNOWN })
  const app = lab.app(lab.middleware({ ...options, store }), deed)
  const client = lab.client(app)
  await client()
  await client()
  await lab.get(app, { cookie: signed('known') })
  lab.note([...(store as { kept: Map<string, string> }).kept])
}

const DEEDS: Record<string, (lab: Lab) => Handler> = {
  'saves by hand: the end saves no second time': () => (req, res) => {
    req.session.b = 1
    req.session.save(() => res.end('x'))
  },
  'saves by hand, then changes: the end saves again': () => (req, res) => {
    req.session.b = 1
    req.session.save(() => {
      req.session.b = 2
      res.end('x')
    })
  },
  'saves by hand and does not wait': (lab) => (req, res) => {
    req.session.b = 1
    req.session.save(lab.callback('saved'))
    res.end('x')
  },
  'saves twice by hand': (lab) => (req, res) => {
    req.session.b = 1
    req.session.save(lab.callback('one'))
    req.session.save(lab.callback('two', () => res.end('x')))
  },
  'saves without a callback': () => (req, res) => {
    req.session.b = 1
    req.session.save()
    res.end('x')
  },
  'saves an unchanged session by hand': (lab) => (req, res) => {
    req.session.save(lab.callback('saved', () => res.end('x')))
  },
  'changes back what it changed': () => (req, res) => {
    const before = req.session.a
    req.session.a = 9
    req.session.a = before
    res.end('x')
  },
  'changes the order of its keys': () => (req, res) => {
    const { a } = req.session
    delete req.session.a
    req.session.a = a
    res.end('x')
  },
  reloads: (lab) => (req, res) => {
    req.session.b = 1
    req.session.reload(lab.callback('reloaded', () => res.end(JSON.stringify(req.session))))
  },
  'reloads, then changes': (lab) => (req, res) => {
    req.session.reload(
      lab.callback('reloaded', () => {
        req.session.b = 2
        res.end('x')
      }),
    )
  },
  'reloads, changes and saves': (lab) => (req, res) => {
    req.session.reload(
      lab.callback('reloaded', () => {
        req.session.b = 2
        req.session.save(lab.callback('saved', () => res.end('x')))
      }),
    )
  },
  'saves, then reloads': (lab) => (req, res) => {
    req.session.b = 3
    req.session.save(
      lab.callback('saved', () => {
        req.session.reload(lab.callback('reloaded', () => res.end('x')))
      }),
    )
  },
  'keeps the old session in a variable over a reload': (lab) => (req, res) => {
    const before = req.session
    req.session.save(() => {
      req.session.reload(() => {
        before.old = true
        req.session.fresh = true
        lab.note(before === req.session, before.id === req.session.id)
        before.save(lab.callback('old saved', () => res.end('x')))
      })
    })
  },
  'reloads twice': (lab) => (req, res) => {
    req.session.save(() => {
      req.session.reload(() => {
        const second = req.session
        req.session.reload(
          lab.callback('second', () => {
            lab.note(second === req.session, Object.hasOwn(req.session, 'save'))
            req.session.c = 1
            req.session.save(lab.callback('saved', () => res.end('x')))
          }),
        )
      })
    })
  },
  'regenerates, saves': (lab) => (req, res) => {
    const before = req.session
    req.session.regenerate(
      lab.callback('new', () => {
        lab.note(before === req.session, before.id, req.session.id, req.sessionID)
        lab.note(Object.hasOwn(req.session, 'save'), Object.hasOwn(req.session, 'reload'))
        req.session.user = 'Ada'
        req.session.save(lab.callback('saved', () => res.end('x')))
      }),
    )
  },
  'regenerates and reloads': (lab) => (req, res) => {
    req.session.regenerate(() => {
      req.session.save(() => {
        req.session.reload(lab.callback('reloaded', () => res.end('x')))
      })
    })
  },
  'regenerates twice': (lab) => (req, res) => {
    req.session.regenerate(() => {
      req.session.regenerate(lab.callback('second', () => res.end('x')))
    })
  },
  'copies all of the old session onto the new one, as passport does': (lab) => (req, res) => {
    req.session.passport = { user: 1 }
    const before = req.session
    req.session.regenerate(() => {
      const copied: string[] = []
      for (const key in before) copied.push(key)
      lab.note(copied)
      for (const key of copied) if (key !== 'cookie') req.session[key] = before[key]
      req.session.save(lab.callback('saved', () => res.end('x')))
    })
  },
  'destroys, without waiting': (lab) => (req, res) => {
    req.session.destroy(lab.callback('destroyed'))
    lab.note(req.session, 'session' in req, req.sessionID)
    res.end('x')
  },
  'destroys, and changes what it kept': (lab) => (req, res) => {
    const before = req.session
    before.destroy(
      lab.callback('destroyed', () => {
        before.a = 'changed'
        res.end('x')
      }),
    )
  },
  'destroys, then saves what it kept': (lab) => (req, res) => {
    const before = req.session
    before.destroy(() => before.save(lab.callback('saved', () => res.end('x'))))
  },
  'destroys, then makes a new one by store.generate': (lab) => (req, res) => {
    req.session.destroy(() => {
      req.sessionStore.generate(req)
      lab.note(req.session, req.sessionID)
      req.session.again = 1
      res.end('x')
    })
  },
  'sets the session to null': (_lab) => (req, res) => {
    req.session.b = 1
    req.session = null
    res.end('x')
  },
  'sets the session to undefined': () => (req, res) => {
    req.session = undefined
    res.end('x')
  },
  'sets the session to false': () => (req, res) => {
    req.session = false
    res.end('x')
  },
  'deletes the session': () => (req, res) => {
    delete req.session
    res.end('x')
  },
  'deletes the session after the head': () => (req, res) => {
    res.write('x')
    delete req.session
    res.end('y')
  },
  'changes sessionID by hand': () => (req, res) => {
    req.session.b = 1
    req.sessionID = 'by-hand'
    res.end('x')
  },
  'tries to change session.id': (lab) => (req, res) => {
    lab.attempt('id', () => (req.session.id = 'other'))
    lab.attempt('req', () => (req.session.req = 'other'))
    lab.attempt('delete id', () => delete req.session.id)
    lab.note(Object.getOwnPropertyDescriptor(req.session, 'id'), req.session.req === req)
    lab.note({ ...Object.getOwnPropertyDescriptor(req.session, 'req'), value: 1 })
    res.end('x')
  },
  'touches and resets': (lab) => (req, res) => {
    lab.note(req.session.touch() === req.session, req.session.resetMaxAge() === req.session)
    res.end('x')
  },
  'ends without a body': () => (_req, res) => res.end(),
}

describe('what a request does to the store', () => {
  for (const [name, deed] of Object.entries(DEEDS)) {
    for (const options of [
      { resave: false, saveUninitialized: false },
      { resave: true, saveUninitialized: true, unset: 'destroy', cookie: { maxAge: 60_000 } },
    ]) {
      const title = options.resave ? `${name} (resave, saveUninitialized, unset destroy)` : name
      compare(title, (_session, lab) => visit(lab, options, deed(lab)))
    }
  }

  for (const name of [
    'ends without a body',
    'changes back what it changed',
    'deletes the session',
  ]) {
    for (const resave of [true, false]) {
      for (const unset of ['keep', 'destroy']) {
        compare(
          `S2-06: ${name}: store without touch, resave ${resave}, unset ${unset}`,
          (_s, lab) => {
            const store = lab.store({ records: KNOWN, touch: false })
            return visit(lab, { resave, unset, store }, DEEDS[name]!(lab))
          },
        )
      }
    }
  }

  compare('touch moves the expiry on, save too', async (_session, lab) => {
    const app = lab.app(lab.middleware({ cookie: { maxAge: 10_000 } }), (req, res) => {
      if (req.url !== '/read') req.session.n = req.url
      lab.note(req.session.cookie.maxAge)
      res.end(String(req.session.cookie.expires.toISOString()))
    })
    const client = lab.client(app)
    for (const path of ['/1', '/read', '/read', '/2']) {
      await client({ path })
      lab.advance(4000)
    }
  })

  compare(
    'a store that gains or loses touch after the middleware was made',
    async (_session, lab) => {
      for (const first of [true, false]) {
        const store = lab.store({ records: KNOWN, touch: first })
        const touch = lab.callback('touch', (_id, _data, done: () => void) => done())
        const app = lab.app(lab.middleware({ store }), (_req, res) => res.end('x'))
        store.touch = touch
        await lab.get(app, { cookie: signed('known') })
      }
    },
  )
})

describe('several middlewares', () => {
  compare('the same twice: the second does nothing', async (_session, lab) => {
    const middleware = lab.middleware({ saveUninitialized: true })
    const app = lab.app(middleware, middleware, (_req, res) => res.end('x'))
    const client = lab.client(app)
    await client()
    await client()
  })

  compare('two of different names and stores: the first wins', async (_session, lab) => {
    const first = lab.middleware({ name: 'one', saveUninitialized: true })
    const second = lab.middleware({ name: 'two', saveUninitialized: true })
    const app = lab.app(first, second, (_req, res) => res.end('x'))
    const client = lab.client(app)
    await client()
    await client()
  })

  compare('two side by side under their own paths', async (_session, lab) => {
    const one = lab.middleware({ name: 'one', cookie: { path: '/one' }, saveUninitialized: true })
    const two = lab.middleware({ name: 'two', cookie: { path: '/two' }, saveUninitialized: true })
    const app = lab.app(one, two, (req, res) => {
      req.session.at = req.url
      res.end(req.sessionID)
    })
    const client = lab.client(app)
    for (const path of ['/one', '/two', '/one/1', '/two/2']) await client({ path })
  })

  compare('a second one after the session was taken away', async (_session, lab) => {
    const away = (req: any, _res: any, next: () => void): void => {
      req.session = undefined
      next()
    }
    const store = lab.store()
    const first = lab.middleware({ store, saveUninitialized: true, unset: 'destroy' })
    const second = lab.middleware({ store, name: 'two', saveUninitialized: true })
    const app = lab.app(first, away, second, (req, res) => {
      req.session.x = 1
      res.end('x')
    })
    const client = lab.client(app)
    await client()
    await client()
  })

  compare('a session put there by somebody else is left alone', async (_session, lab) => {
    const other = (req: any, _res: any, next: () => void): void => {
      req.session = { theirs: true }
      next()
    }
    const app = lab.app(other, lab.middleware({ saveUninitialized: true }), (req, res) => {
      res.end(JSON.stringify([req.session, req.sessionID, req.sessionStore]))
    })
    await lab.get(app)
  })

  compare(
    'one store under two middlewares: generate is that of the last',
    async (_session, lab) => {
      const store = lab.store()
      const first = lab.middleware({ store, genid: () => 'first', cookie: { maxAge: 1000 } })
      lab.middleware({ store, genid: () => 'second', cookie: { maxAge: 2000 } })
      const app = lab.app(first, (req, res) => {
        req.session.a = 1
        res.end(req.sessionID)
      })
      await lab.get(app)
    },
  )
})
