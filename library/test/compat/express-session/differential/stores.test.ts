/** Foreign stores, well or badly behaved, as classes and as constructor functions. */
import { EventEmitter } from 'node:events'
import { inherits } from 'node:util'
import { describe } from 'vitest'
import { compare, signed, type Lab } from './lab.js'
import type { SessionModule } from './subject.js'

const KNOWN = { known: { cookie: { originalMaxAge: null, path: '/' }, a: 1 } }

const answer = (req: any, res: any): void => {
  if (req.url === '/write') req.session.b = (req.session.b ?? 0) + 1
  if (req.url === '/end') return req.session.destroy(() => res.end('ended'))
  if (req.url === '/new') return req.session.regenerate(() => res.end('new'))
  res.end(JSON.stringify(req.session))
}

/** A request of each kind, with the known cookie and without one. */
async function visit(lab: Lab, store: unknown, more: Record<string, unknown> = {}): Promise<void> {
  const app = lab.app(lab.middleware({ store, ...more }), answer)
  for (const path of ['/read', '/write', '/new', '/end']) {
    await lab.get(app, { path, cookie: signed('known') })
    await lab.get(app, { path })
  }
}

/** The same store four times: only the way it is written differs. */
const WRITTEN: Record<string, (session: SessionModule, lab: Lab) => any> = {
  'class extends Store': (session, lab) => {
    class Written extends session.Store {
      records: Record<string, string>
      constructor(options: any) {
        super(options)
        this.records = { known: JSON.stringify(KNOWN.known) }
      }
    }
    return new (withMethods(Written, lab))({ ttl: 1 })
  },
  'util.inherits and Store.call(this)': (session, lab) => {
    function Written(this: any, options: any): void {
      session.Store.call(this, options)
      this.records = { known: JSON.stringify(KNOWN.known) }
    }
    inherits(Written, session.Store)
    return new (withMethods(Written, lab))({ ttl: 1 })
  },
  'Store.prototype as __proto__, without calling Store': (session, lab) => {
    function Written(this: any): void {
      EventEmitter.call(this as never)
      this.records = { known: JSON.stringify(KNOWN.known) }
    }
    Written.prototype.__proto__ = session.Store.prototype
    return new (withMethods(Written, lab))()
  },
  'Object.create and Store.apply': (session, lab) => {
    function Written(this: any, ...given: unknown[]): void {
      session.Store.apply(this, given)
      this.records = { known: JSON.stringify(KNOWN.known) }
    }
    Written.prototype = Object.create(session.Store.prototype, {
      constructor: { value: Written },
    }) as never
    return new (withMethods(Written, lab))()
  },
  'a factory given the module, as older connectors are': (session, lab) => {
    const factory = (connect: any): any => {
      const Store = connect.Store ?? connect.session.Store
      class Written extends Store {
        records = { known: JSON.stringify(KNOWN.known) }
      }
      return Written
    }
    return new (withMethods(factory(session), lab))()
  },
  'no Store at all, but an emitter with the methods': (session, lab) => {
    class Written extends EventEmitter {
      records = { known: JSON.stringify(KNOWN.known) }
      createSession = session.Store.prototype.createSession
      regenerate = session.Store.prototype.regenerate
    }
    return new (withMethods(Written, lab))()
  },
}

function withMethods(Written: any, lab: Lab): any {
  Written.prototype.get = function get(id: string, done: any) {
    lab.note('get', id)
    const text = this.records[id]
    process.nextTick(done, null, text === undefined ? null : JSON.parse(text))
  }
  Written.prototype.set = function set(id: string, data: unknown, done: any) {
    lab.note('set', id, JSON.stringify(data))
    this.records[id] = JSON.stringify(data)
    if (done) process.nextTick(done)
  }
  Written.prototype.destroy = function destroy(id: string, done: any) {
    lab.note('destroy', id)
    delete this.records[id]
    if (done) process.nextTick(done)
  }
  return Written
}

