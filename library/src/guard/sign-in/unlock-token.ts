import type { Counters } from '../../store/counters.js'
import { createHmac, isEqualSecret, type Hmac } from '../../system/digest.js'
import { randomToken } from '../../system/random.js'
import type { GuardContext } from '../context.js'
import type { Namer } from './tally.js'

/** Tokens for a message to a person who is locked out: signed, short-lived, good once (ASVS 6.5.1). */
export interface UnlockTokens {
  create(account: string): string
  /** The account, at the first use of a good token; `undefined` for anything else. @throws StoreUnavailable */
  spend(counters: Counters, token: string): Promise<string | undefined>
}

/** `account.nonce.expiresAt.mac` */
const FORM = /^([\w-]{0,2048})\.([\w-]{22})\.([0-9a-z]{1,9})\.([\w-]{43})$/

export function createUnlockTokens(
  context: Pick<GuardContext, 'clock' | 'deriveKeys'>,
  lifetime: number,
  name: Namer,
): UnlockTokens {
  const { clock } = context
  const ring = context.deriveKeys('unlock token').map((key) => createHmac(key))
  return {
    create(account) {
      const [key] = ring
      if (key === undefined) throw new RangeError('the ring of secrets is empty')
      const text = Buffer.from(account).toString('base64url')
      const body = `${text}.${randomToken(16)}.${(clock.now() + lifetime).toString(36)}`
      return `${body}.${sign(key, body)}`
    },
    async spend(counters, token) {
      const [, account = '', nonce = '', expiry = '', mac = ''] = FORM.exec(token) ?? []
      const body = `${account}.${nonce}.${expiry}`
      if (!ring.some((key) => isEqualSecret(sign(key, body), mac))) return undefined
      if (parseInt(expiry, 36) <= clock.now()) return undefined
      // Kept for longer than the token can be good, on whichever clock.
      const once = { max: 1, lockFor: 2 * lifetime, forgetAfter: 2 * lifetime }
      const { isAllowed } = await counters.attempt(name('token', nonce), once)
      return isAllowed ? Buffer.from(account, 'base64url').toString() : undefined
    },
  }
}

function sign(key: Hmac, body: string): string {
  return key.sign(body).toString('base64url')
}
