import { web } from '../../../sessions.mjs'

export const GET = web.route(web.requireSession(), async (_request, { session }) =>
  Response.json({ name: session.subject, visits: await session.incr('visits') }),
)
