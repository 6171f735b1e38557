import { describe, expect, it } from 'vitest'
import { createSessionTokens } from '../../src/credential/session-token.js'
import { sha256 } from '../../src/system/digest.js'

const SECRET = 'a test secret that is long enough: 0123456789'

describe('session tokens', () => {
  it('are bucket.id.secret with 128 bits of id and 256 bits of secret, of which only a digest is for the store', () => {
    const tokens = createSessionTokens([SECRET], 32)
    const { id, token, secretDigest } = tokens.mint('Qx')
    const [bucket, name, secret = ''] = token.split('.')
    expect(`${bucket ?? ''}.${name ?? ''}`).toBe(id)
    expect(Buffer.from(name ?? '', 'base64url')).toHaveLength(16)
    expect(Buffer.from(secret.slice(0, 43), 'base64url')).toHaveLength(32)
    expect(secretDigest).toBe(sha256(secret.slice(0, 43)))
    expect(tokens.parse(token)).toMatchObject({ id, secretDigest, isOutdated: false })
  })

  it('know older keys of the ring, and say that a token wants a fresh tag', () => {
    const older = createSessionTokens([SECRET], 32).mint('AA')
    const ring = createSessionTokens(['the newest secret, long enough 0123456789', SECRET], 32)
    const parsed = ring.parse(older.token)
    expect(parsed).toMatchObject({ id: older.id, isOutdated: true })
    const fresh = ring.retag(parsed ?? { id: '', secret: '', secretDigest: '', isOutdated: true })
    expect(ring.parse(fresh)).toMatchObject({ secretDigest: older.secretDigest, isOutdated: false })
    expect(
      createSessionTokens(['an unrelated secret, long enough 0123456789'], 32).parse(older.token),
    ).toBeUndefined()
  })
})
