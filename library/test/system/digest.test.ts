import { createHmac as reference, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createHmac, isEqualSecret, sha256 } from '../../src/system/digest.js'

describe('digests', () => {
  it('HMAC-SHA256 answers the vectors of RFC 4231', () => {
    const hex = (key: string, data: string) =>
      createHmac(Buffer.from(key, 'hex')).sign(Buffer.from(data, 'hex').toString()).toString('hex')
    expect(hex('0b'.repeat(20), '4869205468657265')).toBe(
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    )
    expect(createHmac('Jefe').sign('what do ya want for nothing?').toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
    expect(
      createHmac(Buffer.alloc(131, 0xaa))
        .sign('Test Using Larger Than Block-Size Key - Hash Key First')
        .toString('hex'),
    ).toBe('60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54')
  })

  it('HMAC-SHA256 equals node:crypto for keys and messages of every length', () => {
    for (let length = 0; length < 200; length += 1) {
      const key = randomBytes(length)
      const message = randomBytes(length).toString('base64url')
      expect(createHmac(key).sign(message)).toEqual(
        reference('sha256', key).update(message).digest(),
      )
    }
  })

  it('GHSA-92vm-wfm5-mxvv: secrets are compared in constant time, also where their lengths differ', () => {
    expect(isEqualSecret('abc', 'abc')).toBe(true)
    expect(isEqualSecret('abc', 'abd')).toBe(false)
    expect(isEqualSecret('abc', 'ab')).toBe(false)
    expect(isEqualSecret('', '')).toBe(true)
    expect(sha256('')).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
  })
})
