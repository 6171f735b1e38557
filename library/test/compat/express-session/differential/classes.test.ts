/** Cookie and Session made directly, as stores and tests of applications do. */
import { describe } from 'vitest'
import { compare, type Lab } from './lab.js'

function noteCookie(lab: Lab, cookie: any): void {
  lab.note(cookie, cookie.expires, cookie.maxAge, cookie.originalMaxAge, cookie.data)
  lab.note(JSON.stringify(cookie), cookie.toJSON())
  const keys: string[] = []
  for (const key in cookie) keys.push(key)
  lab.note(keys)
}

describe('Cookie', () => {
  const OPTIONS: Record<string, () => unknown> = {
    nothing: () => undefined,
    null: () => null,
    false: () => false,
    'an empty object': () => ({}),
    text: () => 'text',
    'a number': () => 5,
    true: () => true,
    'a function': () => () => ({}),
    'an array': () => ['a'],
    maxAge: () => ({ maxAge: 5000 }),
    'maxAge 0': () => ({ maxAge: 0 }),
    'maxAge null': () => ({ maxAge: null }),
    'maxAge undefined': () => ({ maxAge: undefined }),
    'maxAge as a Date': () => ({ maxAge: new Date(2e12) }),
    'maxAge as text': () => ({ maxAge: '5000' }),
    'maxAge as an object': () => ({ maxAge: {} }),
    'maxAge true': () => ({ maxAge: true }),
    'maxAge empty text': () => ({ maxAge: '' }),
    'maxAge NaN': () => ({ maxAge: Number.NaN }),
    expires: () => ({ expires: new Date(2e12) }),
    'expires as text': () => ({ expires: 'tomorrow' }),
    'expires false': () => ({ expires: false }),
    both: () => ({ maxAge: 5000, expires: new Date(2e12) }),
    'both, the other way': () => ({ expires: new Date(2e12), maxAge: 5000 }),
    'originalMaxAge first': () => ({ originalMaxAge: 1, maxAge: 5000 }),
    'originalMaxAge last': () => ({ maxAge: 5000, originalMaxAge: 1 }),
    'originalMaxAge null': () => ({ maxAge: 5000, originalMaxAge: null }),
    'originalMaxAge 0': () => ({ maxAge: 5000, originalMaxAge: 0 }),
    _expires: () => ({ _expires: new Date(2e12) }),
    all: () => ({
      path: '/p',
      domain: 'd',
      secure: true,
      httpOnly: false,
      sameSite: 'lax',
      partitioned: true,
      priority: 'high',
      signed: true,
      encode: String,
    }),
    'a Cookie as JSON': () =>
      JSON.parse(
        '{"originalMaxAge":9,"expires":"2030-01-01T00:00:00.000Z","httpOnly":true,"path":"/"}',
      ),
    data: () => ({ data: 5, path: '/x' }),
    methods: () => ({ serialize: 1, toJSON: 2 }),
    inherited: () => Object.create({ path: '/inherited' }),
  }
  for (const [name, make] of Object.entries(OPTIONS)) {
    compare(`of ${name}`, (session, lab) => {
      lab.attempt('made', () => new session.Cookie(make()))
      const cookie = attemptOrNothing(() => new session.Cookie(make()))
      if (cookie === undefined) return
      try {
        noteCookie(lab, cookie)
      } catch (error) {
        lab.note(error instanceof TypeError)
      }
      lab.attempt('serialize', () => cookie.serialize('n', 'v'))
    })
  }

  compare('of a cookie', (session, lab) => {
    const first = new session.Cookie({ maxAge: 5000, domain: 'd' })
    lab.advance(1000)
    const second = new session.Cookie(first)
    noteCookie(lab, second)
    noteCookie(lab, new session.Cookie(first.data))
    noteCookie(lab, new session.Cookie(first.toJSON()))
  })

  compare('its shape', (session, lab) => {
    lab.note(session.Cookie.length, Object.keys(session.Cookie.prototype))
    for (const [name, property] of Object.entries(
      Object.getOwnPropertyDescriptors(session.Cookie.prototype),
    ) as [string, PropertyDescriptor][]) {
      if (name === 'constructor') continue
      lab.note(name, typeof property.get, typeof property.set, typeof property.value)
      lab.note(property.enumerable, property.configurable)
    }
    lab.note(Object.keys(new session.Cookie()), Object.keys(new session.Cookie({ domain: 'd' })))
    lab.note(Object.keys(new session.Cookie().data))
    lab.note(Object.getOwnPropertyDescriptors(new session.Cookie()))
  })

  compare('setters of expires and maxAge', (session, lab) => {
    const cookie = new session.Cookie()
    for (const [name, value] of [
      ['maxAge', 5000],
      ['maxAge', 0],
      ['maxAge', -1000],
      ['maxAge', null],
      ['maxAge', undefined],
      ['maxAge', false],
      ['maxAge', new Date(2e12)],
      ['maxAge', 'text'],
      ['maxAge', {}],
      ['expires', new Date(2e12)],
      ['expires', new Date(Number.NaN)],
      ['expires', null],
      ['expires', false],
      ['expires', 'text'],
      ['expires', 5],
      ['originalMaxAge', 7],
    ] as [string, unknown][]) {
      lab.note(name, value)
      lab.attempt('set', () => {
        cookie[name] = value
      })
      lab.note(cookie)
      try {
        noteCookie(lab, cookie)
      } catch (error) {
        lab.note(error instanceof TypeError)
      }
    }
  })

  compare('maxAge runs down', (session, lab) => {
    const cookie = new session.Cookie({ maxAge: 5000 })
    for (const step of [0, 1000, 3999, 1, 1, 10_000]) {
      lab.advance(step)
      lab.note(cookie.maxAge, cookie.originalMaxAge, cookie.expires)
    }
  })

  compare('serialize', (session, lab) => {
    const cookie = new session.Cookie({
      maxAge: 5000,
      sameSite: true,
      secure: true,
      priority: 'low',
    })
    for (const [name, value] of [
      ['name', 'value'],
      ['name', ''],
      ['name', 'a b;c,d"é'],
      ['', 'value'],
      ['na me', 'value'],
      ['na;me', 'value'],
      ['näme', 'value'],
      ['name', undefined],
      ['name', 5],
      ['name', null],
      [undefined, 'value'],
    ]) {
      lab.attempt(`serialize ${String(name)}`, () => cookie.serialize(name, value))
    }
    for (const options of [
      { secure: 'auto', sameSite: 'auto' },
      { sameSite: 'None', priority: 'MEDIUM', partitioned: 1 },
      { domain: 'ex ample' },
      { domain: '-a.example' },
      { domain: 'a_b.example' },
      { domain: 5 },
      { path: 'a;b' },
      { path: 'ä' },
      { path: 5 },
      { priority: 5 },
      { priority: '' },
      { sameSite: '' },
      { sameSite: 0 },
      { expires: 'x' },
      { expires: new Date(Number.NaN) },
      { expires: new Date(8.64e15) },
      { httpOnly: '', secure: 1 },
    ]) {
      lab.attempt(JSON.stringify(options), () => new session.Cookie(options).serialize('n', 'v'))
    }
  })
})

