/** Compiled by typing.integration.test.ts: what must compile compiles, what must not carries @ts-expect-error. */
import express from 'express'
import { createSojourn } from '../../src/sojourn.js'
import { createExpressAdapter } from '../../src/adapter/express.js'

interface Data {
  cart: { id: string; count: number }[]
  views: number
}

const sojourn = createSojourn<Data>({
  secrets: 'x'.repeat(32),
  schema: {
    views: {
      '~standard': {
        validate: (value) => (typeof value === 'number' ? { value } : { issues: [value] }),
      },
    },
    // @ts-expect-error -- a schema for a key that is not there
    nothing: { '~standard': { validate: (value: unknown) => ({ value }) } },
  },
})
const web = createExpressAdapter(sojourn)
const app = express()
app.use(web.sessions, web.sameOrigin())

app.get(
  '/:id',
  web.requireSession(),
  web.handler(async (req, res) => {
    const cart = await req.session.get('cart')
    const count: number | undefined = cart?.[0]?.count
    const id: string | string[] | undefined = req.params['id']
    // @ts-expect-error -- cart holds no text
    const wrong: string | undefined = await req.session.get('cart')
    // @ts-expect-error -- no such key
    await req.session.get('kart')
    req.session.set('views', 1)
    // @ts-expect-error -- views is a number
    req.session.set('views', 'one')
    // @ts-expect-error -- nobody attaches a subject to a session
    req.session.subject = 'mallory'
    const views: number = await req.session.update('views', (before) => (before ?? 0) + 1)
    const subject: string | undefined = req.session.subject
    const isAny: 0 extends 1 & NonNullable<typeof cart> ? 'any' : 'typed' = 'typed'
    res.json({ count, id, wrong, views, subject, isAny })
  }),
)
app.post(
  '/login',
  web.handler((req, res, next) => {
    req.session
      .signIn('alice', { remember: true, keep: ['cart'] })
      .then(() => res.redirect('/'))
      .catch(next)
  }),
)

// @ts-expect-error -- secrets are required
createSojourn<Data>({})
// @ts-expect-error -- a duration has a unit
createSojourn<Data>({ secrets: 'x', idle: '15' })
// @ts-expect-error -- an unknown policy
createSojourn<Data>({ secrets: 'x', limit: { max: 1, whenFull: 'explode' } })
