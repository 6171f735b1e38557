import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  createServer,
  IncomingMessage,
  request as httpRequest,
  ServerResponse,
  type Server,
} from 'node:http'
import { createServer as createTlsServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import express5, { type Express } from 'express'
import express4 from 'express4'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import {
  createExpressAdapter,
  createExpressServer,
  expressClasses,
} from '../../src/adapter/express.js'
import { createSojourn } from '../../src/sojourn.js'
import { makeCertificates } from '../support/certificates.js'
import { SECRET } from '../support/sojourn.js'
import { WebClient } from '../support/web.js'
import { exchange, joined, requestText, withoutDate } from './node/wire.js'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function open(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** An application with most of what applications do, and one mounted on it that has methods of its own. */
function createApp(express: typeof express5): Express {
  const app = express()
  const inner = express()
  Object.assign(inner.response, {
    shout(this: ServerResponse, text: string) {
      this.end(text.toUpperCase())
    },
  })
  inner.get('/shout', (req, res) => {
    ;(res as unknown as { shout(text: string): void }).shout(`inner ${String(req.app === inner)}`)
  })
  app.use(express.json())
  app.use('/inner', inner)
  app.get('/inner/back', (req, res) => {
    res.json({ isOuter: req.app === app && res.app === app, hasShout: 'shout' in res })
  })
  app.get('/facts/:name', (req, res) => {
    const { params, query, ip, protocol, path, originalUrl, hostname } = req
    res.json({ params, query, ip, protocol, path, originalUrl, hostname, agent: req.get('agent') })
  })
  app.post('/body', (req, res) => {
    res.status(201).location('/x').json(req.body)
  })
  app.get('/away', (_req, res) => {
    res.redirect(302, '/facts/a')
  })
  app.get('/cookie', (_req, res) => {
    res.cookie('a', 'b').type('text').send('sent')
  })
  app.get('/bad', () => {
    throw Object.assign(new Error('no'), { status: 418, expose: true })
  })
  app.use(((error, _req, res, _next) => {
    res.status((error as { status: number }).status).send('handled')
  }) as express5.ErrorRequestHandler)
  return app
}

const REQUESTS: readonly (readonly [string, string, string?])[] = [
  ['GET', '/facts/a?b=c&d=e'],
  ['HEAD', '/facts/a'],
  ['POST', '/body', '{"a":1}'],
  ['POST', '/body', '{'],
  ['GET', '/away'],
  ['GET', '/cookie'],
  ['GET', '/bad'],
  ['GET', '/nowhere'],
  ['OPTIONS', '/body'],
  ['GET', '/inner/shout'],
  ['GET', '/inner/back'],
]

/** Everything that is answered, byte for byte, without the date. */
async function answersOf(server: Server): Promise<string[]> {
  const port = await open(server)
  const answers: string[] = []
  for (const [method, path, body = ''] of REQUESTS) {
    const text = requestText(method, path, {
      Host: 'localhost',
      Agent: 'test',
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
    })
    answers.push(withoutDate(joined(await exchange(port, text + body))))
  }
  return answers
}

/** Whether the requests that come in have the prototypes of `app` before Express sees them. */
function watchPrototypes(server: Server, app: Express): boolean[] {
  const seen: boolean[] = []
  server.prependListener('request', (request, response) => {
    const [own, answering] = [request, response].map((one: object) => Object.getPrototypeOf(one))
    seen.push(own === app.request && answering === app.response)
  })
  return seen
}

const certificates = makeCertificates()
afterAll(() => {
  certificates.remove()
})

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('a server for %s', (_name, express) => {
  it('has its prototypes before Express sets them', async () => {
    const app = createApp(express)
    const server = createExpressServer(app)
    const seen = watchPrototypes(server, app)
    const plain = createServer(app)
    const seenPlain = watchPrototypes(plain, app)
    await new WebClient({ port: await open(server) }).get('/cookie')
    await new WebClient({ port: await open(plain) }).get('/cookie')
    expect([seen, seenPlain]).toEqual([[true], [false]])
  })

  it('answers what app.listen answers, byte for byte', async () => {
    const plain = await answersOf(createServer(createApp(express)))
    expect(await answersOf(createExpressServer(createApp(express)))).toEqual(plain)
    expect(plain.map((answer) => answer.split(' ')[1])).toEqual(
      '200 200 201 400 302 200 418 404 200 200 200'.split(' '),
    )
    expect(plain[9]).toContain('INNER TRUE')
    expect(plain[10]).toContain('{"isOuter":true,"hasShout":false}')
  })

  it('sees what the application is given later', async () => {
    const app = createApp(express)
    const port = await open(createExpressServer(app))
    Object.assign(app.request, { nickname: 'later' })
    app.get('/later', (req, res) => {
      res.send((req as unknown as { nickname: string }).nickname)
    })
    // Behind the error handler, which only errors reach.
    expect((await new WebClient({ port }).get('/later')).body).toBe('later')
  })

  it('keeps two applications of one process apart', async () => {
    const [one, other] = [createApp(express), createApp(express)]
    Object.assign(one.response, { mark: 'one' })
    other.get('/mark', (_req, res) => {
      res.json({ hasMark: 'mark' in res })
    })
    await open(createExpressServer(one))
    const port = await open(createExpressServer(other))
    expect((await new WebClient({ port }).get('/mark')).body).toBe('{"hasMark":false}')
  })

  it('takes the options of a server, and asks for 100-continue', async () => {
    const app = createApp(express)
    const server = createExpressServer(app, { requestTimeout: 4_321, maxHeaderSize: 4_096 })
    expect(server.requestTimeout).toBe(4_321)
    const port = await open(server)
    const headers = { expect: '100-continue', 'content-type': 'application/json' }
    const request = httpRequest({ port, method: 'POST', path: '/body', headers })
    request.flushHeaders()
    await once(request, 'continue')
    request.end('{"a":2}')
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(201)
    response.resume()
    const large = await new WebClient({ port }).get('/cookie', {
      headers: { large: 'x'.repeat(5_000) },
    })
    expect(large.status).toBe(431)
  })

  it('upgrades connections', async () => {
    const app = createApp(express)
    const server = createExpressServer(app)
    server.on('upgrade', (request, socket) => {
      const isPlain = request instanceof IncomingMessage && request.url === '/socket'
      socket.end(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n${String(isPlain)}`,
      )
    })
    const port = await open(server)
    const headers = { Connection: 'Upgrade', Upgrade: 'x' }
    const request = httpRequest({ port, path: '/socket', headers }).end()
    const [response, socket, head] = (await once(request, 'upgrade')) as [
      IncomingMessage,
      NodeJS.ReadableStream,
      Buffer,
    ]
    expect(response.statusCode).toBe(101)
    let text = head.toString()
    for await (const chunk of socket) text += String(chunk)
    expect(text).toBe('true')
  })

  it('speaks TLS', async () => {
    const app = createApp(express)
    const [cert, key] = [certificates.good, certificates.key].map((file) => readFileSync(file))
    const server = createTlsServer({ cert, key, ...expressClasses(app) }, app)
    const seen = watchPrototypes(server, app)
    const port = await open(server)
    const ca = readFileSync(certificates.authority)
    const request = httpsRequest({ port, host: 'localhost', path: '/facts/a', ca }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    expect(JSON.parse(text)).toMatchObject({ protocol: 'https', path: '/facts/a' })
    expect(seen).toEqual([true])
  })

  it('carries sessions', async () => {
    const sojourn = createSojourn({ secrets: SECRET })
    const web = createExpressAdapter(sojourn)
    const app = express()
    app.use(web.sessions)
    app.post(
      '/login',
      web.handler(async ({ session }, res) => {
        await session.signIn('alice')
        res.redirect(303, '/me')
      }),
    )
    app.get(
      '/me',
      web.requireSession(),
      web.handler(({ session }, res) => {
        res.json({ subject: session.subject })
      }),
    )
    const client = new WebClient({ port: await open(createExpressServer(app)) })
    expect((await client.get('/me')).status).toBe(401)
    await client.post('/login')
    const { body, headers } = await client.get('/me')
    expect(body).toBe('{"subject":"alice"}')
    expect(headers.vary).toContain('Cookie')
    await sojourn.close()
  })
})

it('refuses what is no Express application', () => {
  const handler = (): undefined => undefined
  expect(() => createExpressServer(handler as never)).toThrow('express()')
  expect(() =>
    createExpressServer(Object.assign(handler, { request: {}, response: {} }) as never),
  ).toThrow('express()')
})
