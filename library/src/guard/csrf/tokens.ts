import {
  createCsrfToken,
  fitsCsrfToken,
  isCsrfToken,
  macOf,
  type CsrfKey,
} from '../../credential/csrf-token.js'
import { InvalidInput, InvalidOption } from '../../errors.js'
import type { Incoming } from '../../request/incoming.js'
import { randomToken } from '../../system/random.js'
import { createSeed, readSeed } from './seed-cookie.js'

/** What is needed of the session. */
export interface CsrfSession {
  load(options?: { readonly fresh?: boolean }): Promise<unknown>
  readonly isLoaded: boolean
  readonly id: string | undefined
  readonly subject: string | undefined
  readonly kept: {
    get(name: string): string | undefined
    add(name: string, text: string): Promise<string>
  }
}

/** Whose token it is. */
export interface CsrfHolder {
  readonly incoming: Incoming
  readonly session: CsrfSession
}

/** A token, and the `Set-Cookie` lines that have to go with it. */
export interface IssuedCsrfToken {
  readonly token: string
  readonly cookies: readonly string[]
}

/** Makes and checks the tokens of one application. */
export interface CsrfTokens {
  issue(holder: CsrfHolder): Promise<IssuedCsrfToken>
  /** What is wrong with a token, in one word; `undefined`: nothing. */
  problem(token: string, holder: CsrfHolder): Promise<TokenProblem | undefined>
}

export type TokenProblem = 'token_malformed' | 'token_of_another_session'

const STORED_BYTES = 24
/** Under which name the secret rests in the record. */
const STORED = 'csrf'

/**
 * Tokens that are bound to the session: to its id, which is another one after every sign-in, so that what was good before
 * is worth nothing afterwards, and the same after a confirmation, so that open forms go on.
 *
 * Somebody without a session has a cookie with a random seed instead, that counts only as long as there is no session: a page that
 * shows a form creates no record.
 *
 * @param ring - keys for this purpose, newest first; tokens of all of them are good.
 */
export function createCsrfTokens(ring: readonly Uint8Array[], isInRecord: boolean): CsrfTokens {
  if (ring.length === 0) throw new InvalidOption('csrf needs a key.')
  const signed = (kind: CsrfKey['kind'], bound: string): readonly CsrfKey[] =>
    ring.map((key) => ({ kind, secret: macOf(key, `${kind} ${bound}`) }))

  const keysOf = async ({ session, incoming }: CsrfHolder): Promise<readonly CsrfKey[]> => {
    await session.load()
    const { id } = session
    if (id === undefined) {
      const seed = readSeed(incoming)
      return seed === undefined ? [] : signed('guest', seed)
    }
    if (!isInRecord) return signed('session', certain(id))
    const secret = await readStored(session)
    return secret === undefined ? [] : [stored(secret, id)]
  }

  return {
    async issue({ session, incoming }) {
      await session.load()
      const { id } = session
      if (id === undefined) {
        const known = readSeed(incoming)
        const { seed, cookie } = known === undefined ? createSeed(incoming) : { seed: known }
        const cookies = cookie === undefined ? [] : [cookie]
        return { token: createCsrfToken(signed('guest', seed).slice(0, 1)), cookies }
      }
      const keys = isInRecord
        ? [stored(await session.kept.add(STORED, randomToken(STORED_BYTES)), id)]
        : signed('session', certain(id)).slice(0, 1)
      return { token: createCsrfToken(keys), cookies: [] }
    },
    async problem(token, holder) {
      if (!isCsrfToken(token)) return 'token_malformed'
      return fitsCsrfToken(token, await keysOf(holder)) ? undefined : 'token_of_another_session'
    },
  }
}

/** Another process may have put it there just now, behind the back of this one's near cache. */
async function readStored(session: CsrfSession): Promise<string | undefined> {
  const known = session.kept.get(STORED)
  if (known !== undefined) return known
  await session.load({ fresh: true })
  return session.kept.get(STORED)
}

/** The secret moves on with the data of a session, its tokens do not: the id is part of the key. */
function stored(secret: string, id: string): CsrfKey {
  return { kind: 'stored', secret: `${certain(secret)} ${certain(id)}` }
}

/** A token that is bound to nothing would be good for everybody (CVE-2023-27495). */
function certain(bound: string): string {
  const text: unknown = bound
  if (typeof text === 'string' && text !== '') return text
  throw new InvalidInput('csrf', 'There is nothing that a CSRF token could be bound to.')
}
