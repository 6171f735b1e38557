import { web } from '../../../sessions.mjs'

export const POST = web.route(
  [web.sameOrigin(), web.requireSession()],
  async (_request, { session }) => {
    await session.signOut()
    return Response.json({ ended: true })
  },
)