describe('stores, however they are written', () => {
  for (const [name, make] of Object.entries(WRITTEN)) {
    compare(`S2-04: ${name}`, async (session, lab) => {
      const store = make(session, lab)
      lab.note(store instanceof session.Store, store instanceof EventEmitter)
      lab.note(typeof store.generate, Object.keys(store))
      await visit(lab, store)
      lab.note(typeof store.generate, Object.keys(store), store.records)
      lab.note(store.listenerCount('connect'), store.listenerCount('disconnect'))
    })
  }

  compare('Store: its shape', (session, lab) => {
    lab.note(Object.getOwnPropertyNames(session.Store.prototype).sort())
    lab.note(Object.keys(new session.Store()), new session.Store() instanceof EventEmitter)
    for (const name of ['regenerate', 'load', 'createSession']) {
      lab.note(name, session.Store.prototype[name].length)
    }
    const keys: string[] = []
    for (const key in new session.MemoryStore()) keys.push(key)
    lab.note(['get', 'set', 'createSession', 'regenerate', 'load'].map((key) => keys.includes(key)))
    const bare = {}
    lab.note(session.Store.call(bare), bare instanceof EventEmitter)
  })

  compare(
    'methods replaced on the instance, before and after the middleware is made',
    async (_s, lab) => {
      for (const when of ['before', 'after']) {
        for (const method of [
          'get',
          'set',
          'touch',
          'destroy',
          'generate',
          'createSession',
          'regenerate',
        ]) {
          lab.note(when, method)
          const store = lab.store({ records: KNOWN })
          const replace = (): void => {
            const before = store[method]
            store[method] = function replaced(...given: unknown[]) {
              lab.note('replaced', method, given.length, this === store)
              return before.apply(this, given)
            }
          }
          if (when === 'before' && method !== 'generate') replace()
          const app = lab.app(lab.middleware({ store }), answer)
          if (when === 'after') replace()
          for (const path of ['/read', '/write', '/new', '/end']) {
            await lab.get(app, { path, cookie: signed('known') })
          }
        }
      }
    },
  )

  compare('methods replaced between two requests', async (_session, lab) => {
    const store = lab.store({ records: KNOWN })
    const app = lab.app(lab.middleware({ store }), answer)
    await lab.get(app, { path: '/write', cookie: signed('known') })
    store.set = (id: string, _data: unknown, done: () => void) => {
      lab.note('second set', id)
      done()
    }
    await lab.get(app, { path: '/write', cookie: signed('known') })
    store.get = (_id: string, done: any) => done(null, { cookie: {}, from: 'second get' })
    await lab.get(app, { path: '/write', cookie: signed('known') })
  })
})

