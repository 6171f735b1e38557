import { getIronSession } from 'iron-session'

/** `iron-session`: all of the session is sealed into the cookie. There is nothing on the server to revoke. */
export function mountIronSession({ app, secret, answer, subjectOf }) {
  const options = { password: secret, cookieName: 'sid', cookieOptions: { secure: false } }
  app.post('/login', async (request, response) => {
    const session = await getIronSession(request, response, options)
    session.subject = subjectOf(request)
    session.name = 'Ada'
    await session.save()
    answer(response, session.subject)
  })
  app.get('/me', async (request, response) => {
    const session = await getIronSession(request, response, options)
    answer(response, session.subject)
  })
}
