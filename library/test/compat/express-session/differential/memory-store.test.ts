/** The MemoryStore by itself: values, callbacks, turns of the event loop, expiry. */
import { setImmediate as turn } from 'node:timers/promises'
import { describe } from 'vitest'
import { compare } from './lab.js'

/** All calls, so that what follows sees their callbacks. */
const settle = async (): Promise<void> => {
  await turn()
  await turn()
}

const soon = (milliseconds: number): string => new Date(Date.now() + milliseconds).toISOString()

describe('MemoryStore', () => {
  compare('its shape', (session, lab) => {
    const store = new session.MemoryStore()
    lab.note(Object.keys(store), store.sessions, store instanceof session.Store)
    lab.note(Object.getOwnPropertyNames(session.MemoryStore.prototype).sort())
    for (const name of ['all', 'clear', 'destroy', 'get', 'length', 'set', 'touch']) {
      lab.note(name, session.MemoryStore.prototype[name].length)
    }
    const bare: any = {}
    lab.attempt('without new', () => session.MemoryStore.call(bare))
    lab.note(bare.sessions)
  })

  compare(
    'set, get, destroy, clear, length, all: what callbacks are given',
    async (session, lab) => {
      const store = new session.MemoryStore()
      const value = { cookie: { path: '/' }, a: 1, deep: { list: [1, { b: 2 }] } }
      const calls: [string, ...unknown[]][] = [
        ['length'],
        ['all'],
        ['get', 'one'],
        ['set', 'one', value],
        ['set', 'two', value],
        ['get', 'one'],
        ['get', 'two'],
        ['length'],
        ['all'],
        ['touch', 'one', { cookie: { path: '/new' }, b: 2 }],
        ['get', 'one'],
        ['touch', 'none', { cookie: {} }],
        ['get', 'none'],
        ['destroy', 'one'],
        ['destroy', 'one'],
        ['get', 'one'],
        ['clear'],
        ['all'],
        ['length'],
      ]
      for (const [name, ...given] of calls) {
        let returned = false
        lab.note(name, ...given)
        const result = store[name](
          ...given,
          lab.callback(`${name} calls back`, () => lab.note('after it returned', returned)),
        )
        returned = true
        lab.note('returns', result)
        await settle()
      }
    },
  )

  compare('works without callbacks', async (session, lab) => {
    const store = new session.MemoryStore()
    for (const [name, ...given] of [
      ['set', 'one', { cookie: {} }],
      ['touch', 'one', { cookie: { path: '/x' } }],
      ['all'],
      ['destroy', 'two'],
    ] as [string, ...unknown[]][]) {
      lab.attempt(name, () => store[name](...given))
    }
    lab.note(store.sessions)
    lab.attempt('clear', () => store.clear())
    await settle()
    lab.note(store.sessions)
  })

  compare('answers in the order of the calls, one turn later', async (session, lab) => {
    const store = new session.MemoryStore()
    store.set('a', { cookie: {} }, lab.callback('set'))
    store.get('a', lab.callback('get'))
    store.destroy('a', lab.callback('destroy'))
    store.get('a', lab.callback('get'))
    process.nextTick(() => lab.note('tick'))
    void Promise.resolve().then(() => lab.note('microtask'))
    setImmediate(() => lab.note('immediate'))
    await settle()
  })

  compare('keeps JSON, and gives a copy each time', async (session, lab) => {
    const store = new session.MemoryStore()
    const value: any = { cookie: {}, at: new Date(0), un: undefined, list: [1], f: () => 1 }
    store.set('x', value)
    value.list.push(2)
    lab.note(store.sessions)
    const got: any[] = []
    store.get('x', (_error: unknown, found: unknown) => got.push(found))
    store.get('x', (_error: unknown, found: unknown) => got.push(found))
    await settle()
    lab.note(got, got[0] === got[1])
    got[0].list.push(3)
    store.get('x', lab.callback('got'))
    await settle()
  })

  compare('values that are no sessions', async (session, lab) => {
    for (const value of [null, undefined, 'text', 7, [], {}, { cookie: null }, { cookie: 'x' }]) {
      const store = new session.MemoryStore()
      lab.note(value)
      lab.attempt('set', () => store.set('x', value))
      lab.attempt('get', () => store.get('x', lab.callback('got')))
      lab.attempt('all', () => store.all(lab.callback('all')))
      lab.attempt('touch', () => store.touch('x', { cookie: {} }, lab.callback('touched')))
      await settle()
    }
    const store = new session.MemoryStore()
    const circular: any = { cookie: {} }
    circular.self = circular
    try {
      store.set('x', circular, lab.callback('set'))
    } catch (error) {
      lab.note(error instanceof TypeError)
    }
    lab.note(store.sessions)
  })

  compare('ids of every kind', async (session, lab) => {
    const store = new session.MemoryStore()
    for (const id of ['', '__proto__', 'constructor', 'toString', 5, null, undefined, 'ü', 'a.b']) {
      store.get(id, lab.callback('got'))
      store.set(id, { cookie: {}, id })
      store.get(id, lab.callback('got'))
    }
    store.all(lab.callback('all'))
    store.length(lab.callback('length'))
    await settle()
    store.destroy('__proto__', lab.callback('destroyed'))
    store.length(lab.callback('length'))
    await settle()
  })

  compare('expired sessions are gone when they are looked at', async (session, lab) => {
    for (const look of ['get', 'all', 'length', 'touch']) {
      const store = new session.MemoryStore()
      store.set('past', { cookie: { expires: soon(-1) } })
      store.set('now', { cookie: { expires: soon(0) } })
      store.set('soon', { cookie: { expires: soon(1) } })
      store.set('never', { cookie: { expires: null } })
      store.set('no date', { cookie: { expires: 'nonsense' } })
      store.set('number', { cookie: { expires: Date.now() - 1 } })
      store.set('number later', { cookie: { expires: Date.now() + 5 } })
      store.set('Date', { cookie: { expires: new Date(Date.now() - 1) } })
      store.set('bare', {})
      const look1 = (): void => {
        if (look === 'get') {
          for (const id of ['past', 'now', 'soon', 'never', 'no date', 'number', 'Date', 'bare']) {
            store.get(id, lab.callback(id))
          }
        } else if (look === 'touch') {
          store.touch('past', { cookie: { expires: soon(100) } }, lab.callback('touched'))
          store.touch('soon', { cookie: { expires: soon(100) } }, lab.callback('touched'))
        } else {
          store[look](lab.callback(look))
        }
      }
      look1()
      await settle()
      lab.note(Object.keys(store.sessions))
      lab.advance(2)
      look1()
      await settle()
      lab.note(store.sessions)
    }
  })

  compare('under the middleware: a session that expires', async (session, lab) => {
    const store = new session.MemoryStore()
    const app = lab.app(lab.middleware({ store, cookie: { maxAge: 5000 } }), (req, res) => {
      req.session.n ??= 1
      res.end(`${req.sessionID} ${JSON.stringify(req.session)}`)
    })
    const client = lab.client(app)
    await client()
    lab.advance(4999)
    await client()
    lab.note(store.sessions)
    lab.advance(4999)
    await client()
    lab.advance(5000)
    await client()
    lab.note(store.sessions)
  })

  compare('methods replaced on the prototype serve all stores', async (session, lab) => {
    const before = session.MemoryStore.prototype.set
    session.MemoryStore.prototype.set = function set(...given: any[]) {
      lab.note('set', given[0])
      return before.apply(this, given)
    }
    try {
      const app = lab.app(session(lab.options({ saveUninitialized: true })), (_req, res) =>
        res.end(),
      )
      await lab.get(app)
    } finally {
      session.MemoryStore.prototype.set = before
    }
  })

  compare('can be extended', async (session, lab) => {
    class Counting extends session.MemoryStore {
      gets = 0
      get(...given: any[]): void {
        this.gets += 1
        super.get(...given)
      }
    }
    const store: any = new Counting()
    const app = lab.app(lab.middleware({ store, saveUninitialized: true }), (_req, res) =>
      res.end(),
    )
    const client = lab.client(app)
    await client()
    await client()
    lab.note(store.gets, store.sessions, store instanceof session.MemoryStore)
  })
})
