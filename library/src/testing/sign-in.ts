import { SojournError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { IssueOptions, TokenSet } from '../session/issue.js'
import type { SignInOptions } from '../session/start.js'
import type { Sojourn } from '../sojourn.js'
import { madeUpIncoming, type MadeUpClient } from './made-up-request.js'
import { SignedIn } from './signed-in.js'

/** Whom to sign in, and how. `remember`, `methods`, `acr` and `awaits` are those of `session.signIn`. */
export interface TestSignIn<Data extends object> extends MadeUpClient, Omit<SignInOptions, 'keep'> {
  readonly subject: string
  /** What the session holds. Default nothing. */
  readonly data?: Partial<Data>
  /** What the tokens may do; `false`: none. Default: as `session.issueTokens()` issues them, where the application has tokens. */
  readonly tokens?: IssueOptions | false
}

/**
 * Signs somebody in, in memory: the session is started as a request would start it, in the store of `sojourn`, with all its
 * events, limits and digests, and no request is sent.
 *
 * ```ts
 * const ada = await signIn(sojourn, { subject: 'ada', data: { cart: ['book'] } })
 * await request(app).get('/cart').set(ada.headers).expect(200)
 * ```
 *
 * Throws whatever `session.signIn` and `session.issueTokens` throw.
 */
export async function signIn<Data extends object>(
  sojourn: Sojourn<Data>,
  options: TestSignIn<Data>,
): Promise<SignedIn> {
  if (options.secure !== undefined) return attempt(sojourn, options)
  try {
    return await attempt(sojourn, options)
  } catch (error) {
    // Nothing was stored yet: this application gives cookies over TLS alone.
    if (!(error instanceof SojournError) || error.code !== 'tls_required') throw error
    return attempt(sojourn, { ...options, secure: true })
  }
}

async function attempt<Data extends object>(
  sojourn: Sojourn<Data>,
  options: TestSignIn<Data>,
): Promise<SignedIn> {
  const exchange = sojourn.exchange(madeUpIncoming(options))
  const { session } = exchange
  const { subject, data, ...how } = options
  const values: Partial<Data> = data ?? {}
  for (const key of Object.keys(values) as (keyof Data & string)[]) {
    session.set(key, values[key] as Data[typeof key])
  }
  await session.signIn(subject, how)
  const tokens = await issue(sojourn, exchange, options)
  const outgoing = await exchange.commit()
  return new SignedIn({ id: session.id, subject, cookies: outgoing?.cookies ?? [], tokens })
}

/** A session that awaits a second factor gets no tokens, unless they are asked for: then it is told why not. */
async function issue<Data extends object>(
  sojourn: Sojourn<Data>,
  { session }: Exchange<Data>,
  { tokens, awaits }: TestSignIn<Data>,
): Promise<TokenSet | undefined> {
  if (tokens === false) return undefined
  const isWanted = tokens !== undefined || (sojourn.tokens.isOn && awaits === undefined)
  return isWanted ? session.issueTokens(tokens) : undefined
}
