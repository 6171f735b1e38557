import type { Request, Response } from 'express'
import { Problem, wantsHtml } from '../../http/index.js'
import type { SignedInProps } from '../../page/index.js'
import type { Parts, Visitor } from '../../parts.js'
import { formToken } from '../csrf.js'
import { takeNotice, toPerson } from '../person.js'
import { redirectOrJson } from '../respond.js'
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
    person: toPerson(account),
    csrf: await formToken(parts, visitor),
    notice: await takeNotice(visitor.session),
  }
}

const NO_PAGE = {
  status: 406,
  code: 'not_acceptable',
  detail: 'Pages are for administrators who have signed in. Ask for JSON.',
}

/** After an act: a browser goes back to `path` and reads `notice` there, everybody else gets `body`. */
export async function done(
  request: Request,
  response: Response,
  path: string,
  { notice, body }: { readonly notice: string; readonly body: object },
): Promise<void> {
  if (wantsPage(request)) await (request as Visitor).session.flash('notice', notice)
  redirectOrJson(request, response, path, body)
}
