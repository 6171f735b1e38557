/**
 * credential/ owns what a client presents and how it is recognised. It knows no store: it turns text
 * into an id and a digest, or refuses it before any store is asked.
 */
import { createHmac, isEqualSecret, sha256, type Hmac } from '../system/digest.js'
import { randomToken } from '../system/random.js'

/** Bytes of a session's public id: 128 bits, never guessed twice (22 characters). */
const ID_BYTES = 16
/** Bytes of the tag that tells our tokens from anybody else's before a store is asked (16 characters). */
const TAG_BYTES = 12
const TAG_LENGTH = 16
/** `bucket.id.secret`: the secret part is 16 to 64 random bytes followed by the tag. */
const FORM = /^[\w-]{2}\.[\w-]{22}\.[\w-]{38,102}$/
const ID_LENGTH = 25
/** Tokens taken apart that are remembered in each of two generations: 3 MB at most. */
const MOST_REMEMBERED = 2_500

/** A session token taken apart. */
export interface PresentedToken {
  /** The session it names; public. */
  readonly id: string
  /** SHA-256 of its secret; what the store compares with. */
  readonly secretDigest: string
  /** The secret itself, to sign it anew under a newer key. Never logged, never stored. */
  readonly secret: string
  /** It was tagged with an older key of the ring: send a fresh one. */
  readonly isOutdated: boolean
}

/** A session token just made. */
export interface MintedToken {
  readonly id: string
  /** The text for the cookie. The only place where the secret exists outside the client. */
  readonly token: string
  readonly secretDigest: string
}

/** Makes and recognises session tokens `bucket.id.secret`. */
export interface SessionTokens {
  /** A token for a new session in `bucket`. */
  mint(bucket: string): MintedToken
  /** A token with a new secret for an existing session. */
  mintFor(id: string): MintedToken
  /** The same id and secret, tagged with the active key. */
  retag(presented: PresentedToken): string
  /** Takes a token apart; `undefined` where it is malformed, altered or not one of ours. */
  parse(text: string): PresentedToken | undefined
}

/**
 * Session tokens under a ring of signing secrets, newest first. The tag is an HMAC over everything
 * before it, so that a foreign or altered cookie costs no store call (behaviour 22b); what lets a person
 * in is the secret, of which the store keeps a digest. Text is compared as sent: a non-canonical
 * base64url spelling is another text, and is refused.
 */
export function createSessionTokens(
  secrets: readonly string[],
  secretBytes: number,
): SessionTokens {
  const ring = secrets.map((secret) => createHmac(deriveKey(secret, 'session token')))
  const sign = (key: Hmac, body: string): string =>
    key.sign(body).subarray(0, TAG_BYTES).toString('base64url')
  const seal = (id: string, secret: string): string => {
    const [active] = ring
    if (active === undefined) throw new RangeError('the ring of secrets is empty')
    return `${id}.${secret}${sign(active, `${id}.${secret}`)}`
  }
  const mintFor = (id: string): MintedToken => {
    const secret = randomToken(secretBytes)
    return { id, token: seal(id, secret), secretDigest: sha256(secret) }
  }
  return {
    mint: (bucket) => mintFor(`${bucket}.${randomToken(ID_BYTES)}`),
    mintFor,
    retag: (presented) => seal(presented.id, presented.secret),
    parse: remembering(MOST_REMEMBERED, (text) => {
      if (!FORM.test(text)) return undefined
      const body = text.slice(0, -TAG_LENGTH)
      const tag = text.slice(-TAG_LENGTH)
      const age = ring.findIndex((key) => isEqualSecret(sign(key, body), tag))
      if (age === -1) return undefined
      const secret = body.slice(ID_LENGTH + 1)
      return {
        id: body.slice(0, ID_LENGTH),
        secret,
        secretDigest: sha256(secret),
        isOutdated: age > 0,
      }
    }),
  }
}

/**
 * The same function, which knows its last good answers: one visitor sends one token many times. What was refused is
 * not remembered. Two generations; when the young one is full the old one goes.
 */
function remembering<Answer>(
  most: number,
  parse: (text: string) => Answer | undefined,
): (text: string) => Answer | undefined {
  let young = new Map<string, Answer>()
  let old = new Map<string, Answer>()
  return (text) => {
    const known = young.get(text)
    if (known !== undefined) return known
    // A slice of a header would keep all of it in memory.
    const own = Buffer.from(text, 'latin1').toString('latin1')
    const answer = old.get(own) ?? parse(own)
    if (answer === undefined) return undefined
    if (young.size >= most) {
      old = young
      young = new Map()
    }
    young.set(own, answer)
    return answer
  }
}

/** One key per purpose, so that no two uses of a secret can be played against each other. */
export function deriveKey(secret: string, purpose: string): Buffer {
  return createHmac(secret).sign(`sojourn ${purpose} v1`)
}
