/** Bytes that two readers could take for different requests, and methods that nobody offers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BY_HTTPS, production } from '../support/https.js'
import { speak } from '../support/raw.js'
import { startService, type Service } from '../support/service.js'

let service: Service
beforeAll(async () => {
  service = await startService(production())
})
afterAll(() => service[Symbol.asyncDispose]())

const HEAD = 'Host: app.example\r\nX-Forwarded-Proto: https\r\nOrigin: https://app.example\r\n'
const JSON_TYPE = 'Content-Type: application/json\r\n'

describe('the framing of messages', () => {
  /** A second request that must never be answered, behind the body that ends too early. */
  const SECOND = 'GET /health/live HTTP/1.1\r\nHost: app.example\r\n\r\n'
  const post = (lines: string, body: string): string =>
    `POST /login HTTP/1.1\r\n${HEAD}${JSON_TYPE}${lines}\r\n${body}`
  const get = (lines: string): string => `GET /public HTTP/1.1\r\n${HEAD}${lines}\r\n`

  const AMBIGUOUS: Readonly<Record<string, string>> = {
    'a length and chunks': post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'chunks and a length': post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
    'two lengths': post('Content-Length: 2\r\nContent-Length: 40\r\n', '{}'),
    'two equal lengths': post('Content-Length: 2\r\nContent-Length: 2\r\n', '{}'),
    'a list of lengths': post('Content-Length: 2, 2\r\n', '{}'),
    'a signed length': post('Content-Length: +2\r\n', '{}'),
    'a hexadecimal length': post('Content-Length: 0x2\r\n', '{}'),
    'chunks twice': post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'),
    'a folded line': get('X-Long: a\r\n b\r\n'),
    'a folded coding': post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'),
    'bare line feeds': 'GET /public HTTP/1.1\nHost: app.example\n\n',
    'one bare line feed': `GET /public HTTP/1.1\r\n${HEAD}X: y\nZ: z\r\n\r\n`,
    'a bare carriage return': get('X: y\rZ: z\r\n'),
    'a space before the colon': get('X-Long : a\r\n'),
    'a space before the colon of a length': post('Content-Length : 2\r\n', '{}'),
    'a NUL in a value': get('X: a\u0000b\r\n'),
    'a line without a colon': get('nothing\r\n'),
    'an empty name': get(': x\r\n'),
    'no host': 'GET /public HTTP/1.1\r\nX-Forwarded-Proto: https\r\n\r\n',
  }

  /** The head was good, so an answer may be under way when the body turns out not to be. */
  const BROKEN_BODIES: Readonly<Record<string, string>> = {
    'chunks by another name': post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'),
    'a chunk size that is none': post('Transfer-Encoding: chunked\r\n', 'zz\r\n{}\r\n0\r\n\r\n'),
    'a chunk longer than it says': post('Transfer-Encoding: chunked\r\n', '1\r\n{}\r\n0\r\n\r\n'),
  }

  /** The statuses of all answers that came back. */
  const ask = async (text: string): Promise<string> => {
    const answer = await speak(service.port, text + SECOND, 1_000)
    return [...answer.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => status).join()
  }

  it('ASVS 4.2.1, header-31: what can be read in two ways is refused, and nothing behind it is a request', async () => {
    const heard = await Promise.all(
      Object.entries(AMBIGUOUS).map(async ([name, text]) => [name, await ask(text)]),
    )
    expect(heard).toEqual(Object.keys(AMBIGUOUS).map((name) => [name, '400']))
    const fine = await speak(service.port, get('Connection: close\r\n'))
    expect(fine).toMatch(/^HTTP\/1\.1 200 /)
    expect(service.output()).not.toMatch(/"level":(?:50|60)|"level":"(?:error|fatal)"/)
  })

  it('a body that is broken ends the connection, and nothing behind it is a request', async () => {
    for (const [name, text] of Object.entries(BROKEN_BODIES)) {
      expect([name, await ask(text)]).toEqual([name, expect.stringMatching(/^(?:400)?$/)])
    }
  })
})

describe('methods', () => {
  /** Every path, with what it answers to. */
  const PATHS: Readonly<Record<string, string>> = {
    '/': 'GET, HEAD',
    '/register': 'GET, HEAD, POST',
    '/login': 'GET, HEAD, POST',
    '/dashboard': 'GET, HEAD',
    '/profile': 'GET, HEAD',
    '/public': 'GET, HEAD',
    '/logout': 'GET, HEAD, POST',
    '/logout-all': 'POST',
    '/sessions': 'GET, HEAD',
    // Whatever stands there might be the id of a device.
    '/sessions/revoke-others': 'DELETE, GET, HEAD, PATCH, POST',
    '/session': 'GET, HEAD, PATCH',
    '/session/extend': 'POST',
    '/sessions/some-id': 'DELETE, PATCH',
    '/sessions/some-id/name': 'GET, HEAD, POST',
    '/sessions/some-id/end': 'GET, HEAD, POST',
    '/security': 'GET, HEAD',
    '/signed-out': 'GET, HEAD',
    '/csrf': 'GET, HEAD',
    '/auth/refresh': 'POST',
    '/reauthenticate': 'GET, HEAD, POST',
    '/password': 'POST',
    '/refresh': 'POST',
    '/oauth/introspect': 'POST',
    '/oauth/revoke': 'POST',
    '/oauth/revocations': 'GET, HEAD',
    '/.well-known/jwks.json': 'GET, HEAD',
    '/.well-known/oauth-authorization-server': 'GET, HEAD',
    '/health': 'GET, HEAD',
    '/health/live': 'GET, HEAD',
    '/health/ready': 'GET, HEAD',
    '/metrics': 'GET, HEAD',
  }
  const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'SEARCH']

  it('ASVS 4.1.4: that a path does not have are 405, with those that it has, before anything else is looked at', async () => {
    const client = service.client({ headers: BY_HTTPS })
    for (const [path, allow] of Object.entries(PATHS)) {
      for (const method of METHODS.filter((method) => !allow.split(', ').includes(method))) {
        const answer = await client.request(method, path)
        expect([method, path, answer.status, answer.headers['allow']]).toEqual([
          ...[method, path, 405],
          expect.stringContaining(allow.split(', ')[0] ?? ''),
        ])
        expect(answer.cookies).toEqual([])
      }
      const options = await client.request('OPTIONS', path)
      expect([path, options.status, options.headers['allow']]).toEqual([
        ...[path, 204],
        expect.stringContaining(allow.split(', ')[0] ?? ''),
      ])
    }
  })

  it('ASVS 4.1.4: CONNECT, and words that are no method, are 405 on every path', async () => {
    for (const path of Object.keys(PATHS)) {
      const words = ['CONNECT', 'get', 'Post', 'GETT', 'HACK']
      const answers = await Promise.all(
        words.map((word) => speak(service.port, `${word} ${path} HTTP/1.1\r\n${HEAD}\r\n`, 1_000)),
      )
      for (const [at, answer] of answers.entries()) {
        expect([path, words[at], answer.slice(0, 12)]).toEqual([path, words[at], 'HTTP/1.1 405'])
        expect(answer).toMatch(/^Allow: GET, HEAD, POST, PATCH, DELETE\r$/m)
      }
    }
  })
})
