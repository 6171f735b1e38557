/** Requests about coming and going, turned into calls of the services, and their results into answers. */
import { isPasswordOf, register as registerUser } from '../services/authService.js'
import { endTokens, refreshTokens, startTokens } from '../utils/jwtUtil.js'

/** A token for the forms and scripts of this session. Costs no record in Redis. */
export function csrfToken(req, res) {
  res.set('Cache-Control', 'no-store').json({ csrfToken: req.csrfToken() })
}

export async function register(req, res) {
  const { username, password } = credentialsOf(req)
  if (username === undefined) {
    const error =
      'A name of 3 to 32 letters or digits and a password of 8 to 128 characters, please'
    res.status(400).json({ error })
  } else if (await registerUser(username, password)) {
    res.status(201).json({ username })
  } else {
    res.status(409).json({ error: 'That name is taken' })
  }
}

export async function login(req, res) {
  const { username, password } = credentialsOf(req)
  if (username === undefined || !(await isPasswordOf(username, password))) {
    res.status(401).json({ error: 'Wrong name or password' })
    return
  }
  await endOwnTokens(req.session.tokenSession)
  // A new session id, always: what somebody may have planted before knows nobody.
  await req.session.login(username, { keep: false })
  const { tokens, sessionId } = await startTokens(req, username)
  req.session.username = username
  req.session.tokenSession = sessionId
  await req.session.save()
  // The CSRF tokens of before the sign-in are worth nothing any more: here is a new one.
  res.set('Cache-Control', 'no-store').json({ username, ...tokens, csrfToken: req.csrfToken() })
}

export async function refresh(req, res) {
  const { refreshToken } = req.body ?? {}
  const tokens =
    typeof refreshToken === 'string' ? await refreshTokens(refreshToken, req.ip) : undefined
  res.set('Cache-Control', 'no-store')
  if (tokens === undefined) res.status(401).json({ error: 'Sign in again: POST /auth/login' })
  else res.json(tokens)
}

/** Ends the session of the browser and the tokens of this sign-in, whichever of the two was shown. */
export async function logout(req, res) {
  await endOwnTokens(req.user.tokenSession)
  await req.session.destroy()
  res.json({ message: 'Signed out' })
}

async function endOwnTokens(tokenSession) {
  if (tokenSession !== undefined) await endTokens(tokenSession)
}

function credentialsOf({ body }) {
  const { username, password } = body ?? {}
  const isName = typeof username === 'string' && /^[a-z\d]{3,32}$/i.test(username)
  const isPassword = typeof password === 'string' && password.length >= 8 && password.length <= 128
  return isName && isPassword ? { username: username.toLowerCase(), password } : {}
}