describe('stores that answer in their own way', () => {
  for (const reply of ['now', 'soon'] as const) {
    for (const touch of [true, false]) {
      compare(
        `S2-04: calling back ${reply}, ${touch ? 'with' : 'without'} touch`,
        (_session, lab) => {
          return visit(lab, lab.store({ records: KNOWN, reply, touch }))
        },
      )
    }
  }

  const FAILURES: Record<string, unknown> = {
    'an Error': new Error('broken'),
    'an Error with a code': Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }),
    ENOENT: Object.assign(new Error('no such file'), { code: 'ENOENT' }),
    'an object with the code ENOENT': { code: 'ENOENT' },
    'a string': 'broken',
    true: true,
    'an object': { message: 'broken' },
    false: false,
    zero: 0,
  }
  for (const [name, error] of Object.entries(FAILURES)) {
    for (const reply of ['now', 'soon'] as const) {
      compare(`S2-12: whose error is ${name}, ${reply}`, async (_session, lab) => {
        for (const method of ['get', 'set', 'touch', 'destroy']) {
          lab.note(method)
          const errors = { [method]: error }
          await visit(lab, lab.store({ records: KNOWN, reply, errors }), { unset: 'destroy' })
        }
      })
    }
  }

  for (const method of ['get', 'set', 'touch', 'destroy']) {
    compare(`that throw from ${method}`, async (_session, lab) => {
      const store = lab.store({ records: KNOWN })
      store[method] = () => {
        throw new RangeError(`thrown by ${method}`)
      }
      await visit(lab, store)
    })

    compare(`that call back twice from ${method}`, async (_session, lab) => {
      const store = lab.store({ records: KNOWN })
      const once = store[method]
      store[method] = (...given: any[]) => {
        const callback = given.pop()
        once.call(store, ...given, (...values: unknown[]) => {
          callback(...values)
          if (method !== 'get') callback(...values)
        })
      }
      const app = lab.app(lab.middleware({ store }), answer)
      for (const path of ['/read', '/write', '/new', '/end']) {
        await lab.get(app, { path, cookie: signed('known') })
      }
    })
  }

  compare('that call get back twice: next is called twice', async (_session, lab) => {
    const store = lab.store({ records: KNOWN })
    store.get = (_id: string, done: any) => {
      done(null, structuredClone(KNOWN.known))
      done(null, structuredClone(KNOWN.known))
      done(new Error('late'))
    }
    await lab.get(lab.app(lab.middleware({ store }), answer), { cookie: signed('known') })
  })

  compare('that return promises besides calling back', async (_session, lab) => {
    const store = lab.store({ records: KNOWN })
    for (const method of ['get', 'set', 'touch', 'destroy']) {
      const before = store[method]
      store[method] = async (...given: unknown[]) => before.apply(store, given)
    }
    await visit(lab, store)
  })

  const RECORDS: Record<string, () => unknown> = {
    'nothing (null)': () => null,
    undefined: () => undefined,
    false: () => false,
    zero: () => 0,
    'an empty string': () => '',
    text: () => 'text',
    'a number': () => 7,
    true: () => true,
    'an empty object': () => ({}),
    'an array': () => [1, 2],
    'a cookie that is null': () => ({ cookie: null, a: 1 }),
    'a cookie that is text': () => ({ cookie: 'text', a: 1 }),
    'an empty cookie': () => ({ cookie: {}, a: 1 }),
    'a cookie of numbers': () => ({ cookie: { originalMaxAge: 'x', expires: 5, path: 7 }, a: 1 }),
    'an expired cookie': () => ({
      cookie: { expires: '2001-01-01T00:00:00Z', originalMaxAge: 1000 },
      a: 1,
    }),
    'an expiry that is no date': () => ({
      cookie: { expires: 'soon', originalMaxAge: 1000 },
      a: 1,
    }),
    'an expiry as a Date': () => ({
      cookie: { expires: new Date(2e12), originalMaxAge: 1000 },
      a: 1,
    }),
    'a bad maxAge': () => ({ cookie: { maxAge: 'x' }, a: 1 }),
    'a cookie with more': () => ({ cookie: { path: '/', colour: 'red', data: 1 }, a: 1 }),
    'a cookie as written by older majors': () => ({
      cookie: {
        originalMaxAge: 8000,
        expires: '2030-01-01T12:00:08.000Z',
        httpOnly: true,
        path: '/',
      },
      a: 1,
    }),
    'an instance of a class': () =>
      new (class Record {
        cookie = {}
        a = 1
      })(),
    'a frozen object': () => Object.freeze({ cookie: {}, a: 1 }),
    'a frozen cookie': () => ({ cookie: Object.freeze({ path: '/' }), a: 1 }),
    'an object without a prototype': () => Object.assign(Object.create(null), { cookie: {}, a: 1 }),
    'inherited values': () => Object.create({ cookie: {}, a: 1 }),
  }
  for (const [name, record] of Object.entries(RECORDS)) {
    compare(`that hold ${name}`, async (_session, lab) => {
      const store = lab.store()
      store.get = (_id: string, done: any) => setImmediate(() => done(null, record()))
      const app = lab.app(lab.middleware({ store, rolling: true }), answer)
      await lab.get(app, { path: '/read', cookie: signed('known') })
      await lab.get(app, { path: '/write', cookie: signed('known') })
    })
  }

  compare('that always give the same object: it becomes the session', async (session, lab) => {
    const record = { cookie: {}, list: [1] }
    const store = lab.store()
    store.get = (_id: string, done: any) => done(null, record)
    const app = lab.app(lab.middleware({ store }), (req, res) => {
      lab.note(record.cookie instanceof session.Cookie, req.session.list === record.list)
      req.session.list.push(2)
      res.end()
    })
    await lab.get(app, { cookie: signed('known') })
    await lab.get(app, { cookie: signed('known') })
    lab.note(record)
  })
})

describe('connect and disconnect', () => {
  compare('while disconnected requests have no session', async (_session, lab) => {
    const store = lab.store({ records: KNOWN })
    const app = lab.app(lab.middleware({ store, saveUninitialized: true }), (req, res) => {
      lab.note(req.session, req.sessionID, req.sessionStore === undefined)
      res.end('x')
    })
    await lab.get(app, { cookie: signed('known') })
    lab.note(store.emit('disconnect'))
    await lab.get(app, { cookie: signed('known') })
    await lab.get(app)
    store.emit('disconnect', new Error('again'))
    await lab.get(app)
    lab.note(store.emit('connect'))
    await lab.get(app, { cookie: signed('known') })
  })

  compare('a disconnect during a request does not stop its end', async (_session, lab) => {
    const store = lab.store({ records: KNOWN })
    const app = lab.app(lab.middleware({ store }), (req, res) => {
      store.emit('disconnect')
      req.session.b = 1
      res.end('x')
    })
    await lab.get(app, { cookie: signed('known') })
    await lab.get(app, { cookie: signed('known') })
  })

  compare('a disconnect before the middleware was made is not known', async (_session, lab) => {
    const store = lab.store({ records: KNOWN })
    store.emit('disconnect')
    await lab.get(lab.app(lab.middleware({ store }), answer), { cookie: signed('known') })
  })

  compare('each middleware listens for itself', (_session, lab) => {
    const store = lab.store()
    for (let turn = 0; turn < 3; turn += 1) {
      lab.middleware({ store })
      lab.note(
        store.listenerCount('disconnect'),
        store.listenerCount('connect'),
        store.eventNames(),
      )
    }
  })
})

