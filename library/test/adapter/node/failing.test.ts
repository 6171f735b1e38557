import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request, Response } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { holdResponse } from '../../../src/adapter/node/held-response.js'
import { SojournError, StoreUnavailable } from '../../../src/errors.js'
import { bareStyles, expressApp, expressStyles, type Middleware } from './styles.js'
import { exchange, listen, requestText, sleep, type Running } from './wire.js'

const running: Running[] = []

async function ask(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  style: { method?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const server = await listen(listener)
  running.push(server)
  return exchange(server.port, requestText(style.method ?? 'GET', '/', style.headers))
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

const failing: Middleware = (_request, response, next) => {
  holdResponse(response, async () => {
    await sleep(5)
    response.setHeader('Set-Cookie', 'sid=half-done')
    throw new StoreUnavailable('redis://secret@host did not answer')
  })
  next()
}

/** The whole answer: status line, these headers, this body, and nothing of the application's. */
function expectRefusal(received: string, method = 'GET'): void {
  // An informational answer may have left before: it carries no session.
  const final = received.replace(/^(HTTP\/1\.1 1\d\d [\s\S]*?\r\n\r\n)+/, '')
  const [head = '', ...rest] = final.split('\r\n\r\n')
  const [status, ...lines] = head.split('\r\n')
  expect(status).toBe('HTTP/1.1 503 Service Unavailable')
  const names = lines.map((line) => line.split(':')[0]?.toLowerCase())
  const allowed =
    /^(content-type|content-length|cache-control|retry-after|date|connection|vary|x-powered-by)$/
  expect(names.filter((name) => !allowed.test(name ?? ''))).toEqual([])
  expect(lines).toContain('Content-Type: application/problem+json')
  expect(lines).toContain('Retry-After: 1')
  const body = rest.join('\r\n\r\n')
  if (method === 'HEAD') expect(body).toBe('')
  else {
    expect(JSON.parse(body)).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      code: 'store_unavailable',
      error: 'Service Unavailable',
      message: 'Service Unavailable',
    })
  }
}

describe('when settling fails, nothing of the held answer is sent', () => {
  it.each(bareStyles.map((style) => [style.name, style] as const))('%s', async (_name, style) => {
    const received = await ask((request, response) => {
      failing(request, response, () =>
        Promise.resolve(style.answer(request, response)).catch(() => undefined),
      )
    }, style)
    expectRefusal(received, style.method)
  })

  describe.each(['express4', 'express5'] as const)('%s', (family) => {
    it.each(expressStyles.map((style) => [style.name, style] as const))(
      '%s',
      async (_name, style) => {
        expectRefusal(await ask(expressApp(family, failing, style.answer), style), style.method)
      },
    )

    it.each(['before', 'after'] as const)('compression mounted %s', async (side) => {
      const app = expressApp(
        family,
        failing,
        (_request: Request, response: Response) =>
          response.cookie('own', '1').type('text').send('text '.repeat(40_000)),
        side,
      )
      const received = await ask(app, { headers: { 'Accept-Encoding': 'gzip' } })
      expect(received).toMatch(/^HTTP\/1\.1 503 /)
      expect(received).not.toMatch(/set-cookie/i)
      if (side === 'after') expectRefusal(received)
    })
  })

  it('past a compression that has not chosen its encoding yet', async () => {
    const app = expressApp(
      'express5',
      failing,
      (_request: Request, response: Response) => {
        response.flushHeaders()
      },
      'after',
    )
    expectRefusal(await ask(app, { headers: { 'Accept-Encoding': 'gzip' } }))
  })

  it('also when settle throws at once, in the middle of writeHead', async () => {
    const received = await ask((_request, response) => {
      holdResponse(response, () => {
        throw new StoreUnavailable('no')
      })
      response.writeHead(302, { Location: '/in', 'Set-Cookie': 'a=1' }).end('moved')
    })
    expectRefusal(received)
  })

  it('keeps what middleware says about every answer: policy, CORS, Vary', async () => {
    const received = await ask((request, response) => {
      response.setHeader('Strict-Transport-Security', 'max-age=31536000')
      response.setHeader('Access-Control-Allow-Origin', 'https://a.example')
      response.setHeader('Vary', 'Origin')
      response.setHeader('ETag', '"x"')
      response.setHeader('Content-Encoding', 'br')
      failing(request, response, () => {
        response.end('x')
      })
    })
    expect(received).toMatch(/^Strict-Transport-Security: max-age=31536000\r$/m)
    expect(received).toMatch(/^Access-Control-Allow-Origin: https:\/\/a\.example\r$/m)
    expect(received).toMatch(/^Vary: Origin\r$/m)
    expect(received).not.toMatch(/etag|content-encoding/i)
  })

  it('leaves the connection usable', async () => {
    let count = 0
    const text = requestText('GET', '/', { Connection: 'keep-alive' }) + requestText('GET', '/', {})
    const server = await listen((_request, response) => {
      count += 1
      const isFirst = count === 1
      holdResponse(response, () => (isFirst ? Promise.reject(new Error('no')) : undefined))
      response.end('second')
    })
    running.push(server)
    const received = await exchange(server.port, text)
    expect(received).toMatch(/^HTTP\/1\.1 503 [\s\S]*\}HTTP\/1\.1 200 OK[\s\S]*second$/)
  })
})