function attemptOrNothing<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}

describe('Session', () => {
  compare('of a request and data', (session, lab) => {
    for (const data of [
      undefined,
      null,
      'text',
      5,
      [1, 2],
      {},
      { a: 1, cookie: { path: '/' } },
      { id: 'other', req: 1, save: 2, touch: 3, toString: 4, constructor: 5 },
      Object.create({ inherited: 1 }),
      JSON.parse('{"__proto__":{"polluted":1},"a":1}'),
    ]) {
      const req = { sessionID: 'some-id', url: '/' }
      const made = new session.Session(req, data)
      lab.note(made, made.id, made.req === req, made.polluted, Object.getOwnPropertyNames(made))
      lab.note(JSON.stringify(made), ({} as any).polluted)
    }
  })

  compare('its shape', (session, lab) => {
    lab.note(session.Session.length, Object.keys(session.Session.prototype))
    for (const name of ['touch', 'resetMaxAge', 'save', 'reload', 'destroy', 'regenerate']) {
      const { value, ...flags } = Object.getOwnPropertyDescriptor(session.Session.prototype, name)!
      lab.note(name, typeof value, value.name, flags)
    }
    const made = new session.Session({ sessionID: 'x' })
    for (const name of ['req', 'id']) lab.note(Object.getOwnPropertyDescriptor(made, name))
    lab.attempt('without a request', () => typeof new session.Session({}))
    try {
      lab.note(typeof new session.Session())
    } catch (error) {
      lab.note(error instanceof TypeError)
    }
  })

  compare('its methods over a store of its own', (session, lab) => {
    const store = lab.store({ records: { x: { cookie: {}, a: 1 } }, reply: 'now' })
    store.generate = (req: any) => lab.note('generate', Object.keys(req))
    const req: any = { sessionID: 'x', sessionStore: store }
    req.session = new session.Session(req, { cookie: new session.Cookie({ maxAge: 5000 }), b: 1 })
    const made = req.session
    lab.advance(2000)
    lab.note(made.cookie.maxAge, made.touch() === made, made.cookie.maxAge)
    made.cookie.originalMaxAge = 7000
    lab.note(made.resetMaxAge() === made, made.cookie.maxAge)
    lab.note(made.save(lab.callback('saved')) === made)
    lab.note(made.reload(lab.callback('reloaded')) === made, req.session === made, req.session)
    lab.note(made.regenerate(lab.callback('regenerated')) === made)
    lab.note(made.destroy(lab.callback('destroyed')) === made, Object.keys(req))
  })
})