describe('the methods of Store', () => {
  compare(
    'generate is set by the middleware, and makes a session for a request',
    (_session, lab) => {
      const store = lab.store()
      lab.note(store.generate)
      lab.middleware({ store, cookie: { maxAge: 5000, secure: 'auto', sameSite: 'auto' } })
      lab.note(store.generate.length)
      const req: any = { headers: {}, url: '/' }
      lab.note(store.generate(req))
      lab.note(
        Object.keys(req),
        req.sessionID,
        req.session,
        req.session.id,
        req.session.req === req,
      )
      lab.note(Object.getOwnPropertyNames(req.session))
      lab.attempt('no request', () => store.generate())
    },
  )

  compare('load gives a session of its own', async (session, lab) => {
    const store = lab.store({ records: KNOWN })
    for (const id of ['known', 'unknown']) {
      await new Promise<void>((resolve) => {
        const given = store.load(id, (...values: any[]) => {
          lab.note('loaded', ...values)
          const loaded = values[1]
          if (loaded) {
            lab.note(loaded instanceof session.Session, loaded.id, Object.keys(loaded.req))
            lab.note(loaded.req.sessionStore === store, loaded.req.session === loaded)
          }
          resolve()
        })
        lab.note('load returned', given)
      })
    }
    store.get = (_id: string, done: any) => done(new Error('broken'))
    store.load('known', lab.callback('loaded'))
    store.get = (_id: string, done: any) => done(null, {})
    lab.attempt('a record without a cookie', () => store.load('known', lab.callback('loaded')))
  })

  compare('a loaded session saves, touches and destroys by itself', async (_session, lab) => {
    const store = lab.store({ records: KNOWN, reply: 'now' })
    store.load('known', (_error: unknown, loaded: any) => {
      loaded.b = 2
      lab.note(loaded.touch() === loaded)
      lab.note(loaded.save(lab.callback('saved')) === loaded)
      lab.note(loaded.reload(lab.callback('reloaded')) === loaded)
      lab.note(loaded.destroy(lab.callback('destroyed')) === loaded)
    })
    lab.note([...store.kept])
  })

  compare('createSession makes a session of a record', (session, lab) => {
    const store = lab.store()
    for (const cookie of [
      {},
      { expires: '2030-01-01T13:00:00.000Z', originalMaxAge: 5000 },
      { expires: new Date(2e12), originalMaxAge: null },
      { expires: null, originalMaxAge: 9 },
      { maxAge: 400 },
      { expires: 'nonsense' },
    ]) {
      const req: any = { sessionID: 'some' }
      const record = { cookie: { ...cookie }, a: 1 }
      const made = store.createSession(req, record)
      lab.note(made === req.session, made instanceof session.Session, made.id, made, record)
      lab.note(made.cookie === record.cookie, made.cookie.maxAge, made.cookie.originalMaxAge)
      lab.note(Object.hasOwn(made, 'save'))
    }
    for (const record of [undefined, null, {}, { cookie: null }]) {
      lab.attempt('createSession', () => store.createSession({}, record))
    }
  })

  compare('regenerate destroys, generates, then calls back', (_session, lab) => {
    const store = lab.store({ records: KNOWN, reply: 'now' })
    lab.middleware({ store })
    const req: any = { sessionID: 'known', headers: {} }
    lab.note(store.regenerate(req, lab.callback('regenerated')))
    lab.note(req.sessionID, req.session)
    store.destroy = (_id: string, done: any) => done(new Error('kept'))
    store.regenerate(req, lab.callback('regenerated'))
    lab.note(req.sessionID, req.session)
  })

  compare('a store without a middleware cannot generate', (_session, lab) => {
    const store = lab.store({ reply: 'now' })
    try {
      store.regenerate({ sessionID: 'x' }, lab.callback('regenerated'))
    } catch (error) {
      lab.note(error instanceof TypeError)
    }
  })
})
