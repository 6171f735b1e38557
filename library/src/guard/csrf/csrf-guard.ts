import { StoreUnavailable } from '../../errors.js'
import { pathOf } from '../../request/incoming.js'
import type { GuardContext } from '../context.js'
import { isByTokenAlone, isSafeMethod, isSimple, judgeSender } from '../cross-origin.js'
import type { Refusal } from '../session-guard.js'
import { readCsrfOptions, type CsrfOptions, type CsrfRules } from './options.js'
import { createCsrfTokens, type CsrfHolder, type IssuedCsrfToken } from './tokens.js'

/** The header in which scripts send their token. */
export const CSRF_HEADER = 'x-csrf-token'

/** One request, as this guard looks at it. */
export interface CsrfRequest extends CsrfHolder {
  /** Methods by which it is known besides `incoming.method`: the one it had before somebody overrode it. */
  readonly otherMethod?: string | undefined
  /** The form field with the token. Asked where a token is needed and no header has one. Default: there is none. */
  readonly field?: () => unknown
}

/** Refuses forged requests, and makes what proves that one is not. */
export interface CsrfGuard {
  /**
   * Refuses with 403 `cross_origin` or `csrf_invalid`, `check` saying why, or lets through with `undefined`. A promise only where
   * a token has to be looked at; it rejects with `StoreUnavailable` where the session cannot be.
   */
  check(request: CsrfRequest): Refusal | undefined | Promise<Refusal | undefined>
  /** A token for this request's session, or for a visitor without one; all that were issued for it are good side by side. */
  issue(holder: CsrfHolder): Promise<IssuedCsrfToken>
}

/**
 * Makes the guard of one application. Throws `InvalidOption` for options that are wrong.
 *
 * What is looked at, in this order:
 *
 * | request                                                 |                                              |
 * |---------------------------------------------------------|----------------------------------------------|
 * | a safe method (`GET`, `HEAD`, `OPTIONS`)                | passes                                       |
 * | exempt by exact method and path                         | passes                                       |
 * | an access token in `Authorization`, and no cookie       | passes: no page of another site can cause it |
 * | the browser says that another site's page caused it     | `cross_origin`: `sec-fetch-site` or `origin` |
 * | `X-CSRF-Token` twice                                    | `csrf_invalid`: `token_repeated`             |
 * | the browser says that it was our own page (or nothing, and it is no form; or there is no cookie) | passes, but with `tokens: 'always'` |
 * | no token                                                | `csrf_invalid`: `token_missing`              |
 * | something that cannot be a token                        | `csrf_invalid`: `token_malformed`            |
 * | a token of another session, of before the sign-in, or forged | `csrf_invalid`: `token_of_another_session` |
 *
 * Source: OWASP CSRF Prevention Cheat Sheet, ASVS 3.5.1 to 3.5.3, Go 1.25 `net/http.CrossOriginProtection`.
 */
export function createCsrfGuard(context: GuardContext, options: CsrfOptions = {}): CsrfGuard {
  const rules = readCsrfOptions(options)
  const tokens = createCsrfTokens(context.deriveKeys('csrf'), rules.isInRecord)

  const tell = (request: CsrfRequest, refusal: Refusal | undefined): Refusal | undefined => {
    if (refusal === undefined) return undefined
    report(context, request, refusal, rules.isEnforced)
    return rules.isEnforced ? refusal : undefined
  }

  const judgeToken = async (request: CsrfRequest): Promise<Refusal | undefined> => {
    const token = await tokenOf(request)
    if (token === undefined || token === null || token === '') return UNPROVEN.token_missing
    if (Array.isArray(token)) return UNPROVEN.token_repeated
    if (typeof token !== 'string') return UNPROVEN.token_malformed
    const problem = await tokens.problem(token, request)
    return problem === undefined ? undefined : UNPROVEN[problem]
  }

  return {
    check(request) {
      const verdict = judge(request, rules)
      if (verdict !== 'token') return tell(request, verdict)
      return judgeToken(request).then(
        (refusal) => tell(request, refusal),
        (error: unknown) => {
          // Who only looks on must not be in the way when the store is away.
          if (!rules.isEnforced && error instanceof StoreUnavailable) return undefined
          throw error
        },
      )
    },
    issue: (holder) => tokens.issue(holder),
  }
}

/** The header first: scripts have no form. */
async function tokenOf({ incoming, field }: CsrfRequest): Promise<unknown> {
  const header = incoming.header(CSRF_HEADER)
  return header === undefined || header === '' ? field?.() : header
}

/** All that can be said without the session; `token`: a token has to prove the rest. */
function judge(request: CsrfRequest, rules: CsrfRules): Refusal | 'token' | undefined {
  const { incoming } = request
  if (isUntouched(request, rules)) return undefined
  const sender = judgeSender(incoming, rules)
  if (typeof sender === 'object') return sender
  if (incoming.isRepeated(CSRF_HEADER)) return UNPROVEN.token_repeated
  const isAtStake = incoming.cookieHeader !== undefined || rules.isSignIn(incoming.target)
  const isDoubtful = rules.isAlways || (sender === 'silent' && isSimple(incoming))
  return isAtStake && isDoubtful ? 'token' : undefined
}

/** No business of this guard. */
function isUntouched({ incoming, otherMethod }: CsrfRequest, rules: CsrfRules): boolean {
  const { method, target } = incoming
  // Of two methods it may be either that the application acts on.
  const isSafe = isSafeMethod(method) && isSafeMethod(otherMethod ?? method)
  return isSafe || rules.isExempt(method, target) || isByTokenAlone(incoming)
}

function report(
  context: GuardContext,
  { incoming, session }: CsrfRequest,
  { code, check }: Refusal,
  isEnforced: boolean,
): void {
  const { id, subject } = session.isLoaded ? session : { id: undefined, subject: undefined }
  context.report('request.refused', {
    guard: 'csrf',
    code,
    ...(check === undefined ? {} : { check }),
    method: incoming.method,
    path: pathOf(incoming),
    address: incoming.address,
    ...(id === undefined ? {} : { id }),
    ...(subject === undefined ? {} : { subject }),
    isEnforced,
  })
}

/** Refusals by what is wrong with the token. */
const UNPROVEN = {
  token_missing: unproven('token_missing'),
  token_repeated: unproven('token_repeated'),
  token_malformed: unproven('token_malformed'),
  token_of_another_session: unproven('token_of_another_session'),
} as const

function unproven(check: string): Refusal {
  const message = 'The CSRF token is missing or wrong.'
  return { status: 403, code: 'csrf_invalid', message, check }
}
