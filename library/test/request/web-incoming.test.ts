import { describe, expect, it } from 'vitest'
import { createProxyTrust } from '../../src/request/client-address.js'
import { createWebIncoming, type WebConnection } from '../../src/request/web-incoming.js'

const incoming = (
  init: RequestInit & { readonly url?: string } = {},
  trustProxy?: number | readonly string[],
  connection?: WebConnection,
) =>
  createWebIncoming(
    new Request(init.url ?? 'http://app.example/path?x=1#part', init),
    createProxyTrust(trustProxy),
    connection,
  )

const FORWARDED = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' }

describe('createWebIncoming', () => {
  it('tells method, target, host and agent', () => {
    const made = incoming({ method: 'PUT', headers: { 'user-agent': 'a'.repeat(300) } })
    expect([made.method, made.target, made.host]).toEqual(['PUT', '/path?x=1', 'app.example'])
    expect(made.userAgent).toHaveLength(256)
    expect(incoming({ url: 'http://app.example' }).target).toBe('/')
    expect(incoming({ url: 'http://app.example?x=/' }).target).toBe('/?x=/')
  })

  it('believes the Host header before the address', () => {
    expect(incoming({ headers: { host: 'shop.example:8443' } }).host).toBe('shop.example:8443')
  })

  it('believes no forwarded header where nobody is trusted, and says so', () => {
    const made = incoming({ headers: FORWARDED }, undefined, { address: '198.51.100.1' })
    expect([made.address, made.isSecure]).toEqual(['198.51.100.1', false])
    expect(made.forwardedNotice).toContain('trustProxy is not set')
  })

  it('believes those of a trusted proxy alone', () => {
    const trusted = incoming({ headers: FORWARDED }, ['10.0.0.0/8'], { address: '10.0.0.3' })
    expect([trusted.address, trusted.isSecure]).toEqual(['203.0.113.9', true])
    const other = incoming({ headers: FORWARDED }, ['10.0.0.0/8'], { address: '198.51.100.1' })
    expect([other.address, other.isSecure]).toEqual(['198.51.100.1', false])
    const unknown = incoming({ headers: FORWARDED }, ['10.0.0.0/8'])
    expect([unknown.address, unknown.isSecure]).toEqual(['', false])
  })

  it('counts hops where the platform does not say who connected', () => {
    const made = incoming({ headers: FORWARDED }, 1)
    expect([made.address, made.isSecure]).toEqual(['203.0.113.9', true])
  })

  it('takes the word of the platform for https before that of the address', () => {
    expect(incoming({ url: 'https://app.example/' }).isSecure).toBe(true)
    expect(incoming({ url: 'https://app.example/' }, undefined, { isSecure: false }).isSecure).toBe(
      false,
    )
    expect(incoming({}, undefined, { isSecure: true }).isSecure).toBe(true)
  })

  it.each([
    ['Bearer a, Bearer b', true],
    ['Bearer a,DPoP b', true],
    ['Bearer a', false],
    ['Digest username="a, b c", realm="x"', true],
    ['Digest username="a", realm="x", nonce="y"', false],
  ])('sees whether a header was sent twice in %s', (authorization, isTwice) => {
    expect(incoming({ headers: { authorization } }).isRepeated('Authorization')).toBe(isTwice)
  })

  it('sees other headers that were sent twice by their comma', () => {
    const made = incoming({ headers: { 'x-csrf-token': 'a, b', origin: 'https://a.example' } })
    expect(made.isRepeated('X-CSRF-Token')).toBe(true)
    expect(made.isRepeated('origin')).toBe(false)
    expect(made.isRepeated('dpop')).toBe(false)
  })
})
