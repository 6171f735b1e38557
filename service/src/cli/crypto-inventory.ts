import { HASH_PARAMETERS } from '../account/password.js'

/** One use of cryptography. */
export interface CryptoUse {
  readonly use: string
  readonly algorithm: string
  readonly parameters: string
  /** Names under which the source calls it; a test finds every call in the list. */
  readonly calls: readonly string[]
}

const { memoryCost, timeCost, parallelism } = HASH_PARAMETERS
const ARGON = `${String(memoryCost)} KiB, ${String(timeCost)} passes, ${String(parallelism)} lane`

/** Everything cryptographic that library and service do (ASVS 11.1.2). Who adds a use adds a line here. */
export const CRYPTO_INVENTORY: readonly CryptoUse[] = [
  {
    use: 'random secrets, ids and nonces',
    algorithm: 'CSPRNG of the operating system',
    parameters: '128 to 512 bits, 256 by default',
    calls: ['randomBytes'],
  },
  {
    use: 'what a store keeps of a secret',
    algorithm: 'SHA-256',
    parameters: 'over 128 random bits or more',
    calls: ['sha256', 'SHA-256'],
  },
  {
    use: 'tags of session, refresh and CSRF tokens; names of counters; derived keys',
    algorithm: 'HMAC-SHA256',
    parameters: 'keys of 256 bits, one for each purpose; tags of 128 bits or more',
    calls: ['sha256', 'HMAC'],
  },
  {
    use: 'access tokens (JWT), DPoP proofs',
    algorithm: 'EdDSA (Ed25519)',
    parameters: '256 bits',
    calls: ['Ed25519', 'ed25519'],
  },
  {
    use: 'access tokens (JWT), DPoP proofs',
    algorithm: 'ES256 (ECDSA P-256, SHA-256)',
    parameters: '256 bits',
    calls: ['ECDSA'],
  },
  {
    use: 'access tokens (JWT)',
    algorithm: 'RS256 (RSASSA-PKCS1-v1_5, SHA-256)',
    parameters: '2048 bits or more, 3072 where we make the key',
    calls: ['RSASSA-PKCS1-v1_5'],
  },
  {
    use: 'access tokens (JWT), for compatibility',
    algorithm: 'HS256 (HMAC-SHA256)',
    parameters: '256 bits or more',
    calls: ['HMAC'],
  },
  {
    use: 'private keys of the ring at rest',
    algorithm: 'AES-256-GCM',
    parameters: 'random 96-bit vector, 128-bit tag, bound to its place',
    calls: ['AES-GCM'],
  },
  {
    use: 'values of sessions at rest, with the option encryption',
    algorithm: 'AES-256-GCM',
    parameters: 'a key for each session, random 96-bit vector, 128-bit tag, bound to its place',
    calls: ['aes-256-gcm'],
  },
  {
    use: 'passwords',
    algorithm: 'argon2id',
    parameters: ARGON,
    calls: ['argon2id'],
  },
  {
    use: 'names of scripts in Redis; nothing secret',
    algorithm: 'SHA-1',
    parameters: 'as EVALSHA has it',
    calls: ['sha1'],
  },
  {
    use: 'https and rediss',
    algorithm: 'TLS 1.2 and 1.3',
    parameters: 'the ciphers of Node.js',
    calls: ['TLSv1.2'],
  },
]
