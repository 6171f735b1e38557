/** Every way to end a response, and where its bytes stand among the calls of the store. */
import { PassThrough, Readable } from 'node:stream'
import { describe } from 'vitest'
import { compare, signed, type Lab } from './lab.js'
import { onHeaders } from './untyped.js'

const RECORDS = { known: { cookie: {}, a: 1 } }

type Ending = (res: any, lab: Lab) => unknown

/** What `end` gives back for these arguments. A response that it throws at will not end any more. */
const end =
  (...given: unknown[]): Ending =>
  (res, lab) => {
    try {
      lab.note('end gives', res.end(...given))
    } catch (error) {
      lab.note('end throws', error)
      res.destroy()
    }
  }

const ENDINGS: Record<string, Ending> = {
  'no arguments': end(),
  null: end(null),
  undefined: end(undefined),
  'an empty string': end(''),
  text: end('text'),
  'one character': end('t'),
  'text of several bytes': end('äöü€'),
  'an empty Buffer': end(Buffer.alloc(0)),
  'a Buffer': end(Buffer.from([0, 1, 254, 255])),
  'a Uint8Array': end(new Uint8Array([65, 66])),
  'text and utf8': end('äö', 'utf8'),
  'text and hex': end('deadbeef', 'hex'),
  'text and base64': end('AAEC/w==', 'base64'),
  'text and latin1': end('äö', 'latin1'),
  'text and ascii': end('abc', 'ascii'),
  'text and utf16le': end('ab', 'utf16le'),
  'text and an encoding that is none': end('abc', 'klingon'),
  'a number': end(5),
  'an object': end({}),
  zero: end(0),
  false: end(false),
  twice: (res, lab) => {
    end('one')(res, lab)
    end('two')(res, lab)
    end()(res, lab)
  },
  'then write': (res, lab) => {
    res.on('error', lab.callback('error'))
    end('one')(res, lab)
    res.on('finish', () => lab.note('late write', res.writableEnded))
  },
  'Content-Length and text': (res, lab) => {
    res.setHeader('Content-Length', 4)
    end('text')(res, lab)
  },
  'Content-Length as text, and a Buffer': (res, lab) => {
    res.setHeader('Content-Length', '3')
    end(Buffer.from('abc'))(res, lab)
  },
  'Content-Length and hex': (res, lab) => {
    res.setHeader('Content-Length', 4)
    end('deadbeef', 'hex')(res, lab)
  },
  'Content-Length and one byte': (res, lab) => {
    res.setHeader('Content-Length', 1)
    end('x')(res, lab)
  },
  'Content-Length 0': (res, lab) => {
    res.setHeader('Content-Length', 0)
    end()(res, lab)
  },
  'Content-Length 0 and an empty string': (res, lab) => {
    res.setHeader('Content-Length', 0)
    end('')(res, lab)
  },
  'Content-Length and an empty Buffer after the body': (res, lab) => {
    res.setHeader('Content-Length', 3)
    res.write('abc')
    end(Buffer.alloc(0))(res, lab)
  },
  'Content-Length and the body written in parts': (res, lab) => {
    res.setHeader('Content-Length', 6)
    lab.note(res.write('abc'))
    end('def')(res, lab)
  },
  'Content-Length and all written before': (res, lab) => {
    res.setHeader('Content-Length', 6)
    res.write('abcdef')
    end()(res, lab)
  },
  'Content-Length that is no number': (res, lab) => {
    res.setHeader('Content-Length', 'many')
    res.removeHeader('Content-Length')
    end('abc')(res, lab)
  },
  'Content-Length by writeHead': (res, lab) => {
    res.writeHead(200, { 'Content-Length': 4 })
    end('text')(res, lab)
  },
  'a Uint8Array with Content-Length': (res, lab) => {
    res.setHeader('Content-Length', 2)
    end(new Uint8Array([65, 66]))(res, lab)
  },
  'chunks before': (res, lab) => {
    lab.note(res.write('one'), res.write(Buffer.from('two')), res.write('3333', 'hex'))
    end('end')(res, lab)
  },
  'chunks before, and nothing at the end': (res, lab) => {
    res.write('one')
    end()(res, lab)
  },
  'an empty write before': (res, lab) => {
    res.write('')
    end('x')(res, lab)
  },
  'write with a callback': (res, lab) => {
    res.write('one', lab.callback('written'))
    end('x')(res, lab)
  },
  'flushHeaders before': (res, lab) => {
    res.flushHeaders()
    end('x')(res, lab)
  },
  'flushHeaders before, empty': (res, lab) => {
    res.flushHeaders()
    end()(res, lab)
  },
  'writeHead with an object': (res, lab) => {
    lab.note(res.writeHead(201, { 'X-One': '1', 'X-Two': ['2', '3'] }) === res)
    end('x')(res, lab)
  },
  'writeHead with a message and an object': (res, lab) => {
    res.writeHead(201, 'Made', { 'X-One': '1' })
    end('x')(res, lab)
  },
  'writeHead with a flat array': (res, lab) => {
    res.writeHead(200, ['X-One', '1', 'X-Two', '2', 'x-one', '3'])
    end('x')(res, lab)
  },
  'writeHead with pairs': (res, lab) => {
    lab.attempt('writeHead', () => {
      res.writeHead(200, [
        ['X-One', '1'],
        ['X-Two', '2'],
      ])
    })
    end('x')(res, lab)
  },
  'writeHead with an odd array': (res, lab) => {
    lab.attempt('writeHead', () => void res.writeHead(200, ['X-One', '1', 'X-Two']))
    end('x')(res, lab)
  },
  'writeHead with an empty array': (res, lab) => {
    res.writeHead(200, [])
    end('x')(res, lab)
  },
  'writeHead with cookies of its own': (res, lab) => {
    res.writeHead(200, { 'Set-Cookie': ['own=1', 'two=2'] })
    end('x')(res, lab)
  },
  'writeHead with a cookie in a flat array': (res, lab) => {
    res.writeHead(200, ['Set-Cookie', 'own=1', 'Set-Cookie', 'two=2'])
    end('x')(res, lab)
  },
  'writeHead twice': (res, lab) => {
    res.writeHead(200, { 'X-One': '1' })
    lab.attempt('again', () => void res.writeHead(201))
    end('x')(res, lab)
  },
  'writeHead with nothing': (res, lab) => {
    lab.attempt('writeHead', () => void res.writeHead())
    res.statusCode = 404
    if (!res.headersSent) end('x')(res, lab)
  },
  'writeHead with a code that is none': (res, lab) => {
    lab.attempt('writeHead', () => void res.writeHead(99))
    res.statusCode = 200
    end('x')(res, lab)
  },
  'writeHead with null headers': (res, lab) => {
    lab.attempt('writeHead', () => void res.writeHead(200, null))
    end('x')(res, lab)
  },
  'a header after setHeader in another case': (res, lab) => {
    res.setHeader('x-one', 'old')
    res.writeHead(200, { 'X-One': 'new' })
    end('x')(res, lab)
  },
  '204': (res, lab) => {
    res.statusCode = 204
    end()(res, lab)
  },
  '204 with a body': (res, lab) => {
    res.statusCode = 204
    end('text')(res, lab)
  },
  '204 with Content-Length and a body': (res, lab) => {
    res.statusCode = 204
    res.setHeader('Content-Length', 4)
    end('text')(res, lab)
  },
  '304': (res, lab) => {
    res.statusCode = 304
    end()(res, lab)
  },
  '304 with Content-Length': (res, lab) => {
    res.statusCode = 304
    res.setHeader('Content-Length', 10)
    end()(res, lab)
  },
  'a statusMessage': (res, lab) => {
    res.statusCode = 299
    res.statusMessage = 'Fine indeed'
    end('x')(res, lab)
  },
  'no chunks wanted': (res, lab) => {
    res.useChunkedEncodingByDefault = false
    end('x')(res, lab)
  },
  'no Date wanted': (res, lab) => {
    res.sendDate = false
    end('x')(res, lab)
  },
  trailers: (res, lab) => {
    res.setHeader('Trailer', 'X-Sum')
    res.write('x')
    res.addTrailers({ 'X-Sum': '1' })
    end()(res, lab)
  },
  'cork and uncork': (res, lab) => {
    res.cork()
    res.write('one')
    res.write('two')
    res.uncork()
    end('three')(res, lab)
  },
  'an early hint': (res, lab) => {
    res.writeEarlyHints({ link: '</style.css>; rel=preload' })
    end('x')(res, lab)
  },
  '100 continue': (res, lab) => {
    res.writeContinue()
    end('x')(res, lab)
  },
  'the end in a later turn': (res, lab) => void setImmediate(() => end('late')(res, lab)),
  'a stream piped': (res) => void Readable.from(['one', 'two', 'three']).pipe(res),
  'an empty stream piped': (res) => void Readable.from([]).pipe(res),
  'a stream of Buffers piped by way of another': (res) => {
    void Readable.from([Buffer.from('one'), Buffer.from('two')])
      .pipe(new PassThrough())
      .pipe(res)
  },
  appendHeader: (res, lab) => {
    res.appendHeader('Set-Cookie', 'own=1')
    res.appendHeader('Set-Cookie', 'two=2')
    end('x')(res, lab)
  },
  'Set-Cookie as a number': (res, lab) => {
    res.setHeader('Set-Cookie', 5)
    end('x')(res, lab)
  },
}

