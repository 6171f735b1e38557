import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidOption } from '../../src/errors.js'
import { clientAddress, createProxyTrust } from '../../src/request/client-address.js'

describe('createProxyTrust', () => {
  it.each([
    [true, /any client's X-Forwarded-For/],
    [-1, /whole number/],
    [1.5, /whole number/],
    [NaN, /whole number/],
    [Infinity, /whole number/],
    [33, /whole number/],
    ['10.0.0.0/8', /a number of proxies or a list/],
    [false, /a number of proxies or a list/],
    [null, /a number of proxies or a list/],
    [['10.0.0.0/33'], /10\.0\.0\.0\/33/],
    [['10.0.0.0/'], /is not an address/],
    [['10.0.0.0/8/8'], /is not an address/],
    [['10.0.0.0/-1'], /is not an address/],
    [['10.0.0.0/0x8'], /is not an address/],
    [['2001:db8::/129'], /is not an address/],
    [['proxy.internal'], /is not an address/],
    [['loopbac'], /loopback, linklocal, uniquelocal/],
    [['constructor'], /is not an address/],
    [[''], /is not an address/],
    [[7], /is not an address/],
    [['0.0.0.0/0'], /trusts everybody/],
    [['::/0'], /trusts everybody/],
    [['::ffff:0.0.0.0/96'], /trusts everybody/],
    [['::ffff:10.0.0.0/8'], /is not an address/],
  ])('refuses %j', (option, message) => {
    const create = (): unknown => createProxyTrust(option as never)
    expect(create).toThrow(InvalidOption)
    expect(create).toThrow(message)
  })

  it.each([[undefined], [0], [[]]])('%j trusts nobody', (option) => {
    const trust = createProxyTrust(option)
    expect(trust.isSet).toBe(false)
    expect(trust.trusts('127.0.0.1', 0)).toBe(false)
  })

  it.each([
    ['loopback', ['127.0.0.1', '127.255.0.1', '::1'], ['128.0.0.1', '::2']],
    ['linklocal', ['169.254.1.1', 'fe80::1', 'febf::1'], ['169.253.1.1', 'fec0::1']],
    [
      'uniquelocal',
      ['10.1.1.1', '172.16.0.1', '172.31.255.255', '192.168.9.9', 'fd00::1'],
      ['172.32.0.1', '11.0.0.1', 'fe00::1'],
    ],
    ['203.0.113.7', ['203.0.113.7'], ['203.0.113.8']],
    ['203.0.113.0/24', ['203.0.113.0', '203.0.113.255'], ['203.0.112.255']],
    ['2001:DB8::/32', ['2001:db8:ffff::1'], ['2001:db9::1']],
    ['::ffff:10.0.0.0/104', ['10.9.9.9'], ['11.0.0.0', '::ffff:1']],
  ])('%s', (entry, inside, outside) => {
    const trust = createProxyTrust(['198.51.100.1', entry])
    // Asked twice: answers are remembered.
    for (const _round of [1, 2]) {
      expect(inside.filter((address) => !trust.trusts(address, 0))).toEqual([])
      expect(outside.filter((address) => trust.trusts(address, 3))).toEqual([])
      expect(trust.trusts('', 0)).toBe(false)
    }
  })

  it('remembers a bounded number of addresses and still answers right', () => {
    const trust = createProxyTrust(['10.0.0.0/8'])
    for (let n = 0; n < 10_000; n += 1) {
      const rest = `${String(n >> 8)}.${String(n & 255)}`
      expect(trust.trusts(`10.0.${rest}`, 0)).toBe(true)
      expect(trust.trusts(`11.0.${rest}`, 0)).toBe(false)
    }
  })
})

describe('clientAddress', () => {
  it.each([
    ['one proxy', '192.0.2.1', 1, '192.0.2.1'],
    ['the client lies to one proxy', '127.0.0.1, 192.0.2.1', 1, '192.0.2.1'],
    ['two proxies', '9.9.9.9, 192.0.2.1, 10.0.0.9', 2, '192.0.2.1'],
    ['fewer entries than hops', '192.0.2.1', 3, '192.0.2.1'],
    ['no list', undefined, 1, '10.0.0.1'],
    ['an empty list', '', 1, '10.0.0.1'],
    ['an empty entry', '192.0.2.1,', 1, '10.0.0.1'],
    ['blanks', ' \t192.0.2.1\t ', 1, '192.0.2.1'],
    [
      'networks: the right-most untrusted',
      '1.1.1.1, 192.0.2.1, 10.0.0.7',
      ['10.0.0.0/8'],
      '192.0.2.1',
    ],
    ['networks: all trusted', '10.0.0.5, 10.0.0.7', ['10.0.0.0/8'], '10.0.0.5'],
    ['networks: the peer is not one', '192.0.2.1', ['11.0.0.0/8'], '10.0.0.1'],
    ['an invalid entry stops', '192.0.2.1, evil, 10.0.0.7', ['10.0.0.0/8'], '10.0.0.7'],
    ['mapped entries', '192.0.2.1, ::ffff:10.0.0.7', ['10.0.0.0/8'], '192.0.2.1'],
    ['IPv6', '2001:DB8::0:1, 10.0.0.7', ['10.0.0.0/8'], '2001:db8::1'],
    ['a port, as some proxies write', '192.0.2.1:4711', 1, '192.0.2.1'],
  ] as const)('%s', (_name, forwarded, trustProxy, expected) => {
    const trust = createProxyTrust(trustProxy)
    expect(clientAddress('::ffff:10.0.0.1', forwarded, trust)).toBe(expected)
  })

  it('is empty where the connection has no address, and a list does not trust that', () => {
    expect(clientAddress(undefined, '1.1.1.1', createProxyTrust(['loopback']))).toBe('')
    expect(clientAddress(undefined, '1.1.1.1', createProxyTrust(1))).toBe('1.1.1.1')
  })

  it('equals a naive right-to-left walk', () => {
    const trust = createProxyTrust(['10.0.0.0/8'])
    const entry = fc.oneof(
      fc.constantFrom('10.0.0.1', '10.1.1.1', 'evil', '', '  10.2.2.2\t'),
      fc.ipV4(),
    )
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
        let expected = '10.0.0.1'
        for (const text of entries.toReversed().map((each) => each.trim())) {
          if (!expected.startsWith('10.') || !/^\d+(\.\d+){3}$/.test(text)) break
          expected = text
        }
        expect(clientAddress('10.0.0.1', entries.join(','), trust)).toBe(expected)
      }),
      { numRuns: 2_000 },
    )
  })
})
