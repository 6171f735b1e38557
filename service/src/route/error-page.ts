import type { Request, Response } from 'express'
import { StoreUnavailable } from 'sojourn'
import { SESSION_CHALLENGE, type ProblemFacts } from '../http/index.js'
import { renderError, renderUnavailable, type Person } from '../page/index.js'
import type { Parts, Visitor } from '../parts.js'
import { formToken } from './csrf.js'
import { personOf } from './person.js'
import { sendPage } from './respond.js'

/** Problems whose own page says all there is to say. */
const SELF_EVIDENT: ReadonlySet<string> = new Set(['not_found', 'method_not_allowed'])

/** Answers an error with a page, to the person who is signed in as one who is. Never rejects. */
export async function sendErrorPage(
  parts: Parts,
  request: Request,
  response: Response,
  problem: ProblemFacts,
): Promise<void> {
  const { status, code, detail, retryAfter, headers = {} } = problem
  const person = status < 500 ? await knownPerson(parts, request) : undefined
  const csrf = person === undefined ? undefined : await formToken(parts, request as Visitor)
  if (status === 401) response.set('WWW-Authenticate', SESSION_CHALLENGE)
  for (const [name, value] of Object.entries(headers)) response.set(name, value)
  if (retryAfter !== undefined) response.set('Retry-After', String(retryAfter))
  const words = SELF_EVIDENT.has(code) ? undefined : detail
  const html =
    code === 'store_unavailable'
      ? renderUnavailable({ retryPath: request.originalUrl, retryAfter })
      : renderError({ now: parts.now(), status, code, detail: words, retryAfter, person, csrf })
  sendPage(response, html, status)
}

/** Nobody, where the session cannot be looked at: one fault must not become two. */
async function knownPerson(parts: Parts, request: Request): Promise<Person | undefined> {
  const { session } = request as Partial<Visitor>
  if (session === undefined) return undefined
  try {
    await session.load()
    return await personOf(parts, request as Visitor)
  } catch (error) {
    if (error instanceof StoreUnavailable) session.treatAsUnknown()
    return undefined
  }
}
