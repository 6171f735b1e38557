import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../../../../tools/workspace/places.mjs'
import { CRYPTO_INVENTORY } from '../../../src/cli/crypto-inventory.js'
import { shell } from './support.js'

describe('sojourn crypto', () => {
  it('ASVS 11.1.2: prints the algorithms and keys in use, and no secret', async () => {
    const { sojourn, json, environment } = shell()
    const { code, out } = await sojourn('crypto')
    expect(code).toBe(0)
    const kid = (await json('keys list')).keys[0].kid as string
    const shown = out
      .replaceAll(kid, '<kid>')
      .replace(/^store: .*$/m, '<place>')
      .replace(/ +/g, ' ')
      .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '<instant>')
    expect(shown).toMatchInlineSnapshot(`
      "USE ALGORITHM PARAMETERS
      random secrets, ids and nonces CSPRNG of the operating system 128 to 512 bits, 256 by default
      what a store keeps of a secret SHA-256 over 128 random bits or more
      tags of session, refresh and CSRF tokens; names of counters; derived keys HMAC-SHA256 keys of 256 bits, one for each purpose; tags of 128 bits or more
      access tokens (JWT), DPoP proofs EdDSA (Ed25519) 256 bits
      access tokens (JWT), DPoP proofs ES256 (ECDSA P-256, SHA-256) 256 bits
      access tokens (JWT) RS256 (RSASSA-PKCS1-v1_5, SHA-256) 2048 bits or more, 3072 where we make the key
      access tokens (JWT), for compatibility HS256 (HMAC-SHA256) 256 bits or more
      private keys of the ring at rest AES-256-GCM random 96-bit vector, 128-bit tag, bound to its place
      values of sessions at rest, with the option encryption AES-256-GCM a key for each session, random 96-bit vector, 128-bit tag, bound to its place
      passwords argon2id 19456 KiB, 2 passes, 1 lane
      names of scripts in Redis; nothing secret SHA-1 as EVALSHA has it
      https and rediss TLS 1.2 and 1.3 the ciphers of Node.js

      SECRET NUMBER USE
      SESSION_SECRET 1 tags session tokens; derives the keys of CSRF tokens, counters and the key ring
      REFRESH_SECRET 1 signs refresh tokens
      JWT_SECRET 1 signs access tokens
      OAUTH_CLIENTS 0 knows resource servers
      HTTPS_KEY_FILE 0 ends TLS

      <place>
      KEY ALGORITHM STATE FROM ACTIVE STOPS SIGNING ACCEPTED UNTIL
      <kid> EdDSA active, signs JWT_SECRET from the start - -
      "
    `)
    for (const secret of [environment.SESSION_SECRET, environment.REFRESH_SECRET]) {
      expect(out).not.toContain(secret)
    }
    expect(out).not.toContain('PRIVATE')
  })

  it('ASVS 11.1.2: every call of cryptography in the sources stands in the inventory', () => {
    const listed = new Set(CRYPTO_INVENTORY.flatMap(({ calls }) => calls))
    const found = new Set<string>()
    for (const folder of ['library/src', 'service/src']) {
      for (const path of readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: 'utf8' })) {
        if (!path.endsWith('.ts') || path.includes('compat/') || path.includes('doctor/')) continue
        const text = readFileSync(`${ROOT}/${folder}/${path}`, 'utf8')
        const calls =
          /(?:\bhash|createHash|createHmac|createCipheriv|generateKeyPairSync|subtle\.digest)\(\s*'([\w-]+)'|name: '((?:Ed|EC|RSA|HMAC|AES)[\w-]*)'|= '(AES-[A-Z]+)'|minVersion: '(TLSv[\d.]+)'|\b(randomBytes)\(|'(argon2id?|scrypt|pbkdf2|md5|des)'/g
        for (const match of text.matchAll(calls)) {
          found.add(match.slice(1).find((name) => name !== undefined) ?? '')
        }
      }
    }
    expect([...found].filter((name) => !listed.has(name))).toEqual([])
    expect([...found]).toEqual(
      expect.arrayContaining(['sha256', 'AES-GCM', 'Ed25519', 'randomBytes']),
    )
  })
})
