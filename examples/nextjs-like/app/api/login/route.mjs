import { web } from '../../../sessions.mjs'

export const POST = web.route(web.sameOrigin(), async (request, { session }) => {
  const { name } = await request.json()
  // Check the password here.
  await session.signIn(name)
  return Response.json({ name })
})
