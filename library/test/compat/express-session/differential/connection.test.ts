/** What goes over a connection while stores are slow, clients old, impatient or busy. */
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { describe } from 'vitest'
import { compare, signed, type Application, type Lab } from './lab.js'
import { parseAnswer, withoutDate } from './raw-client.js'

const RECORDS = { known: { cookie: {}, a: 1 } }

/** A store whose `set` waits until somebody lets it go on. */
function gatedStore(lab: Lab): { store: any; release: () => void; reached: Promise<void> } {
  let release: () => void = () => undefined
  let reach: () => void = () => undefined
  const reached = new Promise<void>((resolve) => (reach = resolve))
  const store = lab.store({ records: RECORDS })
  store.set = (id: string, _data: unknown, done: () => void) => {
    lab.note('set waits', id)
    release = () => {
      lab.note('set done')
      done()
    }
    reach()
  }
  return { store, release: () => release(), reached }
}

/** What arrives at a client before and after the store is done. */
async function watch(
  lab: Lab,
  app: Application,
  gate: ReturnType<typeof gatedStore>,
): Promise<void> {
  const port = await lab.port(app)
  const ends = await lab.sockets(app)
  const parts: string[] = []
  const socket = connect(port, '127.0.0.1')
  socket.on('data', (bytes) => parts.push(bytes.toString('latin1')))
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.write(
    `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ${signed('known')}\r\n\r\n`,
  )
  await gate.reached
  // All that was written has to arrive; nothing more is written before the gate opens.
  for (let calm = 0; calm < 3; await turn()) {
    calm = parts.join('').length === ends[0]?.bytesWritten ? calm + 1 : 0
  }
  lab.note('before', withoutDate(parts.splice(0).join('')))
  gate.release()
  await closed
  lab.note('after', withoutDate(parts.join('')))
}