describe('what the failed application says later', () => {
  it('is dropped; its callbacks learn why, its pipes end, nothing crashes', async () => {
    const failure = new Error('no store')
    const told: unknown[] = []
    let drained = 0
    const received = await ask((_request, response) => {
      holdResponse(response, async () => {
        await sleep(5)
        throw failure
      })
      response.on('drain', () => (drained += 1))
      response.write('x'.repeat(70_000), (error) => told.push(error))
      setTimeout(() => {
        told.push(
          response.headersSent,
          response.write('late', (error) => told.push(error)),
        )
        response.end('later', () => told.push('end'))
      }, 30)
    })
    await sleep(40)
    expect(received).toMatch(/^HTTP\/1\.1 503 /)
    expect(received).not.toContain('late')
    expect(told).toEqual([failure, true, true, failure, 'end'])
    expect(drained).toBe(1)
  })
})

describe('which answer a failure gets', () => {
  const statusFor = async (error: unknown): Promise<string> => {
    const received = await ask((_request, response) => {
      holdResponse(response, () => Promise.reject(error as Error))
      response.end('x')
    })
    return `${received.slice(9, 12)} ${/"code":"(\w+)"/.exec(received)?.[1] ?? ''}`
  }

  it.each([
    [new StoreUnavailable('x'), '503 store_unavailable'],
    [new Error('ECONNREFUSED'), '503 store_unavailable'],
    ['text', '503 store_unavailable'],
    [new SojournError('session_limit', 'x'), '409 session_limit'],
    [new TypeError('a bug'), '500 internal_error'],
  ])('%s: %s', async (error, expected) => {
    expect(await statusFor(error)).toBe(expected)
  })

  it('a header that Node refuses while replaying is a 500, not a crash', async () => {
    const received = await ask((_request, response) => {
      holdResponse(response, () => sleep(1))
      response.writeHead(200, { 'X-A': 'line\nbreak' }).end('x')
    })
    expect(received).toMatch(/^HTTP\/1\.1 500 [\s\S]*internal_error/)
  })

  it.each(['before', 'after'] as const)(
    'onFailure may answer later, through the response it gets, with compression mounted %s',
    async (side) => {
      const app = expressApp(
        'express5',
        (_request, response, next) => {
          holdResponse(response as Response, () => Promise.reject(new Error('no')), {
            onFailure(_error, direct) {
              setTimeout(() => direct.status(502).json({ own: 'answer' }), 10)
            },
          })
          next()
        },
        (_request: Request, response: Response) =>
          response.type('text').send('text '.repeat(9_000)),
        side,
      )
      const server = await listen(app)
      running.push(server)
      const answer = await fetch(`http://127.0.0.1:${String(server.port)}/`)
      expect(answer.status).toBe(502)
      expect(await answer.json()).toEqual({ own: 'answer' })
    },
  )

  it('onFailure that answers plainly gets a Content-Length, and one that throws breaks the connection', async () => {
    const plain = await ask((_request, response) => {
      holdResponse(response, () => Promise.reject(new Error('no')), {
        onFailure(_error, direct) {
          direct.statusCode = 503
          direct.end('später')
        },
      })
      response.end('x')
    })
    expect(plain).toMatch(/^HTTP\/1\.1 503 [\s\S]*Content-Length: 7\r\n/)
    const broken = await ask((_request, response) => {
      holdResponse(response, () => Promise.reject(new Error('no')), {
        onFailure() {
          throw new Error('again')
        },
      })
      response.end('x')
    })
    expect(broken).toBe('')
  })
})
