/** Lets only people through who are signed in: by the session cookie, or without one by an access token. */
import { readToken } from '../utils/jwtUtil.js'

export async function requireUser(req, res, next) {
  const { username, tokenSession } = req.session
  req.user = username === undefined ? await byToken(req) : { username, tokenSession }
  if (req.user !== undefined) {
    next()
    return
  }
  res.set('WWW-Authenticate', 'Bearer')
  res.status(401).json({ error: 'Sign in first: POST /auth/login' })
}

async function byToken(req) {
  if (req.get('authorization') === undefined) return undefined
  const found = await readToken(req)
  return found && { username: found.username, tokenSession: found.sessionId }
}
