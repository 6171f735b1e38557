import { readAuthorization } from '../credential/authorization.js'
import type { AccessClaims } from '../credential/jwt/index.js'
import { challengesFor } from '../response/challenge.js'
import { createProblem, PROBLEM_TYPE } from '../response/problem.js'
import { createVerifier, VERIFY_MESSAGES, type VerifyVerdict } from '../verify/index.js'
import { createIssuer, type IssuerParts, type TestIssuer } from './issuer.js'

/** An API that accepts the access tokens of an issuer. */
export interface ResourceServerOptions {
  /** The `Sojourn` that issues the tokens; it needs the option `tokens`. */
  readonly issuer: IssuerParts
  /** Names by which tokens mean this server. */
  readonly audience: string | readonly string[]
  /** What a token has to allow; all of it. Default nothing. */
  readonly scope?: readonly string[]
  /** Seconds by which clocks may be apart. Default 5. */
  readonly clockTolerance?: number
  /** Answers who gets through. Default: 200 with `sub`, `sid` and `scope` of the token as JSON. */
  readonly handle?: (claims: AccessClaims, request: Request) => Response | Promise<Response>
}

/** A resource server that has no store and no network, and knows of sessions what `sojourn/verify` knows. */
export interface ResourceServer {
  /** Answers a request: 200, or 401, 403 and 503 with the challenges of RFC 6750. `input` may be a path. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** What it makes of an access token. */
  verify(token: string): Promise<VerifyVerdict>
  /** From here on it hears of no further ends, as a server does for up to `maxStaleness` while the feed is slow. */
  fallBehind(): Promise<void>
  /** From here on the feed cannot be reached: tokens are refused with 503, since nobody knows what ended. */
  loseFeed(): void
  /** It hears of every end again, at once. */
  catchUp(): void
}

type Feed = (
  live: TestIssuer['fetch'],
  ...call: Parameters<TestIssuer['fetch']>
) => Promise<Response>

const LIVE: Feed = (live, ...call) => live(...call)
const LOST: Feed = () => Promise.reject(new Error('The feed is lost.'))

/**
 * A resource server and its issuer, in one process and without a network: for tests of "my API accepts the tokens of my session
 * service, and not after a sign-out". It asks for keys and ends with each request, so it knows of an end at once; a
 * server in production knows within `maxStaleness` (`sojourn/verify`): see {@link ResourceServer.fallBehind}.
 */
export function createResourceServer(options: ResourceServerOptions): ResourceServer {
  const { scope = [], handle = tellClaims } = options
  const issuer = createIssuer(options.issuer)
  let feed = LIVE
  const fetch: TestIssuer['fetch'] = (...call) =>
    isFeed(issuer, call[0]) ? feed(issuer.fetch, ...call) : issuer.fetch(...call)
  const verify = async (token: string): Promise<VerifyVerdict> =>
    judge(token, options, { ...issuer, fetch })
  return {
    verify,
    async fetch(input, init) {
      const request = new Request(input instanceof Request ? input : new URL(input, HERE), init)
      const header = request.headers.get('authorization') ?? undefined
      const presented = readAuthorization(header, false)
      if (presented.kind === 'nothing') return refuse(401, 'session_missing', NOTHING)
      if (!('token' in presented)) return refuse(401, presented.code, 'The header is not usable.')
      const verdict = await verify(presented.token)
      if (!verdict.ok) return refuse(verdict.status, verdict.code, VERIFY_MESSAGES[verdict.code])
      const isAllowed = scope.every((one) => verdict.claims.scope.includes(one))
      if (isAllowed) return handle(verdict.claims, request)
      return refuse(403, 'insufficient_scope', 'The token does not allow this.', scope.join(' '))
    },
    async fallBehind() {
      const known = await (await issuer.fetch(`${issuer.revocations}?since=0`)).text()
      feed = () => Promise.resolve(new Response(known))
    },
    loseFeed() {
      feed = LOST
    },
    catchUp() {
      feed = LIVE
    },
  }
}

const HERE = 'https://api.test'
const NOTHING = 'An access token is needed.'

function isFeed({ revocations }: TestIssuer, input: Parameters<TestIssuer['fetch']>[0]): boolean {
  return new Request(input).url.startsWith(revocations)
}

/** A verifier that begins anew with each token has nothing that could be old. */
async function judge(
  token: string,
  { audience, clockTolerance, issuer }: ResourceServerOptions,
  { issuer: name, jwks, revocations, fetch }: TestIssuer,
): Promise<VerifyVerdict> {
  const verifier = createVerifier({
    issuer: name,
    audience,
    jwks,
    revocations: { url: revocations },
    fetch,
    clock: issuer.clock,
    ...(clockTolerance === undefined ? {} : { clockTolerance }),
  })
  try {
    return await verifier.verify(token)
  } finally {
    verifier.close()
  }
}

function tellClaims({ subject, sessionId, scope }: AccessClaims): Response {
  return Response.json({ sub: subject, sid: sessionId, scope })
}

function refuse(status: number, code: string, detail: string, scope?: string): Response {
  const headers = new Headers({ 'Content-Type': PROBLEM_TYPE, 'Cache-Control': 'no-store' })
  if (status === 503) headers.set('Retry-After', '1')
  else {
    for (const challenge of challengesFor({ code, message: detail, scope, schemes: ['Bearer'] })) {
      headers.append('WWW-Authenticate', challenge)
    }
  }
  return new Response(JSON.stringify(createProblem({ status, code, detail })), { status, headers })
}