describe('res.end', () => {
  for (const [name, ending] of Object.entries(ENDINGS)) {
    compare(name, async (_session, lab) => {
      for (const kind of ['save', 'touch', 'destroy', 'nothing'] as const) {
        lab.note(kind)
        const store = lab.store({ records: RECORDS })
        const app = lab.app(lab.middleware({ store, unset: 'destroy' }), (req, res) => {
          if (kind === 'save') req.session.b = 1
          if (kind === 'destroy') delete req.session
          ending(res, lab)
        })
        await lab.tap(app)
        await lab.get(app, kind === 'nothing' ? {} : { cookie: signed('known') })
      }
    })
  }

  for (const method of ['HEAD', 'POST', 'OPTIONS', 'PUT'] as const) {
    compare(`${method} requests`, async (_session, lab) => {
      for (const name of [
        'no arguments',
        'text',
        'Content-Length and text',
        'chunks before',
        '304',
      ]) {
        const store = lab.store({ records: RECORDS })
        const app = lab.app(lab.middleware({ store }), (req, res) => {
          req.session.b = 1
          ENDINGS[name]!(res, lab)
        })
        await lab.tap(app)
        await lab.get(app, { method, cookie: signed('known') })
      }
    })
  }

  compare('with a store that answers at once', async (_session, lab) => {
    for (const [name, ending] of Object.entries(ENDINGS).slice(0, 30)) {
      lab.note(name)
      const store = lab.store({ records: RECORDS, reply: 'now' })
      const app = lab.app(lab.middleware({ store }), (req, res) => {
        req.session.b = 1
        ending(res, lab)
      })
      await lab.tap(app)
      await lab.get(app, { cookie: signed('known') })
    }
  })

  for (const method of ['set', 'touch', 'destroy'] as const) {
    compare(
      `S2-12: ${method} fails: the response ends, next has the error`,
      async (_session, lab) => {
        for (const reply of ['now', 'soon'] as const) {
          for (const name of ['no arguments', 'text', 'Content-Length and text', 'chunks before']) {
            const errors = { [method]: new Error('broken') }
            const store = lab.store({ records: RECORDS, reply, errors })
            const app = lab.app(lab.middleware({ store, unset: 'destroy' }), (req, res) => {
              if (method === 'set') req.session.b = 1
              if (method === 'destroy') req.session = null
              ENDINGS[name]!(res, lab)
            })
            await lab.tap(app)
            await lab.get(app, { cookie: signed('known') })
          }
        }
      },
    )
  }

  compare('what stands on the response', async (_session, lab) => {
    const app = lab.app(
      (_req, res, next) => {
        lab.note(Object.keys(res).includes('end'), Object.keys(res).includes('write'))
        next()
      },
      lab.middleware(),
      (_req, res) => {
        for (const name of ['end', 'write', 'writeHead']) {
          lab.note(name, Object.hasOwn(res, name), res[name].length)
        }
        res.end()
      },
    )
    await lab.get(app)
  })

  compare(
    'what writeHead was given is seen by others that listen to the head',
    async (_session, lab) => {
      const listen = (what: string) => (_req: any, res: any, next: () => void) => {
        const before = res.writeHead
        res.writeHead = function writeHead(this: any, ...given: unknown[]) {
          lab.note(what, given, this.statusCode, this.getHeaders())
          return before.apply(this, given)
        }
        next()
      }
      const app = lab.app(listen('outer'), lab.middleware(), listen('inner'), (req, res) => {
        req.session.a = 1
        if (req.url === '/implicit') return res.end('x')
        if (req.url === '/message') res.writeHead(201, 'Made', { 'X-One': '1' })
        if (req.url === '/array') res.writeHead(201, ['X-One', '1'])
        if (req.url === '/object') res.writeHead(201, { 'X-One': '1' })
        res.end('x')
      })
      for (const path of ['/implicit', '/message', '/array', '/object'])
        await lab.get(app, { path })
    },
  )

  compare('a listener to the head that changes the status', async (_session, lab) => {
    for (const order of ['before', 'after']) {
      const change = (_req: any, res: any, next: () => void): void => {
        onHeaders(res, function head(this: any) {
          lab.note('head', this.statusCode, this.getHeader('Set-Cookie'))
          this.statusCode = 202
        })
        next()
      }
      const middleware = lab.middleware({ saveUninitialized: true })
      const chain = order === 'before' ? [change, middleware] : [middleware, change]
      const app = lab.app(...chain, (req, res) => {
        if (req.url === '/explicit') res.writeHead(200, 'Fine')
        res.end('x')
      })
      await lab.get(app, { path: '/implicit' })
      await lab.get(app, { path: '/explicit' })
    }
  })
})
