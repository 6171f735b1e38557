import { StoreUnavailable } from '../errors.js'
import type { Sojourn } from '../sojourn.js'
import type { Endings } from '../store/change-feed.js'
import { systemClock } from '../system/clock.js'

/** What an issuer is made of: any `Sojourn` with the option `tokens`. */
export type IssuerParts = Pick<Sojourn<object>, 'tokens' | 'clock'>

/** A `Sojourn` as those see it who only have its public addresses. */
export interface TestIssuer {
  /** The claim `iss` of its tokens. */
  readonly issuer: string
  /** Where its keys are published. */
  readonly jwks: string
  /** Where it tells of sessions that ended. */
  readonly revocations: string
  /**
   * Answers at these addresses, and at `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`; anything else is 404. Nothing leaves
   * the process: pass it as `fetch` to `createVerifier`, or to another library that verifies tokens by a JWKS.
   */
  readonly fetch: typeof globalThis.fetch
}

const JWKS = '/.well-known/jwks.json'
const REVOCATIONS = '/oauth/revocations'
const METADATA = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']
const POLL_EVERY = 20

/** The issuer behind a `Sojourn` with tokens, without a network: everything is answered in memory. */
export function createIssuer(sojourn: IssuerParts): TestIssuer {
  const { issuer } = sojourn.tokens
  // Verifiers take https addresses alone; the issuer's name may be any text.
  const isAddress = URL.canParse(issuer) && new URL(issuer).protocol === 'https:'
  const origin = isAddress ? new URL(issuer).origin : 'https://issuer.test'
  const [jwks, revocations] = [`${origin}${JWKS}`, `${origin}${REVOCATIONS}`]
  const answer = async (url: URL, signal: AbortSignal | undefined): Promise<Response> => {
    if (url.origin !== origin) return new Response(null, { status: 404 })
    if (url.pathname === JWKS) return Response.json(await sojourn.tokens.jwks())
    if (url.pathname === REVOCATIONS) return tellEndings(sojourn, url, signal)
    if (!METADATA.includes(url.pathname)) return new Response(null, { status: 404 })
    return Response.json({ issuer, jwks_uri: jwks, revocations_uri: revocations })
  }
  return {
    issuer,
    jwks,
    revocations,
    async fetch(input, init) {
      const request = new Request(input, init)
      try {
        return await answer(new URL(request.url), init?.signal ?? undefined)
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        return new Response(null, { status: 503, headers: { 'Retry-After': '1' } })
      }
    },
  }
}

async function tellEndings(
  { tokens }: IssuerParts,
  { searchParams }: URL,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const [since = 0, wait = 0] = ['since', 'wait'].map((name) => Number(searchParams.get(name)))
  const until = systemClock.elapsed() + wait * 1_000
  let endings = await tokens.endings(since)
  while (isQuiet(endings) && systemClock.elapsed() < until && signal?.aborted !== true) {
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY).unref())
    endings = await tokens.endings(since)
  }
  if (endings === undefined) return new Response(null, { status: 501 })
  // The store began with the test, so nothing ended before: no token is older than what is known.
  return Response.json({ ...endings, since: Math.min(since, endings.since) })
}

function isQuiet(endings: Endings | undefined): boolean {
  return endings !== undefined && endings.sessions.length + endings.subjects.length === 0
}
