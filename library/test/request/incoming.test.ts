import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { createProxyTrust } from '../../src/request/client-address.js'
import { createNodeIncoming, type Incoming, type NodeRequest } from '../../src/request/incoming.js'
import { exchange, listen } from '../adapter/node/wire.js'

/** Sends raw header lines to a real server on 127.0.0.1 and answers what `look` saw there. */
async function seen<Seen>(
  lines: readonly string[],
  trustProxy: number | readonly string[] | undefined,
  look: (incoming: Incoming) => Seen,
): Promise<Seen> {
  const trust = createProxyTrust(trustProxy)
  const found: Seen[] = []
  const server = await listen((request, response) => {
    found.push(look(createNodeIncoming(request, trust)))
    response.end()
  })
  const head = ['GET /path?a=1&a=%20 HTTP/1.1', 'Host: app.example', 'Connection: close', ...lines]
  await exchange(server.port, `${head.join('\r\n')}\r\n\r\n`)
  await server.close()
  expect(found).toHaveLength(1)
  return found[0] as Seen
}

const addressOf = (incoming: Incoming): string => incoming.address
const security = (incoming: Incoming): unknown => [incoming.isSecure, incoming.forwardedNotice]

describe('Incoming of a Node request', () => {
  it('shows the request as sent', async () => {
    const lines = ['User-Agent: Browser/1', 'Cookie: a=1', 'Cookie: b=2', 'X-One: 1', 'X-ONE: 2']
    const facts = await seen(lines, undefined, (incoming) => ({
      method: incoming.method,
      target: incoming.target,
      host: incoming.host,
      isSecure: incoming.isSecure,
      address: incoming.address,
      userAgent: incoming.userAgent,
      cookieHeader: incoming.cookieHeader,
      repeated: incoming.header('X-One'),
      missing: incoming.header('x-two'),
      notice: incoming.forwardedNotice,
    }))
    expect(facts).toEqual({
      method: 'GET',
      target: '/path?a=1&a=%20',
      host: 'app.example',
      isSecure: false,
      address: '127.0.0.1',
      userAgent: 'Browser/1',
      cookieHeader: 'a=1; b=2',
      repeated: '1, 2',
      missing: undefined,
      notice: undefined,
    })
  })

  it('cuts a user agent of 8 KB to 256 characters', async () => {
    const agent = await seen([`User-Agent: é${'x'.repeat(8_000)}`], undefined, (i) => i.userAgent)
    expect(agent).toHaveLength(256)
    // Node reads header bytes as latin1.
    expect(agent).toBe(`Ã©${'x'.repeat(254)}`)
  })

  it('keeps the whole target inside a mounted Express router', async () => {
    const app = express()
    const targets: string[] = []
    app.use('/mount', (request, response) => {
      targets.push(request.url, createNodeIncoming(request, createProxyTrust(undefined)).target)
      response.end()
    })
    const server = await listen(app)
    await exchange(server.port, 'GET /mount/x?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await server.close()
    expect(targets).toEqual(['/x?y', '/mount/x?y'])
  })

  it('fits HTTP/2 requests, whose host is :authority', async () => {
    const hosts: unknown[] = []
    const server = createHttp2Server((request, response) => {
      expectTypeOf(request).toExtend<NodeRequest>()
      const incoming = createNodeIncoming(request, createProxyTrust(undefined))
      hosts.push(incoming.host, incoming.target, incoming.address)
      response.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const client = connectHttp2(`http://127.0.0.1:${String(port)}`)
    const stream = client.request({ ':path': '/h2', ':authority': 'two.example' })
    await once(stream.resume(), 'end')
    client.close()
    server.close()
    expect(hosts).toEqual(['two.example', '/h2', '127.0.0.1'])
  })
})

describe('the client address', () => {
  it('header-20: X-Forwarded-For from an untrusted peer is ignored', async () => {
    const forged = ['X-Forwarded-For: 10.9.8.7', 'X-Real-IP: 10.9.8.7', 'Forwarded: for=10.9.8.7']
    expect(await seen(forged, undefined, addressOf)).toBe('127.0.0.1')
    expect(await seen(forged, ['10.0.0.0/8'], addressOf)).toBe('127.0.0.1')
    expect(await seen(forged, ['loopback'], addressOf)).toBe('10.9.8.7')
  })

  it.each([
    ['1.1.1.1, evil, ::ffff:10.0.0.1', '10.0.0.1'],
    ['1.1.1.1, evil', '127.0.0.1'],
    ['evil, 2001:db8::1%eth0', '2001:db8::1'],
    [`1.1.1.1, ${'9'.repeat(4_096)}`, '127.0.0.1'],
    [`1.1.1.1, ${' '.repeat(4_096)}2.2.2.2`, '2.2.2.2'],
    [`1.1.1.1, evil, ::ffff:10.0.0.1, 2001:db8::1%eth0, ${'x'.repeat(4_096)}`, '127.0.0.1'],
    [','.repeat(4_096), '127.0.0.1'],
    ['10.0.0.1,'.repeat(1_000) + '10.0.0.2', '10.0.0.1'],
  ])('header-21: an invalid hop stops the walk (%#)', async (forwarded, expected) => {
    const trusted = ['loopback', '10.0.0.0/8']
    const address = await seen([`X-Forwarded-For: ${forwarded}`], trusted, addressOf)
    expect(address).toBe(expected)
    expect(address.length).toBeLessThan(40)
  })

  it('takes the last of several X-Forwarded-For lines', async () => {
    const lines = ['X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: 2.2.2.2']
    expect(await seen(lines, 1, addressOf)).toBe('2.2.2.2')
  })
})

describe('the secure transport', () => {
  it.each([
    [['X-Forwarded-Proto: https'], 1, true, undefined],
    [['X-Forwarded-Proto: HTTPS'], ['loopback'], true, undefined],
    [['X-Forwarded-Proto: wss'], 1, true, undefined],
    [['X-Forwarded-Proto: https, https'], 2, true, undefined],
    [['X-Forwarded-Proto: http'], 1, false, undefined],
    [['X-Forwarded-Proto: httpsx'], 1, false, undefined],
    [['X-Forwarded-Proto: '], 1, false, undefined],
    [['X-Forwarded-For: 1.1.1.1'], 1, false, undefined],
    [
      ['X-Forwarded-Proto: https'],
      undefined,
      false,
      'x-forwarded-proto=https from 127.0.0.1 ignored: trustProxy is not set',
    ],
    [
      ['X-Forwarded-Proto: https'],
      ['10.0.0.0/8'],
      false,
      'x-forwarded-proto=https from 127.0.0.1 ignored: this peer is not in trustProxy',
    ],
    [
      ['X-Forwarded-Proto: https, http'],
      1,
      false,
      'x-forwarded-proto=https, http from 127.0.0.1 ignored: it has several values and not all are https',
    ],
    [
      ['X-Forwarded-Proto: http', 'X-Forwarded-Proto: https'],
      1,
      false,
      'x-forwarded-proto=http, https from 127.0.0.1 ignored: it has several values and not all are https',
    ],
    [
      ['X-Forwarded-For: 1.1.1.1'],
      undefined,
      false,
      'x-forwarded-for=1.1.1.1 from 127.0.0.1 ignored: trustProxy is not set',
    ],
    [
      ['Forwarded: proto=https'],
      1,
      false,
      'forwarded=proto=https from 127.0.0.1 ignored: only x-forwarded-proto and x-forwarded-for are read',
    ],
  ] as const)('%j with trustProxy %j', async (lines, trustProxy, isSecure, notice) => {
    expect(await seen(lines, trustProxy, security)).toEqual([isSecure, notice])
  })

  it('makes a notice of any header safe to log and to send', async () => {
    const line = `X-Forwarded-Proto: \t\u0085é\u001b[31m${'x'.repeat(4_096)}`.replace('\u001b', '')
    const [, notice] = (await seen([line], undefined, security)) as [boolean, string]
    expect(notice).toMatch(/^[\x20-\x7e]{1,200}$/)
  })

  it('a TLS connection is secure by itself, and a trusted proxy may say otherwise', () => {
    const request = (headers: NodeRequest['headers']): NodeRequest => ({
      headers,
      socket: { remoteAddress: '10.0.0.1', encrypted: true },
    })
    const judge = (headers: NodeRequest['headers'], trustProxy?: number): boolean =>
      createNodeIncoming(request(headers), createProxyTrust(trustProxy)).isSecure
    expect(judge({})).toBe(true)
    expect(judge({ 'x-forwarded-proto': 'http' })).toBe(true)
    expect(judge({ 'x-forwarded-proto': 'http' }, 1)).toBe(false)
    expect(judge({ 'x-forwarded-for': '1.1.1.1' }, 1)).toBe(true)
  })
})
