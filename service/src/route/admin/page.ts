import type { Request, Response } from 'express'
import { Problem, wantsHtml } from '../../http/index.js'
import type { SignedInProps } from '../../page/index.js'
import type { Parts, Visitor } from '../../parts.js'
import { formToken } from '../csrf.js'
import { takeNotice, toPerson } from '../person.js'
import { redirectOrJson, signInPath } from '../respond.js'
import { administratorOf } from './guard.js'

/** Whether a page is wanted, and somebody signed in may have it: the token alone has no pages. */
export function wantsPage(request: Request): boolean {
  return wantsHtml(request) && administratorOf(request).account !== undefined
}

/** What every page of the console is given. */
export async function pageProps(parts: Parts, request: Request): Promise<SignedInProps> {
  const { account } = administratorOf(request)
  if (account === undefined) throw new Problem(NO_PAGE)
  const visitor = request as Visitor
  return {
    now: parts.now(),
    person: toPerson(account, visitor.session),
    csrf: await formToken(parts, visitor),
    notice: await takeNotice(visitor.session),
  }
}

const NO_PAGE = {
  status: 406,
  code: 'not_acceptable',
  detail: 'Pages are for administrators who have signed in. Ask for JSON.',
}

/** What an act has come to. */
export interface Done {
  /** Said on the page to which a browser goes back. */
  readonly notice: string
  /** What everybody else gets. */
  readonly body: object
  /** Whose sessions have ended, all of them; or the id of the one that has. */
  readonly ended?: string
}

/** After an act: a browser goes back to `path`. Where the administrator's own session ended with it, there is nobody left to tell. */
export async function done(
  request: Request,
  response: Response,
  path: string,
  { notice, body, ended }: Done,
): Promise<void> {
  if (!wantsPage(request)) {
    redirectOrJson(request, response, path, body)
    return
  }
  const { account, sessionId } = administratorOf(request)
  const isOver = ended === sessionId || ended === account?.id
  if (!isOver) await (request as Visitor).session.flash('notice', notice)
  response.redirect(303, isOver ? signInPath('revoked_admin', path) : path)
}
