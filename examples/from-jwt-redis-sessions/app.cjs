/**
 * A small API on whichever of the two packages it is handed: what is the same before and after. It uses nothing
 * but what jwt-redis-sessions 3.0.1 has.
 */
const express = require('express')

exports.createApp = (sessions) => {
  const { generateToken, refreshToken, revokeToken, revokeAllUserTokens, auth } = sessions
  const app = express()
  app.use(express.json())

  app.post('/login', async (req, res) => {
    // Whoever you say you are: this example is about what comes after the password.
    res.json(await generateToken({ userId: String(req.body.name), role: 'reader' }))
  })
  app.get('/me', auth, (req, res) => {
    res.json({ user: req.auth.decoded, session: req.auth.session.sessionId })
  })
  app.post('/refresh', async (req, res) => {
    res.json(await refreshToken(tokenOf(req)))
  })
  app.post('/logout', async (req, res) => {
    res.json(await revokeToken(tokenOf(req)))
  })
  app.post('/logout-all', auth, async (req, res) => {
    res.json(await revokeAllUserTokens(req.auth.decoded.userId))
  })
  app.use((error, req, res, next) => {
    if (res.headersSent) return next(error)
    res.status(error.statusCode ?? 500).json({ error: error.message })
  })
  return app
}

function tokenOf(req) {
  return req.get('Authorization')?.split(' ')[1] ?? ''
}
