import type { RequestHandler, Response, Router } from 'express'
import { anyFields, bodyOf, jsonOrForm, optionalBody, Problem } from '../http/index.js'
import type { Parts, Visitor } from '../parts.js'
import { createRouter } from './router.js'

const KEY = /^(?!~).{1,128}$/su
/** Keys that the service writes itself. */
const OWN: ReadonlySet<string> = new Set(['views'])

/** A merge patch (RFC 7396) of the top-level keys: whole values, `null` deletes. */
export const patchBody: RequestHandler = jsonOrForm(anyFields, {
  jsonTypes: ['application/merge-patch+json'],
})
const nothing = optionalBody()

/** `/session`: what this client may know of its session, and the data it keeps there. */
export function sessionDataRoutes({ web }: Parts): Router {
  const router = createRouter()
  router.get(
    '/session',
    web.requireSession(),
    web.handler((request: Visitor, response: Response) => show(request, response)),
  )
  router.patch(
    '/session',
    patchBody,
    web.requireSession(),
    web.handler(async (request: Visitor, response: Response) => {
      const { session } = request
      for (const [key, value] of Object.entries(bodyOf<Record<string, unknown>>(request))) {
        checkKey(key)
        if (value === null) session.delete(key)
        else session.set(key, value)
      }
      await session.save()
      await show(request, response)
    }),
  )
  router.post(
    '/session/extend',
    nothing,
    web.requireSession(),
    web.handler(async (request: Visitor, response: Response) => {
      await request.session.touch()
      await show(request, response)
    }),
  )
  return router
}

function checkKey(key: string): void {
  if (KEY.test(key) && !OWN.has(key)) return
  const detail = OWN.has(key)
    ? `${key} is kept by the service.`
    : 'A key has 1 to 128 characters and does not start with ~.'
  throw new Problem({ status: 400, code: 'field_invalid', detail, extra: { field: key } })
}

async function show({ session }: Visitor, response: Response): Promise<void> {
  const data = await session.all()
  const { facts } = session
  response.json({
    id: facts?.id,
    subject: facts?.subject,
    data,
    createdAt: instant(facts?.createdAt),
    lastSeenAt: instant(facts?.lastSeenAt),
    idleExpiresAt: instant(facts?.idleExpiresAt),
    expiresAt: instant(facts?.expiresAt),
    authenticatedAt: instant(facts?.authenticatedAt),
    serverTime: instant(facts?.serverTime),
  })
}

function instant(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString()
}