describe('while the store is saving', () => {
  const ANSWERS: Record<string, (res: any) => unknown> = {
    text: (res) => res.end('a whole body'),
    'text of a known length': (res) => {
      res.setHeader('Content-Length', 12)
      res.end('a whole body')
    },
    'a Buffer of a known length': (res) => {
      res.setHeader('Content-Length', 4)
      res.end(Buffer.from([1, 2, 3, 4]))
    },
    'one byte of a known length': (res) => {
      res.setHeader('Content-Length', 1)
      res.end('x')
    },
    nothing: (res) => res.end(),
    'nothing, of length 0': (res) => {
      res.setHeader('Content-Length', 0)
      res.end()
    },
    parts: (res) => {
      res.write('one ')
      res.write('two ')
      res.end('three')
    },
    'a redirect': (res) => {
      res.writeHead(302, { Location: '/next', 'Content-Length': 0 })
      res.end()
    },
    'a redirect with a body': (res) => {
      res.writeHead(302, { Location: '/next', 'Content-Length': 5 })
      res.end('moved')
    },
    '204': (res) => {
      res.statusCode = 204
      res.end()
    },
    'a stream': (res) => void Readable.from(['one', 'two']).pipe(res),
    'a large body': (res) => {
      res.setHeader('Content-Length', 60_000)
      res.end('x'.repeat(60_000))
    },
  }
  for (const [name, answer] of Object.entries(ANSWERS)) {
    compare(`${name}: what the client has before, and after`, async (_session, lab) => {
      const gate = gatedStore(lab)
      const app = lab.app(lab.middleware({ store: gate.store }), (req, res) => {
        req.session.b = 1
        answer(res)
      })
      await watch(lab, app, gate)
    })
  }

  compare('a client that went away does not stop the save', async (_session, lab) => {
    const gate = gatedStore(lab)
    let closed: () => void = () => undefined
    const isClosed = new Promise<void>((resolve) => (closed = resolve))
    const app = lab.app(lab.middleware({ store: gate.store }), (req, res) => {
      req.session.b = 1
      res.on('close', () => {
        lab.note('close', res.writableEnded, res.writableFinished)
        closed()
      })
      res.end('x')
    })
    const socket = connect(await lab.port(app), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nCookie: ${signed('known')}\r\n\r\n`)
    await gate.reached
    socket.destroy()
    await isClosed
    gate.release()
    await sleep(2)
  })

  compare(
    'a client that goes away before the answer: nothing is saved by itself',
    async (_s, lab) => {
      let end: () => void = () => undefined
      const ended = new Promise<void>((resolve) => (end = resolve))
      const app = lab.app(
        lab.middleware({ store: lab.store({ records: RECORDS }) }),
        (req, res) => {
          req.session.b = 1
          lab.note('handler')
          res.on('close', () => {
            lab.note('close', res.destroyed)
            if (req.url === '/late') lab.attempt('end', () => res.end('late'))
            setTimeout(end, 3)
          })
          socket.destroy()
        },
      )
      const socket = connect(await lab.port(app), '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(`GET /late HTTP/1.1\r\nHost: x\r\nCookie: ${signed('known')}\r\n\r\n`)
      await ended
    },
  )

  compare('a destroyed response', async (_session, lab) => {
    const app = lab.app(lab.middleware(), (req, res) => {
      req.session.a = 1
      res.destroy()
      lab.attempt('end', () => res.end('x'))
    })
    await lab.get(app)
  })
})

describe('connections', () => {
  compare('HTTP/1.0, with and without keep-alive', async (_session, lab) => {
    const app = lab.app(lab.middleware({ saveUninitialized: true }), (req, res) => {
      if (req.url === '/parts') res.write('one')
      res.end('end')
    })
    await lab.get(app, { version: '1.0' })
    await lab.get(app, { version: '1.0', path: '/parts' })
    await lab.raw(app, 'GET / HTTP/1.0\r\n\r\n')
    await lab.raw(app, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n')
  })

  compare('several requests sent at once over one connection', async (_session, lab) => {
    const app = lab.app(lab.middleware({ store: lab.store({ records: RECORDS }) }), (req, res) => {
      if (req.url !== '/read') req.session.b = req.url
      res.end(req.url)
    })
    const head = `Host: x\r\nCookie: ${signed('known')}\r\n`
    const all = ['/1', '/read', '/2'].map((path) => `GET ${path} HTTP/1.1\r\n${head}\r\n`).join('')
    await lab.raw(app, `${all}GET /last HTTP/1.1\r\n${head}Connection: close\r\n\r\n`)
  })

  compare('several requests one after the other over one connection', async (_session, lab) => {
    const app = lab.app(lab.middleware({ cookie: { maxAge: 9000 } }), (req, res) => {
      req.session.n = (req.session.n ?? 0) + 1
      if (req.url === '/length') res.setHeader('Content-Length', 4)
      if (req.method === 'HEAD') res.setHeader('Content-Length', 4)
      if (req.url === '/none') res.statusCode = 204
      res.end(req.url === '/none' ? undefined : 'text')
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const port = await lab.port(app)
    const ports = new Set<number | undefined>()
    let cookie = ''
    for (const [method, path] of [
      ['GET', '/length'],
      ['GET', '/chunks'],
      ['HEAD', '/length'],
      ['GET', '/none'],
      ['GET', '/length'],
    ]) {
      await new Promise<void>((resolve, reject) => {
        const sent = httpRequest(
          {
            port,
            host: '127.0.0.1',
            method,
            path,
            agent,
            headers: cookie === '' ? {} : { cookie },
          },
          (answer) => {
            ports.add(answer.socket.localPort)
            const { date: _date, ...headers } = answer.headers
            cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? cookie
            const body: Buffer[] = []
            answer.on('data', (part) => body.push(part))
            answer.on('end', () => {
              lab.note(answer.statusCode, headers, Buffer.concat(body).toString())
              resolve()
            })
          },
        )
        sent.on('error', reject)
        sent.end()
      })
    }
    lab.note('connections', ports.size)
    agent.destroy()
  })

  compare('a request with a body that is read later', async (_session, lab) => {
    const app = lab.app(lab.middleware({ store: lab.store({ records: RECORDS }) }), (req, res) => {
      let size = 0
      req.on('data', (part: Buffer) => (size += part.length))
      req.on('end', () => {
        req.session.size = size
        res.end(String(size))
      })
    })
    const body = 'x'.repeat(3000)
    const headers = { 'Content-Length': '3000' }
    await lab.get(app, { method: 'POST', headers, body })
    await lab.get(app, { method: 'POST', headers, body, cookie: signed('known') })
  })

  compare('Expect: 100-continue', async (_session, lab) => {
    const app = lab.app(lab.middleware({ saveUninitialized: true }), (_req, res) => res.end('x'))
    await lab.get(app, {
      method: 'POST',
      headers: { Expect: '100-continue', 'Content-Length': '1' },
      body: 'x',
    })
  })

  compare('events of the response', async (_session, lab) => {
    const app = lab.app(
      (_req, res, next) => {
        for (const event of ['prefinish', 'finish', 'close']) {
          res.on(event, () => lab.note(event, res.writableEnded, res.writableFinished))
        }
        next()
      },
      lab.middleware(),
      (req, res) => {
        if (req.url !== '/') req.session.a = 1
        res.end('x')
        lab.note('ended', res.writableEnded, res.finished, res.headersSent)
      },
    )
    await lab.get(app)
    await lab.get(app, { path: '/save' })
  })

  compare('parallel requests of one client: the last save wins', async (_session, lab) => {
    const store = lab.store({ records: RECORDS })
    let waiting: (() => void)[] = []
    const app = lab.app(lab.middleware({ store }), (req, res) => {
      req.session[req.url.slice(1)] = true
      waiting.push(() => res.end(req.url))
      if (waiting.length === 2) for (const end of waiting.splice(0).reverse()) end()
    })
    const port = await lab.port(app)
    const send = (path: string): Promise<string> =>
      new Promise((resolve) => {
        const parts: Buffer[] = []
        const socket = connect(port, '127.0.0.1')
        socket.on('data', (part) => parts.push(part))
        socket.on('close', () => resolve(Buffer.concat(parts).toString()))
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ${signed('known')}\r\n\r\n`,
        )
      })
    const first = send('/one')
    await sleep(5)
    const answers = await Promise.all([first, send('/two')])
    waiting = []
    for (const answer of answers) lab.note(parseAnswer(withoutDate(answer)))
    lab.note([...store.kept])
  })
})
