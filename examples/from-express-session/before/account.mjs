/** Signing in and out, as the README of express-session shows it. */
import express from 'express'
import { flash } from '../shop/flash.mjs'
import { check } from '../shop/people.mjs'

const A_MONTH = 30 * 86_400_000

export const account = express.Router()

account.post('/login', (req, res, next) => {
  const user = check(req.body)
  if (!user) {
    res.status(401).json({ error: 'Wrong name or password' })
    return
  }
  const { cart } = req.session
  req.session.regenerate((error) => {
    if (error) return next(error)
    if (cart) req.session.cart = cart
    req.session.user = user
    if (req.body.remember) req.session.cookie.maxAge = A_MONTH
    flash(req, `Welcome, ${user.name}`)
    req.session.save((error) => {
      if (error) next(error)
      else res.json({ user: user.name })
    })
  })
})

account.get('/me', (req, res) => {
  if (req.session.user) res.json(req.session.user)
  else res.status(401).json({ error: 'Sign in first' })
})

account.post('/logout', (req, res, next) => {
  req.session.destroy((error) => {
    if (error) return next(error)
    res.json({ user: null })
  })
})
