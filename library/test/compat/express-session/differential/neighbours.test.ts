/** Other middlewares before and after, and callers that are no HTTP servers. */
import { EventEmitter } from 'node:events'
import { gunzipSync } from 'node:zlib'
import { describe } from 'vitest'
import { compare, signed, type Handler } from './lab.js'
import { compression, onFinished } from './untyped.js'

const RECORDS = { known: { cookie: {}, a: 1 } }

/** Nobody tells `end(x)` from `end(x, undefined)`. */
function withoutTail(given: readonly unknown[]): readonly unknown[] {
  const last = given.findLastIndex((value) => value !== undefined)
  return given.slice(0, last + 1)
}

/** Notes what passes through `end` and `write`, as loggers and profilers do. */
const patch =
  (name: string, lab: { note: (...entry: unknown[]) => void }): Handler =>
  (_req, res, next) => {
    const { end, write } = res
    res.end = function patchedEnd(this: unknown, ...given: unknown[]) {
      lab.note(name, 'end', this === res, ...withoutTail(given))
      return end.apply(this, given)
    }
    res.write = function patchedWrite(this: unknown, ...given: unknown[]) {
      lab.note(name, 'write', this === res, ...withoutTail(given))
      return write.apply(this, given)
    }
    next()
  }

describe('others that patch the response', () => {
  for (const where of ['before', 'after']) {
    compare(`${where}: what their end and write are given`, async (_session, lab) => {
      const store = lab.store({ records: RECORDS })
      const middleware = lab.middleware({ store })
      const chain =
        where === 'before' ? [patch('p', lab), middleware] : [middleware, patch('p', lab)]
      const app = lab.app(...chain, (req, res) => {
        if (req.url.includes('save')) req.session.b = 1
        if (req.url.includes('length')) res.setHeader('Content-Length', 4)
        if (req.url.includes('empty')) return res.end()
        if (req.url.includes('hex')) return res.end('deadbeef', 'hex')
        return res.end('text')
      })
      for (const path of ['/', '/save', '/save-length', '/length', '/save-empty', '/save-hex']) {
        await lab.get(app, { path, cookie: signed('known') })
        await lab.get(app, { path })
      }
    })
  }

  compare('an end put in place of it by the handler is not called for', async (_session, lab) => {
    const app = lab.app(lab.middleware(), (req, res) => {
      req.session.a = 1
      const { end } = res
      res.end = (...given: unknown[]) => {
        lab.note('own end')
        return end.apply(res, given)
      }
      res.end('x')
    })
    await lab.get(app)
  })

  compare('the end of the prototype, called past the middleware', async (_session, lab) => {
    const app = lab.app(lab.middleware(), (req, res) => {
      req.session.a = 1
      Object.getPrototypeOf(res).end.call(res, 'x')
    })
    await lab.get(app)
  })

  for (const where of ['before', 'after']) {
    compare(`compression ${where}`, async (_session, lab) => {
      const middleware = lab.middleware({ saveUninitialized: true, rolling: true })
      const squeeze = compression({ threshold: 0 }) as Handler
      const chain = where === 'before' ? [squeeze, middleware] : [middleware, squeeze]
      const app = lab.app(...chain, (req, res) => {
        res.setHeader('Content-Type', 'text/plain')
        if (req.url === '/parts') {
          res.write('part '.repeat(50))
          res.flush()
        }
        if (req.url === '/length') res.setHeader('Content-Length', 500)
        res.end('text '.repeat(100))
      })
      for (const path of ['/', '/parts', '/length']) {
        for (const coding of ['gzip', 'identity']) {
          const answer = await lab.get(app, {
            path,
            version: '1.0',
            headers: { 'Accept-Encoding': coding },
          })
          if (coding === 'gzip') lab.note(gunzipSync(Buffer.from(answer.body, 'latin1')).toString())
        }
      }
    })
  }

  compare('on-finished is told after the save', async (_session, lab) => {
    const app = lab.app(
      (_req, res, next) => {
        onFinished(res, lab.callback('finished'))
        next()
      },
      lab.middleware({ store: lab.store({ records: RECORDS }) }),
      (req, res) => {
        if (req.url === '/save') req.session.b = 1
        res.end('x')
      },
    )
    await lab.get(app, { path: '/save', cookie: signed('known') })
    await lab.get(app, { cookie: signed('known') })
  })

  compare('a handler that passes an error on after the session changed', async (_session, lab) => {
    const app = lab.app(lab.middleware(), (req, _res, next) => {
      req.session.a = 1
      next(new Error('handler failed'))
    })
    await lab.get(app)
  })
})

