import type { Response, Router } from 'express'
import { SojournError, type Session } from 'sojourn'
import { wantsHtml } from '../http/index.js'
import { ASSET_CACHE, assets, renderHome } from '../page/index.js'
import { toPublicUser, type Parts, type SessionData, type Visitor } from '../parts.js'
import { formToken } from './csrf.js'
import { newSignInsFor } from './new-sign-ins.js'
import { accountOf, personOf, takeNotice } from './person.js'
import { sendPage } from './respond.js'
import { createRouter } from './router.js'

/** `/`, `/public` and the files that pages refer to: open to everybody. */
export function homeRoutes(parts: Parts): Router {
  const { web } = parts
  const router = createRouter()
  for (const asset of assets) {
    router.get(asset.path, (_request, response) => {
      response.set('Cache-Control', ASSET_CACHE).type(asset.type).send(asset.text)
    })
  }
  router.get(
    '/',
    web.optionalAuth(),
    web.handler((request: Visitor, response: Response) => home(parts, request, response)),
  )
  router.get(
    '/public',
    web.optionalAuth(),
    web.handler(async (request: Visitor, response: Response) => {
      const account = await accountOf(parts, request)
      response.json({
        message: 'This is public content',
        authenticated: account !== undefined,
        user: account === undefined ? null : toPublicUser(account),
      })
    }),
  )
  return router
}

async function home(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const { session } = request
  const views = await countView(session)
  const sessionId = session.id
  if (wantsHtml(request)) {
    const person = await personOf(parts, request)
    const notice = await takeNotice(session)
    const csrf = person === undefined ? undefined : await formToken(parts, request)
    const newSignIns = person === undefined ? undefined : await newSignInsFor(parts, request)
    const page = { now: parts.now(), views, sessionId, person, csrf, notice, newSignIns }
    sendPage(response, renderHome(page))
    return
  }
  const counted = `Views: ${String(views)}. Session ID: ${sessionId ?? '-'}`
  const message = views <= 1 ? 'Welcome, first visit!' : counted
  response.json({ message, views, sessionId: sessionId ?? null, signedIn: session.isSignedIn })
}

/** Counts this view. A crowd behind one address, or a store that is away, must not close the front page. */
async function countView(session: Session<SessionData>): Promise<number> {
  if (session.isUnknown) return 1
  try {
    const views = await session.incr('views')
    // The first view starts a session; saving now makes its id known.
    await session.save()
    return views
  } catch (error) {
    if (!(error instanceof SojournError)) throw error
    session.discard()
    return 1
  }
}
