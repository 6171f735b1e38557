import { createPrivateKey } from 'node:crypto'
import { deriveKey } from '../credential/session-token.js'
import type { KeyRing } from './key-ring.js'
import { createStaticKeyRing } from './static-ring.js'

/** PKCS#8 of an Ed25519 key up to its 32 bytes (RFC 8410 section 7). */
const ED25519_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * A ring made of the secrets an application has anyway: each gives one Ed25519 key, always the same. So tokens need no
 * key of their own, every process has the same ring, and whoever rotates the secrets rotates the keys.
 */
export function createDerivedKeyRing(secrets: readonly string[]): KeyRing {
  return createStaticKeyRing(
    secrets.map((secret) => {
      const seed = deriveKey(secret, 'access token key')
      const der = Buffer.concat([ED25519_HEAD, seed])
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    }),
  )
}