describe('callers that are no HTTP servers', () => {
  const call = (middleware: Handler, req: any, res: any): Promise<unknown[]> =>
    new Promise((resolve) => middleware(req, res, (...given: unknown[]) => resolve(given)))

  compare('a handshake with a bare object for a response', async (_session, lab) => {
    const store = lab.store({ records: RECORDS })
    const middleware = lab.middleware({ store })
    for (const cookie of [signed('known'), signed('unknown'), undefined]) {
      const req: any = { headers: cookie === undefined ? {} : { cookie }, url: '/socket.io/' }
      const res: any = {}
      lab.note(await call(middleware, req, res))
      const added = Object.keys(req).filter((key) => !key.startsWith('_'))
      lab.note(req.session, req.sessionID, added, Object.keys(res))
      req.session.b = 1
      await new Promise<void>((resolve) => req.session.save(lab.callback('saved', resolve)))
      await new Promise<void>((resolve) => req.session.reload(lab.callback('reloaded', resolve)))
      lab.note(req.session)
    }
  })

  compare(
    'a handshake whose response has writeHead only, as of engine.io',
    async (_session, lab) => {
      const middleware = lab.middleware({ saveUninitialized: true })
      const req: any = { headers: {}, url: '/' }
      const res: any = { writeHead: (...given: unknown[]) => lab.note('writeHead', given) }
      lab.note(await call(middleware, req, res))
      lab.note(Object.keys(res), typeof res.end)
      lab.attempt('writeHead', () => {
        res.setHeader = (...given: unknown[]) => lab.note('setHeader', given)
        res.getHeader = () => undefined
        return res.writeHead(200)
      })
    },
  )

  compare('a response made of parts: end runs the save', async (_session, lab) => {
    const store = lab.store({ reply: 'now' })
    const middleware = lab.middleware({ store })
    const headers = new Map<string, unknown>()
    const res: any = Object.assign(new EventEmitter(), {
      statusCode: 200,
      writeHead: (...given: unknown[]) => lab.note('writeHead', given),
      setHeader: (name: string, value: unknown) => void headers.set(name, value),
      getHeader: (name: string) => headers.get(name),
      write: (...given: unknown[]) => lab.note('write', given),
      end: (...given: unknown[]) => lab.note('end', given),
    })
    const req: any = { headers: {}, url: '/' }
    lab.note(await call(middleware, req, res))
    req.session.a = 1
    lab.note(res.end('x'), [...headers])
  })

  compare('requests that lack what requests have', async (_session, lab) => {
    const middleware = lab.middleware({ saveUninitialized: true })
    for (const req of [
      { headers: {}, url: '' },
      { headers: {}, url: undefined, originalUrl: '/x' },
      { headers: { cookie: '' }, url: '/' },
      { headers: {}, url: '/', connection: null },
      { headers: {}, url: '/', connection: { encrypted: true } },
    ] as any[]) {
      const given = await call(middleware, req, {}).catch((error: unknown) => [error])
      lab.note(given, req.session, req.sessionID)
    }
  })

  compare('a request without headers', async (_session, lab) => {
    try {
      lab.note(await call(lab.middleware(), { url: '/' }, {}))
    } catch (error) {
      lab.note(error instanceof TypeError)
    }
  })

  compare('without a next', (_session, lab) => {
    const middleware: any = lab.middleware()
    try {
      lab.note(middleware({ headers: {}, url: '/' }, {}))
    } catch (error) {
      lab.note(error instanceof TypeError)
    }
  })

  compare('a request that knows its socket as connection only', async (_session, lab) => {
    const middleware = lab.middleware({ saveUninitialized: true, cookie: { secure: 'auto' } })
    const req: any = { headers: {}, url: '/', connection: { encrypted: true } }
    await call(middleware, req, {})
    lab.note(req.session.cookie.secure)
  })
})
