import { deriveKey } from '../credential/session-token.js'
import { InvalidOption } from '../errors.js'
import { randomToken } from '../system/random.js'

/** Encrypts what must not lie in a store for everybody to read. */
export interface Sealer {
  /** Encrypts `text` under the newest secret. `context` is not kept, and has to be the same for `open`. */
  seal(text: string, context: string): Promise<string>
  /** The text; `undefined` where no secret opens it, whatever the reason (ASVS 11.2.5). */
  open(sealed: string, context: string): Promise<string | undefined>
}

/** AES-256-GCM (NIST SP 800-38D): 96 bits of initialisation vector, 128 bits of tag. */
const CIPHER = 'AES-GCM'
const VECTOR_BYTES = 12
const FORM = /^[\w-]{16}\.[\w-]{22,}$/
const LEAST_BYTES = 32

/**
 * A sealer under secrets, newest first: the first seals, all open. Vectors are random, which is safe for 2^32
 * sealings under one secret (SP 800-38D section 8.3); a ring makes a few a year.
 *
 * @throws {InvalidOption} Where there is no secret, or one is shorter than 32 bytes.
 */
export function createSealer(secrets: readonly string[]): Sealer {
  const isGood = (secret: unknown): boolean =>
    typeof secret === 'string' && Buffer.byteLength(secret) >= LEAST_BYTES
  if (secrets.length === 0 || !secrets.every(isGood)) {
    throw new InvalidOption('wrappingSecrets must be texts of at least 32 bytes, newest first.')
  }
  const keys = secrets.map((secret) => {
    const raw = new Uint8Array(deriveKey(secret, 'key ring sealing'))
    return async () => crypto.subtle.importKey('raw', raw, CIPHER, false, ['encrypt', 'decrypt'])
  })
  return {
    async seal(text, context) {
      const [newest] = keys
      if (newest === undefined) throw new RangeError('there is no secret')
      const vector = randomToken(VECTOR_BYTES)
      const key = await newest()
      const bytes = await crypto.subtle.encrypt(cipher(vector, context), key, Buffer.from(text))
      return `${vector}.${Buffer.from(bytes).toString('base64url')}`
    },
    async open(sealed, context) {
      const [vector = '', text = ''] = FORM.test(sealed) ? sealed.split('.') : []
      for (const load of keys) {
        const opened = await decrypt(await load(), cipher(vector, context), text)
        if (opened !== undefined) return opened
      }
      return undefined
    },
  }
}

type Cipher = Parameters<typeof crypto.subtle.decrypt>[0]

function cipher(vector: string, context: string): Cipher {
  const iv = Buffer.from(vector, 'base64url')
  return { name: CIPHER, iv, additionalData: Buffer.from(context), tagLength: 128 }
}

async function decrypt(
  key: Parameters<typeof crypto.subtle.decrypt>[1],
  parameters: Cipher,
  text: string,
): Promise<string | undefined> {
  try {
    const bytes = Buffer.from(text, 'base64url')
    return Buffer.from(await crypto.subtle.decrypt(parameters, key, bytes)).toString()
  } catch {
    return undefined
  }
}
