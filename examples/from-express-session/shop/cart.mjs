/** The cart: guests have one, too, and keep it when they sign in. */
import express from 'express'
import { flash } from './flash.mjs'

export const cart = express.Router()

cart.get('/cart', (req, res) => {
  res.json(req.session.cart ?? [])
})

cart.post('/cart', (req, res) => {
  const item = String(req.body?.item ?? '')
  req.session.cart = [...(req.session.cart ?? []), item]
  flash(req, `In your cart: ${item}`)
  res.json(req.session.cart)
})

/** The bank takes its time, and meanwhile anything may happen to the session: a second tab, a sign-out. */
cart.post('/checkout', async (req, res) => {
  await pay()
  req.session.cart = []
  flash(req, 'Paid. Thank you!')
  res.json({ paid: true })
})

function pay() {
  return new Promise((resolve) => setTimeout(resolve, 300))
}
