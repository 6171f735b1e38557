/** What stands in Set-Cookie, attribute by attribute, and what the session says of its cookie. */
import { describe } from 'vitest'
import { compare, signed } from './lab.js'

const HOUR = 3_600_000

/** Cookie options that one request with a new session, and one with a known session, are made under. */
const COOKIES: Record<string, Record<string, unknown>> = {
  'none at all': {},
  'everything at once': {
    domain: 'example.com',
    path: '/a',
    maxAge: HOUR,
    httpOnly: true,
    secure: false,
    partitioned: true,
    priority: 'high',
    sameSite: 'strict',
  },
  'the same in another order': {
    sameSite: 'strict',
    priority: 'high',
    partitioned: true,
    httpOnly: true,
    maxAge: HOUR,
    path: '/a',
    domain: 'example.com',
  },
  'a domain': { domain: 'example.com' },
  'a domain with a dot': { domain: '.example.com' },
  'a domain that is none': { domain: 'example.com; Secure' },
  'an empty domain': { domain: '' },
  'expires in the future': { expires: new Date(Date.UTC(2031, 0, 1)) },
  'expires in the past': { expires: new Date(0) },
  'expires null': { expires: null },
  'expires false': { expires: false },
  'expires that is no date': { expires: new Date(Number.NaN) },
  'expires as text': { expires: 'Wed, 01 Jan 2031 00:00:00 GMT' },
  'expires as a number': { expires: 1_924_992_000_000 },
  'httpOnly false': { httpOnly: false },
  'httpOnly null': { httpOnly: null },
  'httpOnly as text': { httpOnly: 'yes' },
  'maxAge 0': { maxAge: 0 },
  'maxAge 1': { maxAge: 1 },
  'maxAge negative': { maxAge: -5000 },
  'maxAge with a fraction': { maxAge: 1500.7 },
  'maxAge null': { maxAge: null },
  'maxAge undefined': { maxAge: undefined },
  'maxAge false': { maxAge: false },
  'maxAge NaN': { maxAge: Number.NaN },
  'maxAge infinite': { maxAge: Infinity },
  'maxAge too large for a date': { maxAge: 9e15 },
  'maxAge as a Date': { maxAge: new Date(Date.UTC(2031, 0, 1)) },
  'maxAge as text': { maxAge: '5000' },
  'maxAge true': { maxAge: true },
  'maxAge, then expires': { maxAge: 5000, expires: new Date(Date.UTC(2031, 0, 1)) },
  'expires, then maxAge': { expires: new Date(Date.UTC(2031, 0, 1)), maxAge: 5000 },
  'maxAge, then expires null': { maxAge: 5000, expires: null },
  originalMaxAge: { originalMaxAge: 9000 },
  'originalMaxAge and maxAge': { originalMaxAge: 9000, maxAge: 5000 },
  partitioned: { partitioned: true },
  'partitioned false': { partitioned: false },
  'path empty': { path: '' },
  'path null': { path: null },
  'path that is none': { path: '/; Secure' },
  'priority low': { priority: 'low' },
  'priority Medium': { priority: 'Medium' },
  'priority HIGH': { priority: 'HIGH' },
  'priority unknown': { priority: 'urgent' },
  'priority true': { priority: true },
  'sameSite true': { sameSite: true },
  'sameSite false': { sameSite: false },
  'sameSite lax': { sameSite: 'lax' },
  'sameSite Lax': { sameSite: 'Lax' },
  'sameSite STRICT': { sameSite: 'STRICT' },
  'sameSite none': { sameSite: 'none' },
  'sameSite auto': { sameSite: 'auto' },
  'sameSite Auto': { sameSite: 'Auto' },
  'sameSite unknown': { sameSite: 'sometimes' },
  'sameSite a number': { sameSite: 1 },
  'secure true': { secure: true },
  'secure false': { secure: false },
  'secure auto': { secure: 'auto' },
  'secure AUTO': { secure: 'AUTO' },
  'secure and sameSite auto': { secure: 'auto', sameSite: 'auto' },
  'a function for encode': { encode: (text: string) => `x${text}` },
  signed: { signed: false },
  'data, which is left out': { data: { a: 1 }, domain: 'example.com' },
  'properties of its own': { colour: 'red', toString: 'x' },
  'inherited properties': Object.create({ domain: 'example.com', maxAge: 7000 }),
}

