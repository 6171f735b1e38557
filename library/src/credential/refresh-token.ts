import { createHmac, isEqualSecret, sha256, type Hmac } from '../system/digest.js'
import { randomToken } from '../system/random.js'
import { deriveKey } from './session-token.js'

/** Bytes of the tag: 128 bits, for it alone keeps the holder of an old token from making the next (22 characters). */
const TAG_BYTES = 16
const TAG_LENGTH = 22
/** `rt.bucket.id.seed.generation.tag`; the seed is 16 to 64 random bytes, the generation a number in base 36. */
const FORM = /^rt\.([\w-]{2}\.[\w-]{22})\.([\w-]{22,86})\.([1-9a-z][0-9a-z]{0,9})\.[\w-]{22}$/

/** What every refresh token begins with, so that it is told from other credentials at a glance. */
export const REFRESH_PREFIX = 'rt.'

/** A refresh token taken apart. */
export interface PresentedRefreshToken {
  /** The session it belongs to; public. */
  readonly sessionId: string
  /** The random part that all tokens of its family share. Never logged, never stored. */
  readonly seed: string
  /** Which token of its family it is; the first has 1. */
  readonly generation: number
}

/** A new family of refresh tokens. */
export interface MintedFamily {
  /** The first token of it. */
  readonly token: string
  readonly seedDigest: string
}

/** Makes and recognises refresh tokens. */
export interface RefreshTokens {
  /** The first token of a new family; with a thumbprint, of one that only the holder of that key can go on with. */
  mint(sessionId: string, confirmation?: string): MintedFamily
  /** The token of a later generation. Computed, so that a lost answer can be given again and nothing presentable rests anywhere. */
  successor(of: PresentedRefreshToken, generation: number): string
  /** Takes a token apart; `undefined` where it is malformed, altered, or signed with a key not in the ring. */
  parse(text: string): PresentedRefreshToken | undefined
}

/**
 * Refresh tokens under a ring of secrets, newest first: session id, family seed and generation under an HMAC.
 * What is presented is checked before any store is asked, so nobody can harm a family by guessing (`jwt-10`).
 */
export function createRefreshTokens(secrets: readonly string[], seedBytes: number): RefreshTokens {
  const ring = secrets.map((secret) => createHmac(deriveKey(secret, 'refresh token')))
  const [active] = ring
  if (active === undefined) throw new RangeError('the ring of refresh secrets is empty')
  const seal = (sessionId: string, seed: string, generation: number): string => {
    const body = `${REFRESH_PREFIX}${sessionId}.${seed}.${generation.toString(36)}.`
    return body + tag(active, body)
  }
  return {
    mint(sessionId, confirmation) {
      const seed = randomToken(seedBytes)
      return { token: seal(sessionId, seed, 1), seedDigest: familyDigest(seed, confirmation) }
    },
    successor: ({ sessionId, seed }, generation) => seal(sessionId, seed, generation),
    parse(text) {
      const [, sessionId, seed, generation] = FORM.exec(text) ?? []
      if (sessionId === undefined || seed === undefined || generation === undefined)
        return undefined
      const body = text.slice(0, -TAG_LENGTH)
      const given = text.slice(-TAG_LENGTH)
      if (!ring.some((key) => isEqualSecret(tag(key, body), given))) return undefined
      return { sessionId, seed, generation: Number.parseInt(generation, 36) }
    },
  }
}

/**
 * What a store keeps of a family. The key of a bound one goes into it (RFC 9449 section 5): without a proof of that key no
 * exchange finds the family, in the one atomic step that every exchange is, and there is nothing to be read before.
 */
export function familyDigest(seed: string, confirmation?: string): string {
  // No seed holds a dot, so what is bound and what is not never have the same text.
  return sha256(confirmation === undefined ? seed : `${seed}.${confirmation}`)
}

function tag(key: Hmac, body: string): string {
  return key.sign(body).subarray(0, TAG_BYTES).toString('base64url')
}
