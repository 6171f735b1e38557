import type { Response, Router } from 'express'
import { refuseAmbiguous, sendRefusal } from 'sojourn/express'
import { optionalBody, wantsHtml } from '../http/index.js'
import { paths, renderSignedOut, renderSignOutConfirm, type Person } from '../page/index.js'
import type { Parts, Visitor } from '../parts.js'
import { formToken } from './csrf.js'
import { notWhileActing, personOf } from './person.js'
import { redirectOrJson, sendPage, wantedPath } from './respond.js'
import { createRouter } from './router.js'

/** Where a browser lands after signing out. */
export const SIGNED_OUT = '/signed-out'

/** `/logout`, `/logout-all` and the page that says why a session is over. */
export function signOutRoutes(parts: Parts): Router {
  const { web, sojourn } = parts
  const router = createRouter()
  const form = optionalBody()

  router.get(
    paths.signOut,
    web.optionalSession(),
    web.handler(async (request: Visitor, response: Response) => {
      const person = await personOf(parts, request)
      if (person === undefined) response.redirect(303, SIGNED_OUT)
      else sendPage(response, await confirmPage(parts, request, person))
    }),
  )
  router.post(
    paths.signOut,
    form,
    web.handler(async (request: Visitor, response: Response) => {
      const { session } = request
      // Not `optionalAuth`: where the store is away, nobody may believe to be signed out.
      const refusal = refuseAmbiguous(await session.load())
      if (refusal !== undefined) {
        sendRefusal(response, refusal)
        return
      }
      await endByToken(parts, request)
      await session.signOut()
      const answer = { success: true, message: 'Logged out successfully' }
      redirectOrJson(request, response, `${SIGNED_OUT}?reason=logged_out`, answer)
    }),
  )
  router.post(
    paths.signOutEverywhere,
    form,
    web.requireSession(),
    notWhileActing,
    web.handler(async (request: Visitor, response: Response) => {
      const { session } = request
      const subject = session.subject ?? ''
      const count = await sojourn.revokeAll(subject, { reason: 'logged_out_elsewhere' })
      await session.signOut()
      const answer = { success: true, message: 'Logged out from all sessions', count }
      redirectOrJson(request, response, `${SIGNED_OUT}?reason=logged_out`, answer)
    }),
  )
  router.get(
    SIGNED_OUT,
    web.optionalSession(),
    web.handler((request: Visitor, response: Response) => {
      const asked = request.query['reason']
      const { endReason, endedAt, isSignedIn } = request.session
      const reason = endReason ?? (typeof asked === 'string' ? asked : 'unknown')
      if (!wantsHtml(request)) response.json({ signedOut: !isSignedIn, reason })
      else if (isSignedIn) response.redirect(303, paths.dashboard)
      else sendPage(response, renderSignedOut({ now: parts.now(), reason, endedAt }))
    }),
  )
  return router
}

async function confirmPage(parts: Parts, request: Visitor, person: Person): Promise<string> {
  const csrf = await formToken(parts, request)
  return renderSignOutConfirm({ now: parts.now(), person, csrf, returnTo: wantedPath(request) })
}

/** A token whose time is over, or a refresh token, does to sign out as well: what it belongs to ends. */
async function endByToken({ sojourn }: Parts, request: Visitor): Promise<void> {
  const token = /^bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1]
  if (token !== undefined && !request.session.isSignedIn) await sojourn.tokens.revoke(token)
}