describe('cookie attributes', () => {
  for (const [name, cookie] of Object.entries(COOKIES)) {
    compare(name, async (_session, lab) => {
      const app = lab.app(
        lab.middleware({ cookie, saveUninitialized: true, rolling: true }),
        (req, res) => {
          const own = req.session.cookie
          lab.note(own, JSON.stringify(own), own.maxAge, own.expires, own.originalMaxAge, own.data)
          lab.attempt('serialize', () => own.serialize('name', 'a value'))
          res.end('x')
        },
      )
      const client = lab.client(app)
      await client({ path: '/a' })
      lab.advance(1000)
      await client({ path: '/a' })
    })
  }

  compare(
    'auto is decided where the session is made, by an encrypted socket',
    async (_session, lab) => {
      const encrypt = (req: any, _res: any, next: () => void): void => {
        req.socket.encrypted = req.url === '/tls'
        next()
      }
      const cookie = { secure: 'auto', sameSite: 'auto' }
      const app = lab.app(
        encrypt,
        lab.middleware({ cookie, saveUninitialized: true, rolling: true }),
        (req, res) => {
          lab.note(req.session.cookie)
          res.end()
        },
      )
      const first = lab.client(app)
      await first({ path: '/tls' })
      await first({ path: '/tls' })
      await first({ path: '/' })
      const second = lab.client(app)
      await second({ path: '/' })
      await second({ path: '/tls' })
    },
  )
})

describe('cookie as a function of the request', () => {
  compare('is asked with the request alone, and for each session made', async (_session, lab) => {
    const cookie = (...given: any[]): unknown => {
      lab.note('cookie for', given[0].url, given.length, given[0].sessionID, given[0].session)
      return { path: given[0].url, maxAge: 5000 }
    }
    const app = lab.app(lab.middleware({ cookie, saveUninitialized: true }), (req, res) => {
      if (req.url === '/again') return req.session.regenerate(() => res.end('new'))
      return res.end('x')
    })
    const client = lab.client(app)
    await client({ path: '/a' })
    await client({ path: '/b' })
    await client({ path: '/again' })
  })

  compare('its path decides whether the middleware runs', async (_session, lab) => {
    const cookie = (req: any): unknown => ({ path: req.url.startsWith('/in') ? '/in' : '/other' })
    const app = lab.app(lab.middleware({ cookie, saveUninitialized: true }), (req, res) => {
      lab.note(typeof req.session)
      res.end('x')
    })
    await lab.get(app, { path: '/in' })
    await lab.get(app, { path: '/out' })
  })

  const ANSWERS: Record<string, () => unknown> = {
    throws: () => {
      throw new SyntaxError('no cookie today')
    },
    'returns nothing': () => undefined,
    'returns null': () => null,
    'returns text': () => 'text',
    'returns a promise': () => Promise.resolve({ maxAge: 5000 }),
    'returns a bad maxAge': () => ({ maxAge: 'soon' }),
    'returns an empty object': () => ({}),
  }
  for (const [name, cookie] of Object.entries(ANSWERS)) {
    compare(`${name}`, async (_session, lab) => {
      const app = lab.app(lab.middleware({ cookie, saveUninitialized: true }), (_req, res) => {
        res.end('x')
      })
      await lab.get(app)
      await lab.get(app, { cookie: signed('unknown') })
    })
  }

  compare('throws only once the cookie is unknown: goes to next', async (_session, lab) => {
    let asked = 0
    const cookie = (): unknown => {
      asked += 1
      if (asked > 1) throw new SyntaxError('no second cookie')
      return {}
    }
    const app = lab.app(lab.middleware({ cookie }), (_req, res) => res.end('x'))
    await lab.get(app, { cookie: signed('unknown') })
  })
})

