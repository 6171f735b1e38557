import { once } from 'node:events'
import { get, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import type { Request, Response } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { holdResponse } from '../../../src/adapter/node/held-response.js'
import { applyOutgoing } from '../../../src/response/outgoing.js'
import { expressApp, type Middleware } from './styles.js'
import { joined, exchange, gate, listen, open, requestText, sleep, type Running } from './wire.js'

const running: Running[] = []

async function serve(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Running> {
  const server = await listen(listener)
  running.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

const sessionOut = {
  cookies: ['sid=new; Path=/; HttpOnly'],
  headers: [
    ['Vary', 'Cookie'],
    ['Cache-Control', 'no-store'],
  ],
} as const

/** Settles after a moment, and then adds what a session would add. */
const addingSession: Middleware = (_request, response, next) => {
  holdResponse(response, async () => {
    await sleep(10)
    applyOutgoing(response, sessionOut)
  })
  next()
}

describe('holding', () => {
  it.each([
    ['302', (s: ServerResponse) => s.writeHead(302, { Location: '/next' }).end()],
    ['200', (s: ServerResponse) => s.end('done')],
    ['stream', (s: ServerResponse) => s.write('first')],
    ['flushHeaders', (s: ServerResponse) => s.flushHeaders()],
  ])('no byte of a %s leaves before a settle of 200 ms is done', async (_name, answer) => {
    let isSaved = false
    let settled = 0
    const { port } = await serve((_request, response) => {
      holdResponse(response, async () => {
        settled += 1
        await sleep(200)
        isSaved = true
      })
      answer(response)
    })
    const socket = open(port)
    socket.write(requestText('GET', '/'))
    await once(socket, 'data')
    expect(isSaved).toBe(true)
    expect(settled).toBe(1)
    socket.destroy()
  })

  it('looks to the application as if the answer had left', async () => {
    const { opened, open: settle } = gate()
    const seen: Record<string, unknown> = {}
    const { port } = await serve((_request, response) => {
      holdResponse(response, () => opened)
      seen['before'] = [response.headersSent, response.writableEnded]
      response.writeHead(201, { 'X-A': '1' })
      seen['after head'] = [response.headersSent, response.statusCode, response.writableEnded]
      try {
        response.writeHead(500)
      } catch (error) {
        seen['second head'] = (error as { code: string }).code
      }
      response.statusCode = 500
      response.end('made', () => {
        seen['callback'] = response.writableFinished
      })
      seen['after end'] = [response.headersSent, response.writableEnded, response.writableFinished]
      settle()
    })
    expect(await exchange(port, requestText('GET', '/'))).toMatch(/^HTTP\/1\.1 201 Created/)
    expect(seen).toEqual({
      before: [false, false],
      'after head': [true, 201, false],
      'second head': 'ERR_HTTP_HEADERS_SENT',
      'after end': [true, true, false],
      callback: true,
    })
  })

  it('keeps the order of requests on one connection', async () => {
    let count = 0
    const { port } = await serve((request, response) => {
      count += 1
      const wait = count === 1 ? 60 : 5
      holdResponse(response, () => sleep(wait))
      response.end(`answer to ${request.url ?? ''};`)
    })
    const keepAlive = { Connection: 'keep-alive' }
    const pipelined =
      requestText('GET', '/1', keepAlive) +
      requestText('GET', '/2', keepAlive) +
      requestText('GET', '/3')
    const bodies = (await exchange(port, pipelined)).match(/answer to [^;]+/g)
    expect(bodies).toEqual(['answer to /1', 'answer to /2', 'answer to /3'])
  })

  it('may be done twice to one response', async () => {
    const order: string[] = []
    const { port } = await serve((_request, response) => {
      holdResponse(response, async () => {
        await sleep(5)
        order.push('inner')
      })
      holdResponse(response, async () => {
        await sleep(5)
        order.push('outer')
      })
      response.write('a')
      response.end('b')
    })
    expect(joined(await exchange(port, requestText('GET', '/')))).toMatch(/\r\n\r\nab\r\n0\r\n/)
    expect(order).toEqual(['outer', 'inner'])
  })

  it('survives a client that leaves while its answer is held', async () => {
    const { opened, open: settle } = gate()
    let closed: Promise<unknown> = Promise.resolve()
    const wrote: unknown[] = []
    const { port } = await serve((request, response) => {
      if (request.url === '/next') return void response.end('alive')
      closed = once(response, 'close')
      holdResponse(response, () => opened)
      response.write('never seen', (error) => wrote.push(error))
      response.end()
      socket.destroy()
    })
    const socket = open(port)
    socket.write(requestText('GET', '/'))
    await once(socket, 'close')
    await closed
    settle()
    await sleep(10)
    expect(wrote).toEqual([expect.objectContaining({ code: 'ERR_STREAM_DESTROYED' })])
    expect(await exchange(port, requestText('GET', '/next'))).toContain('alive')
  })

  it('flushes through compression what was flushed while held', async () => {
    const { opened, open: settle } = gate()
    const app = expressApp(
      'express5',
      (_request, response, next) => {
        holdResponse(response, () => opened)
        next()
      },
      (_request: Request, response: Response & { flush?: () => void }) => {
        response.type('text/plain').write('an event')
        response.flush?.()
        settle()
      },
      'before',
    )
    const { port } = await serve(app)
    const request = get({ port, headers: { 'Accept-Encoding': 'gzip' } })
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    const unpacked = answer.pipe(createGunzip())
    const [event] = (await once(unpacked, 'data')) as [Buffer]
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(event.toString()).toBe('an event')
    unpacked.on('error', () => undefined)
    request.on('error', () => undefined).destroy()
  })
})

describe('header effects', () => {
  const cookiesOf = (answer: string): string[] =>
    [...answer.matchAll(/^set-cookie: (.*)$/gim)].map((match) => match[1]?.trim() ?? '')

  const heads: readonly (readonly [string, (s: ServerResponse) => void, readonly string[]])[] = [
    ['no header of its own', (s) => s.end(), []],
    [
      'setHeader',
      (s) => {
        s.setHeader('Set-Cookie', 'own=1')
        s.end()
      },
      ['own=1'],
    ],
    [
      'writeHead with an object',
      (s) => s.writeHead(200, { 'set-cookie': 'own=1' }).end(),
      ['own=1'],
    ],
    [
      'writeHead with a message and a list of cookies',
      (s) => s.writeHead(200, 'Fine', { 'Set-Cookie': ['own=1', 'two=2'] }).end(),
      ['own=1', 'two=2'],
    ],
    [
      'writeHead with an array',
      (s) => s.writeHead(200, ['Set-Cookie', 'own=1', 'X-A', 'a', 'Set-Cookie', 'two=2']).end(),
      ['own=1', 'two=2'],
    ],
    [
      'setHeader overruled by writeHead, as Node does it',
      (s) => {
        s.setHeader('Set-Cookie', 'early=1')
        s.writeHead(200, { 'Set-Cookie': 'late=1' }).end()
      },
      ['late=1'],
    ],
  ]

  it.each(heads)('add a cookie to those of: %s', async (_name, answer, own) => {
    const { port } = await serve((request, response) => {
      addingSession(request, response, () => {
        answer(response)
      })
    })
    const received = await exchange(port, requestText('GET', '/'))
    expect(cookiesOf(received)).toEqual([...own, ...sessionOut.cookies])
    expect(received).toMatch(/^Vary: Cookie\r$/m)
    expect(received).toMatch(/^Cache-Control: no-store\r$/m)
  })

  it('leave other headers of writeHead as they are, and merge Vary', async () => {
    const { port } = await serve((request, response) => {
      addingSession(request, response, () => {
        response
          .writeHead(200, { Vary: 'Accept', 'Cache-Control': 'max-age=5', 'X-Mine': 'yes' })
          .end('ok')
      })
    })
    const received = await exchange(port, requestText('GET', '/'))
    expect(received).toMatch(/^Vary: Accept, Cookie\r$/m)
    expect(received).toMatch(/^Cache-Control: max-age=5\r$/m)
    expect(received).toMatch(/^X-Mine: yes\r$/m)
    expect(received.match(/^Cache-Control/gim)).toHaveLength(1)
  })

  it('differ from the answer without them by nothing else (Express)', async () => {
    const answer = (_request: Request, response: Response): unknown =>
      response.cookie('own', 'x').vary('Accept').json({ ok: true })
    for (const family of ['express4', 'express5'] as const) {
      const plain = await serve(expressApp(family, undefined, answer))
      const added = await serve(expressApp(family, addingSession, answer))
      const without = await exchange(plain.port, requestText('GET', '/'))
      const received = await exchange(added.port, requestText('GET', '/'))
      expect(
        received
          .replace(`Set-Cookie: ${sessionOut.cookies[0]}\r\n`, '')
          .replace('Cache-Control: no-store\r\n', '')
          .replace('Accept, Cookie', 'Accept'),
      ).toBe(without)
      expect(cookiesOf(received)).toHaveLength(2)
    }
  })

  it('are kept when settle sets them at once', async () => {
    const { port } = await serve((_request, response) => {
      holdResponse(response, () => {
        applyOutgoing(response, sessionOut)
        return undefined
      })
      response.writeHead(200, ['Set-Cookie', 'own=1']).end()
    })
    const received = await exchange(port, requestText('GET', '/'))
    expect(cookiesOf(received)).toEqual(['own=1', ...sessionOut.cookies])
  })
})

describe('back-pressure', () => {
  it('write answers false from 64 KiB on, and drain follows', async () => {
    const { opened, open: settle } = gate()
    const answers: boolean[] = []
    let drained = 0
    const { port } = await serve((_request, response) => {
      holdResponse(response, () => opened)
      response.on('drain', () => {
        drained += 1
        response.end()
      })
      for (let n = 0; n < 5; n += 1) answers.push(response.write(Buffer.alloc(16_384, 97)))
      expect(drained).toBe(0)
      settle()
    })
    const received = await exchange(port, requestText('GET', '/'))
    expect(answers).toEqual([true, true, true, false, false])
    expect(drained).toBe(1)
    expect(received.match(/a/g)?.length).toBeGreaterThanOrEqual(5 * 16_384)
  })

  it('drain follows even where Node itself never asked for a pause: HEAD', async () => {
    const { opened, open: settle } = gate()
    const { port } = await serve((_request, response) => {
      holdResponse(response, () => opened)
      response.on('drain', () => response.end())
      expect(response.write(Buffer.alloc(70_000))).toBe(false)
      settle()
    })
    expect(await exchange(port, requestText('HEAD', '/'))).toMatch(/^HTTP\/1\.1 200 /)
  })

  it.each(['before', 'after'] as const)(
    'a pipe goes on after the hold with compression mounted %s',
    async (side) => {
      const app = expressApp(
        'express5',
        (_request, response, next) => {
          holdResponse(response, () => sleep(40))
          next()
        },
        (_request: Request, response: Response) => {
          const noise = (function* () {
            for (let n = 0; n < 200; n += 1) yield Buffer.from(String(Math.sin(n)).repeat(400))
          })()
          response.type('text/plain')
          Readable.from(noise, { objectMode: false }).pipe(response)
        },
        side,
      )
      const { port } = await serve(app)
      const answer = await fetch(`http://127.0.0.1:${String(port)}/`)
      const body = await answer.text()
      const expected = Array.from({ length: 200 }, (_x, n) => String(Math.sin(n)).repeat(400))
      expect(answer.headers.get('content-encoding')).not.toBeNull()
      expect(body).toBe(expected.join(''))
    },
  )
})

describe('other servers', () => {
  it('HTTP/2: held, with headers, and failing', async () => {
    const server = createHttp2Server((request, response) => {
      holdResponse(response, async () => {
        await sleep(5)
        if (request.url === '/bad') throw new Error('store gone')
        applyOutgoing(response, sessionOut)
      })
      response.writeHead(200, { 'set-cookie': 'own=1' })
      response.write('hello ')
      response.end('http2')
    })
    server.listen(0)
    await once(server, 'listening')
    const client = connectHttp2(
      `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    )
    const ask = async (path: string): Promise<{ head: Record<string, unknown>; body: string }> => {
      const stream = client.request({ ':path': path })
      const [head] = (await once(stream, 'response')) as [Record<string, unknown>]
      return { head, body: await text(stream) }
    }
    const good = await ask('/good')
    const bad = await ask('/bad')
    client.close()
    server.close()
    expect(good.body).toBe('hello http2')
    expect(good.head['set-cookie']).toEqual(['own=1', ...sessionOut.cookies])
    expect(bad.head[':status']).toBe(503)
    expect(bad.head['set-cookie']).toBeUndefined()
    expect(JSON.parse(bad.body)).toMatchObject({ status: 503, code: 'store_unavailable' })
  })
})
