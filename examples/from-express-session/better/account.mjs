/** Signing in and out, the list of devices, and why a session is over. */
import express from 'express'
import { endReasonOf, subjectOf } from 'sojourn/express-session'
import { flash } from '../shop/flash.mjs'
import { check } from '../shop/people.mjs'

const A_MONTH = 30 * 86_400_000

export const account = express.Router()

account.post('/login', async (req, res) => {
  const user = check(req.body)
  if (!user) {
    res.status(401).json({ error: 'Wrong name or password' })
    return
  }
  if (req.body.remember) req.session.cookie.maxAge = A_MONTH
  await req.session.login(user.id) // a new id; the cart moves on
  req.session.user = user
  flash(req, `Welcome, ${user.name}`)
  res.json({ user: user.name }) // leaves when all of it is saved
})

account.get('/', recognise)

account.get('/me', requirePerson, (req, res) => {
  res.json(req.session.user)
})

account.get('/devices', requirePerson, recognise, async (req, res) => {
  const store = req.sessionStore
  const { sessions } = await store.list(subjectOf(req))
  const current = store.publicIdOf(req.session)
  res.json(sessions.map((one) => ({ ...one, isThisOne: one.id === current })))
})

account.post('/devices/:id/end', requirePerson, recognise, async (req, res) => {
  const isEnded = await req.sessionStore.revoke(req.params.id, {
    of: subjectOf(req), // somebody else's is as good as none
    reason: 'logged_out_elsewhere',
  })
  res.status(isEnded ? 200 : 404).json({ ended: isEnded })
})

account.post('/logout', async (req, res) => {
  await req.session.destroy()
  res.json({ user: null })
})

account.post('/logout-everywhere', requirePerson, recognise, async (req, res) => {
  const ended = await req.sessionStore.revokeAll(subjectOf(req), {
    reason: 'logged_out_elsewhere',
  })
  await req.session.destroy()
  res.json({ ended })
})

function requirePerson(req, res, next) {
  if (req.session.user) next()
  else res.status(401).json({ error: 'Sign in first', reason: endReasonOf(req) })
}

/** Whoever signed in before the change is not known by name to the store yet. */
async function recognise(req, _res, next) {
  const { user } = req.session
  if (user && subjectOf(req) === undefined) await req.session.login(user.id)
  next()
}