describe('cookie path', () => {
  for (const path of ['/', '/admin', '/admin/', '', undefined, 'admin', '/ä', '/a%20b', '/Admin']) {
    compare(`${String(path)}: which requests have a session`, async (_session, lab) => {
      const app = lab.app(
        lab.middleware({ cookie: { path }, saveUninitialized: true }),
        (req, res) => {
          lab.note(req.url, typeof req.session, req.sessionID, typeof req.sessionStore)
          res.end()
        },
      )
      for (const url of [
        '/',
        '/admin',
        '/admin/x?y',
        '/administrator',
        '/?/admin',
        '/a%20b',
        '*',
      ]) {
        await lab.get(app, { path: url })
      }
      await lab.get(app, { path: 'http://localhost/admin/x' })
      await lab.get(app, { path: '//admin' })
    })
  }

  compare('the path is that of the original url, not of a mounted one', async (_session, lab) => {
    const mount = (req: any, _res: any, next: () => void): void => {
      req.originalUrl = req.url
      req.url = req.url.replace('/mounted', '') || '/'
      next()
    }
    const cookie = { path: '/mounted' }
    const app = lab.app(mount, lab.middleware({ cookie, saveUninitialized: true }), (req, res) => {
      lab.note(req.url, req.originalUrl, typeof req.session)
      res.end()
    })
    await lab.get(app, { path: '/mounted/x' })
    await lab.get(app, { path: '/elsewhere' })
  })

  compare('a path changed on the session stands in its cookie only', async (_session, lab) => {
    const app = lab.app(lab.middleware({ saveUninitialized: true }), (req, res) => {
      req.session.cookie.path = '/deep'
      res.end()
    })
    const client = lab.client(app)
    await client()
    await client({ path: '/deep/1' })
  })
})

describe('the cookie of a session, changed by the application', () => {
  const CHANGES: Record<string, (cookie: any, session: any) => void> = {
    'maxAge longer': (cookie) => (cookie.maxAge = 9000),
    'maxAge null': (cookie) => (cookie.maxAge = null),
    'maxAge 0': (cookie) => (cookie.maxAge = 0),
    'maxAge negative': (cookie) => (cookie.maxAge = -1),
    'maxAge as text': (cookie) => (cookie.maxAge = 'long'),
    expires: (cookie) => (cookie.expires = new Date(Date.UTC(2033, 1, 1))),
    'expires null': (cookie) => (cookie.expires = null),
    'expires false': (cookie) => (cookie.expires = false),
    'expires that is no date': (cookie) => (cookie.expires = new Date(Number.NaN)),
    originalMaxAge: (cookie) => (cookie.originalMaxAge = 8000),
    secure: (cookie) => (cookie.secure = true),
    domain: (cookie) => (cookie.domain = 'example.org'),
    'domain that is none': (cookie) => (cookie.domain = 'a b'),
    sameSite: (cookie) => (cookie.sameSite = 'none'),
    'sameSite unknown': (cookie) => (cookie.sameSite = 'sometimes'),
    httpOnly: (cookie) => (cookie.httpOnly = false),
    priority: (cookie) => (cookie.priority = 'low'),
    partitioned: (cookie) => (cookie.partitioned = true),
    'a property of its own': (cookie) => (cookie.colour = 'red'),
    'replaced by a plain object': (_cookie, session) =>
      (session.cookie = { maxAge: 4000, path: '/' }),
    'toJSON replaced': (cookie) => (cookie.toJSON = () => ({ own: true })),
  }
  for (const [name, change] of Object.entries(CHANGES)) {
    for (const maxAge of [null, 5000]) {
      compare(`${name} (maxAge ${String(maxAge)})`, async (_session, lab) => {
        const app = lab.app(lab.middleware({ cookie: { maxAge } }), (req, res) => {
          if (req.url === '/start') req.session.a = 1
          if (req.url === '/change') {
            lab.attempt('change', () => change(req.session.cookie, req.session))
            req.session.changed = true
          }
          lab.note(req.session.cookie)
          res.end('x')
        })
        const client = lab.client(app)
        await client({ path: '/start' })
        lab.advance(1500)
        await client({ path: '/change' })
        lab.advance(1500)
        await client({ path: '/read' })
      })
    }
  }
})
