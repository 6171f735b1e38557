import type { IncomingMessage, ServerResponse } from 'node:http'
import { bindingOf, type Binding } from './binding.js'
import { CsrfError, misconfigured, type CsrfProblem } from './csrf-error.js'
import { readOptions, type CsurfOptions, type CsurfRules } from './options.js'
import { isFromElsewhere } from './origin.js'
import type { CsurfRequest } from './request.js'
import { createToken, isTokenFor } from './token.js'

/** What `app.use` takes, of Express 4 and 5, connect, and whatever calls middleware as they do. */
export type CsrfMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * csurf's middleware: gives each request `csrfToken()`, and refuses unsafe requests without a token of their session, by
 * an error with `code: 'EBADCSRFTOKEN'`.
 *
 * Put a session middleware in front, or with `cookie` cookie-parser; and the body parsers. Throws `TypeError` for options
 * as csurf does.
 */
export function csurf(options?: CsurfOptions): CsrfMiddleware {
  const rules = readOptions(options)
  return function csrf(incoming, response, next) {
    const request = incoming as CsurfRequest
    const binding = bindingOf(request, response, rules)
    if (binding === undefined) {
      next(misconfigured())
      return
    }
    // Also there when the request is refused: an error page may show the form anew.
    request.csrfToken = createIssuer(binding)
    const problem = judge(request, response, rules, binding)
    if (problem === undefined) next()
    else next(new CsrfError(problem))
  }
}

/**
 * What is checked when, in this order:
 *
 * | request                                               |                                                     |
 * |-------------------------------------------------------|-----------------------------------------------------|
 * | its method is in `ignoreMethods`                      | passes                                              |
 * | the browser says another origin's page caused it      | `cross_origin`, however good its token              |
 * | no token, and an access token in place of all cookies | passes: no page of another site can cause that      |
 * | no token                                              | `token_missing`, also where the browser says "same origin" |
 * | a token that is not of this session                   | `token_invalid`                                     |
 *
 * "Same origin" does not replace the token: csurf's users rely on it where their own pages show foreign HTML, and their tests
 * expect a missing or wrong one to be refused.
 */
function judge(
  request: CsurfRequest,
  response: ServerResponse,
  rules: CsurfRules,
  binding: Binding,
): CsrfProblem | undefined {
  if (rules.ignored.has(request.method ?? 'GET')) return undefined
  if (isFromElsewhere(request, response, rules)) return 'cross_origin'
  const token = rules.value(request)
  if (typeof token !== 'string' || token === '') {
    return isByAccessTokenAlone(request) ? undefined : 'token_missing'
  }
  const isOurs = isTokenFor(token, binding.accepted(), binding.csurfSecret())
  return isOurs ? undefined : 'token_invalid'
}

function isByAccessTokenAlone({ headers }: CsurfRequest): boolean {
  return headers.cookie === undefined && /^(?:bearer|dpop) /i.test(headers.authorization ?? '')
}

/** `req.csrfToken`: the same token all through a request, until a sign-in gives the session another id. */
function createIssuer(binding: Binding): () => string {
  let known: { readonly from: string; readonly token: string } | undefined
  return function csrfToken() {
    const keys = binding.issuing()
    const csurfSecret = binding.csurfSecret()
    const from = JSON.stringify([keys, csurfSecret])
    if (known?.from !== from) known = { from, token: createToken(keys, csurfSecret) }
    return known.token
  }
}
