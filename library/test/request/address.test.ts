import { isIP, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalAddress, networkOf } from '../../src/request/client-address.js'

describe('canonicalAddress', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['0:0:0:0:0:FFFF:0a00:0001', '10.0.0.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8::1%eth0', '2001:db8::1'],
    ['fe80::1%a-long-zone-name', 'fe80::1'],
    ['::1', '::1'],
    ['::', '::'],
    ['::ffff:1', '::ffff:1'],
    ['192.0.2.1:8443', '192.0.2.1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:DB8::1]:443', '2001:db8::1'],
    ['[::ffff:10.0.0.1]:443', '10.0.0.1'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical)
  })

  it.each([
    [undefined],
    [''],
    ['evil'],
    ['unknown'],
    ['_hidden'],
    ['1.2.3'],
    ['01.2.3.4'],
    ['1.2.3.4.5'],
    ['1.2.3.4:'],
    ['1.2.3.4:x'],
    ['2001:db8::1::2'],
    ['[2001:db8::1'],
    ['2001:db8::1]:443'],
    ['[10.0.0.1'],
    ['10.0.0.1%eth0'],
    ['\u00a010.0.0.1'],
    ['1'.repeat(4_096)],
    [`fe80::1%${'z'.repeat(4_096)}`],
  ])('refuses %s', (text) => {
    expect(canonicalAddress(text)).toBeUndefined()
  })

  it('gives all spellings of an IPv6 address one form, which is an address and its own canonical form', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.boolean(), (text, isUpper) => {
        const canonical = canonicalAddress(isUpper ? text.toUpperCase() : text)
        expect(isIP(canonical ?? '')).not.toBe(0)
        expect(canonical).toBe(canonical?.toLowerCase())
        expect(canonicalAddress(canonical)).toBe(canonical)
        expect(canonical?.length).toBeLessThanOrEqual(39)
      }),
      { numRuns: 1_000 },
    )
  })

  it('answers any text at all without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
        const canonical = canonicalAddress(text)
        expect(canonical === undefined || isIP(canonical) !== 0).toBe(true)
      }),
      { numRuns: 1_500 },
    )
  })
})

describe('networkOf', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['::1', '::/64'],
    ['1::', '1::/64'],
    ['', ''],
  ])('%s moves within %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it('is one for a whole /64 and another for its neighbour', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16))
    const groups = (count: number): fc.Arbitrary<string> =>
      fc.array(group, { minLength: count, maxLength: count }).map((list) => list.join(':'))
    fc.assert(
      fc.property(groups(3), groups(4), groups(4), (prefix, here, there) => {
        const [a, b, c] = [
          `${prefix}:7:${here}`,
          `${prefix}:7:${there}`,
          `${prefix}:8:${here}`,
        ].map((text) => canonicalAddress(text) ?? '') as [string, string, string]
        fc.pre(isIPv6(a) && isIPv6(b) && isIPv6(c))
        expect(networkOf(a)).toBe(networkOf(b))
        expect(networkOf(a)).not.toBe(networkOf(c))
      }),
    )
  })
})
