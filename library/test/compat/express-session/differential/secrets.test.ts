/** What cookies are signed with, which are believed, and where else cookies are read from. */
import { createSecretKey } from 'node:crypto'
import { describe } from 'vitest'
import { compare, signed } from './lab.js'
import { cookieParser } from './untyped.js'

const RECORDS = { known: { cookie: {}, a: 1 } }
const answer = (req: any, res: any): void => {
  req.session.n = (req.session.n ?? 0) + 1
  res.end(`${req.sessionID} ${JSON.stringify(req.session)}`)
}

describe('secrets', () => {
  const BYTES = Buffer.from('some bytes, not text: \u0000\u00ff')
  const SECRETS: Record<string, unknown> = {
    'a string': 'keyboard cat',
    'one character': 'k',
    'not ASCII': 'clé-ключ-鍵',
    'a Buffer': BYTES,
    'a Uint8Array': new Uint8Array(BYTES),
    'a DataView': new DataView(new Uint8Array(BYTES).buffer),
    'a KeyObject': createSecretKey(BYTES),
    several: ['new', 'old', 'oldest'],
    'several of each kind': [BYTES, 'old'],
    'an array with undefined first': [undefined, 'keyboard cat'],
    'an array with an empty string': [''],
    'an array with null last': ['keyboard cat', null],
  }
  for (const [name, secret] of Object.entries(SECRETS)) {
    compare(name, async (_session, lab) => {
      const store = lab.store({ records: RECORDS })
      const app = lab.app(lab.middleware({ secret, store }), answer)
      const client = lab.client(app)
      await client()
      await client()
      for (const given of ['keyboard cat', 'new', 'old', 'oldest', 'wrong', BYTES]) {
        await lab.get(app, { cookie: signed('known', given) })
      }
    })
  }

  compare(
    'rotation: the old cookie is believed and not sent anew, until it is due',
    async (_s, lab) => {
      for (const rolling of [false, true]) {
        const store = lab.store({ records: RECORDS })
        const app = lab.app(lab.middleware({ secret: ['new', 'old'], store, rolling }), answer)
        await lab.get(app, { cookie: signed('known', 'old') })
        await lab.get(app, { cookie: signed('known', 'new') })
      }
    },
  )

  compare('an array changed later', async (_session, lab) => {
    const secret = ['first']
    const app = lab.app(lab.middleware({ secret }), answer)
    await lab.get(app)
    secret.unshift('second')
    await lab.get(app)
    await lab.get(app, { cookie: signed('sid-1', 'first') })
  })

  for (const secret of [undefined, null, '', 0, false]) {
    compare(
      `no secret (${String(secret)}): an error to next, unless req.secret is there`,
      async (_s, lab) => {
        const store = lab.store({ records: RECORDS })
        const give = (req: any, _res: any, next: () => void): void => {
          if (req.url !== '/') req.secret = decodeURIComponent(req.url.slice(1))
          next()
        }
        const app = lab.app(give, lab.middleware({ secret, store }), answer)
        await lab.get(app)
        await lab.get(app, { path: '/parser' })
        await lab.get(app, { path: '/parser', cookie: signed('known', 'parser') })
        await lab.get(app, { path: '/other', cookie: signed('known', 'parser') })
      },
    )
  }

  compare('a secret of its own wins over req.secret', async (_session, lab) => {
    const give = (req: any, _res: any, next: () => void): void => {
      req.secret = 'parser'
      next()
    }
    const app = lab.app(give, lab.middleware({ store: lab.store({ records: RECORDS }) }), answer)
    await lab.get(app, { cookie: signed('known', 'parser') })
    await lab.get(app, { cookie: signed('known') })
  })

  compare('what is not, or wrongly, signed is a stranger', async (_session, lab) => {
    const app = lab.app(lab.middleware({ store: lab.store({ records: RECORDS }) }), answer)
    const good = signed('known')
    for (const cookie of [
      'connect.sid=known',
      'connect.sid=s%3Aknown',
      'connect.sid=s%3Aknown.',
      `${good}=`,
      good.slice(0, -1),
      good.replace('known', 'knowm'),
      good.replace('s%3A', ''),
      good.replace('s%3A', 'S%3A'),
      signed('known', 'wrong'),
      signed('known').replace('connect.sid', 'other'),
    ]) {
      await lab.get(app, { cookie })
    }
  })
})

describe('cookies read by cookie-parser', () => {
  const hide = (req: any, _res: any, next: () => void): void => {
    delete req.headers.cookie
    next()
  }
  for (const [name, secret] of Object.entries({
    same: 'keyboard cat',
    other: 'parser',
    none: undefined,
  })) {
    compare(`${name} secret, header there or taken away`, async (_session, lab) => {
      for (const between of [[], [hide]]) {
        const app = lab.app(
          cookieParser(secret),
          ...between,
          lab.middleware({ store: lab.store({ records: RECORDS }) }),
          answer,
        )
        for (const cookie of [
          signed('known'),
          signed('known', 'parser'),
          signed('unknown'),
          'connect.sid=known',
          'a=1',
        ]) {
          await lab.get(app, { cookie })
        }
        await lab.get(app)
      }
    })
  }

  compare('signedCookies and cookies set by hand, of every type', async (_session, lab) => {
    for (const place of ['signedCookies', 'cookies']) {
      for (const value of [
        'known',
        signed('known').slice('connect.sid='.length),
        decodeURIComponent(signed('known').slice('connect.sid='.length)),
        decodeURIComponent(signed('known', 'wrong').slice('connect.sid='.length)),
        's:',
        '',
        false,
        undefined,
      ]) {
        const give = (req: any, _res: any, next: () => void): void => {
          req[place] = { 'connect.sid': value }
          next()
        }
        const app = lab.app(
          give,
          lab.middleware({ store: lab.store({ records: RECORDS }) }),
          answer,
        )
        await lab.get(app)
        await lab.get(app, { cookie: signed('unknown') })
        await lab.get(app, { cookie: signed('known', 'wrong') })
      }
    }
  })
})
