import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { randomNonce } from '../../src/system/random.js'
import { open, seal, sealedBytes } from '../../src/system/seal.js'

const KEY = randomBytes(32)
const TEXTS = [
  '',
  '1',
  '"tea"',
  '{"a":[1,2,{"b":null}]}',
  '"größer ✓ 🙂"',
  `"${'x'.repeat(70_000)}"`,
]

/** The same text form, put together by hand. */
function byHand(iv: Buffer, body: Buffer, tag: Buffer): string {
  return Buffer.concat([iv, body, tag]).toString('base64url')
}

describe('sealing', () => {
  it('opens test cases 13 and 14 of the GCM specification (256-bit key)', () => {
    const zero = Buffer.alloc(32)
    const iv = Buffer.alloc(12)
    const tag = Buffer.from('530f8afbc74536b9a963b4f1c4cb738b', 'hex')
    expect(open(zero, '', byHand(iv, Buffer.alloc(0), tag))).toBe('')
    const body = Buffer.from('cea7403d4d606b6e074ec5d3baf39d18', 'hex')
    const longer = Buffer.from('d0d1c8a799996bf0265b98b5d48ab919', 'hex')
    expect(open(zero, '', byHand(iv, body, longer))).toBe('\0'.repeat(16))
  })

  it.each(TEXTS)('gives back what was sealed, as node:crypto does (%#)', (text) => {
    const sealed = seal(KEY, 'place', text)
    expect(sealed).toMatch(/^[\w-]{38,}$/)
    expect(open(KEY, 'place', sealed)).toBe(text)
    expect(sealedBytes(sealed.length)).toBe(Buffer.byteLength(text))
    const raw = Buffer.from(sealed, 'base64url')
    const reference = createDecipheriv('aes-256-gcm', KEY, raw.subarray(0, 12))
    reference.setAAD(Buffer.from('place')).setAuthTag(raw.subarray(-16))
    const parts = [reference.update(raw.subarray(12, -16)), reference.final()]
    expect(Buffer.concat(parts).toString()).toBe(text)
  })

  it('opens nothing of which a single bit or character is different, or that is shorter or longer', () => {
    const sealed = seal(KEY, 'place', '"tea"')
    const raw = Buffer.from(sealed, 'base64url')
    const damaged: string[] = []
    for (let bit = 0; bit < raw.length * 8; bit += 1) {
      const other = Buffer.from(raw)
      other.writeUInt8(other.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      damaged.push(other.toString('base64url'))
    }
    for (let length = 0; length < sealed.length; length += 1) {
      // Another spelling of the same bytes counts as little, and what is no base64url at all is not skipped.
      damaged.push(sealed.slice(0, length), `${sealed.slice(0, length)} ${sealed.slice(length)}`)
    }
    const last = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'
    for (const character of last) {
      const other = sealed.slice(0, -1) + character
      if (other !== sealed) damaged.push(other)
    }
    damaged.push(`${sealed}=`, `${sealed}A`, `A${sealed}`, `${sealed}\n`)
    damaged.push(sealed.replaceAll('-', '+').replaceAll('_', '/').concat('='))
    expect(damaged.length).toBeGreaterThan(400)
    expect(damaged.filter((text) => open(KEY, 'place', text) !== undefined)).toEqual([])
    expect(open(KEY, 'place', sealed)).toBe('"tea"')
  })

  it('opens nothing for another key, in another place, or with a tag that was cut short', () => {
    const sealed = seal(KEY, 'place', '"tea"')
    expect(open(randomBytes(32), 'place', sealed)).toBeUndefined()
    expect(open(KEY, 'Place', sealed)).toBeUndefined()
    expect(open(KEY, '', sealed)).toBeUndefined()
    for (const tagBytes of [4, 8, 12, 13, 14, 15]) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', KEY, iv, { authTagLength: tagBytes })
      cipher.setAAD(Buffer.from('place'))
      const body = Buffer.concat([cipher.update('"a text long enough"'), cipher.final()])
      expect(open(KEY, 'place', byHand(iv, body, cipher.getAuthTag()))).toBeUndefined()
    }
  })

  it('takes nonces from no byte twice, and never changes one that was handed out', () => {
    const nonces = Array.from({ length: 5_000 }, () => randomNonce(12))
    const before = nonces.map((nonce) => nonce.toString('hex'))
    expect(new Set(before).size).toBe(5_000)
    randomNonce(64)
    expect(nonces.map((nonce) => nonce.toString('hex'))).toEqual(before)
    const places = nonces.map(({ buffer, byteOffset }) => ({ buffer, byteOffset }))
    const starts = new Map<ArrayBufferLike, Set<number>>()
    for (const { buffer, byteOffset } of places) {
      const seen = starts.get(buffer) ?? new Set()
      expect([...seen].some((other) => Math.abs(other - byteOffset) < 12)).toBe(false)
      starts.set(buffer, seen.add(byteOffset))
    }
  })
})
