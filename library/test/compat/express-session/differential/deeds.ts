import { compare, signed, type Lab } from './lab.js'

/** What an application may do to the session of one request. */
const DEEDS: Record<string, (req: any, res: any) => void> = {
  nothing: (_req, res) => res.end('x'),
  'reads it': (req, res) => res.end(String(req.session.seen)),
  'sets a value': (req, res) => {
    req.session.a = (req.session.a ?? 0) + 1
    res.end('x')
  },
  'sets the same value': (req, res) => {
    req.session.seen = 1
    res.end('x')
  },
  'deletes a value': (req, res) => {
    delete req.session.seen
    res.end('x')
  },
  'sets and unsets': (req, res) => {
    req.session.a = 1
    delete req.session.a
    res.end('x')
  },
  'sets undefined': (req, res) => {
    req.session.a = undefined
    res.end('x')
  },
  'changes the depths': (req, res) => {
    req.session.deep ??= {}
    req.session.deep.n = Object.keys(req.session.deep).length
    res.end('x')
  },
  'changes only the cookie': (req, res) => {
    req.session.cookie.maxAge = 70_000
    res.end('x')
  },
  'sets expires to null': (req, res) => {
    req.session.a = 2
    req.session.cookie.expires = null
    res.end('x')
  },
  'sets a value after the head was sent': (req, res) => {
    res.write('x')
    req.session.late = true
    res.end('y')
  },
  regenerates: (req, res) => {
    req.session.regenerate(() => res.end('x'))
  },
  'regenerates and sets': (req, res) => {
    req.session.regenerate(() => {
      req.session.a = 1
      res.end('x')
    })
  },
  destroys: (req, res) => {
    req.session.destroy(() => res.end('x'))
  },
  saves: (req, res) => {
    req.session.save(() => res.end('x'))
  },
  'sets and saves': (req, res) => {
    req.session.a = 1
    req.session.save(() => res.end('x'))
  },
  touches: (req, res) => {
    req.session.touch()
    res.end('x')
  },
  'changes sessionID': (req, res) => {
    req.sessionID = 'by-hand'
    res.end('x')
  },
  'makes sessionID a number': (req, res) => {
    req.session.a = 3
    req.sessionID = 7
    res.end('x')
  },
  'removes sessionID': (req, res) => {
    req.session.a = 3
    req.sessionID = undefined
    res.end('x')
  },
  'nulls the session': (req, res) => {
    req.session = null
    res.end('x')
  },
  'deletes the session': (req, res) => {
    delete req.session
    res.end('x')
  },
  'replaces the session by an object': (req, res) => {
    const nothing = (): void => undefined
    const save = (done: () => void): void => done()
    req.session = { cookie: req.session.cookie, id: req.sessionID, touch: nothing, save }
    res.end('x')
  },
  'sets a cookie of its own': (req, res) => {
    res.setHeader('Set-Cookie', 'mine=1')
    req.session.a = 5
    res.end('x')
  },
  'sets cookies of its own': (req, res) => {
    res.setHeader('set-cookie', ['mine=1', 'yours=2'])
    req.session.a = 6
    res.end('x')
  },
}

interface Flags {
  readonly saveUninitialized: boolean
  readonly resave: boolean
  readonly rolling: boolean
  readonly maxAge: number | null
}

/** All combinations of the flags, by whether an even number of them is set: any three of them occur in each half. */
function combinations(half: 'even' | 'odd'): readonly Flags[] {
  const each = [false, true]
  return each
    .flatMap((saveUninitialized) => each.map((resave) => ({ saveUninitialized, resave })))
    .flatMap((flags) => each.map((rolling) => ({ ...flags, rolling })))
    .flatMap((flags) => [null, 60_000].map((maxAge) => ({ ...flags, maxAge })))
    .filter((flags) => {
      const set = Object.values(flags).filter((flag) => flag !== false && flag !== null).length
      return (set % 2 === 0) === (half === 'even')
    })
}

/** Each deed without a cookie, with that of a known session, and with that of an unknown one. */
async function visit(lab: Lab, { maxAge, ...flags }: Flags): Promise<void> {
  for (const [name, deed] of Object.entries(DEEDS)) {
    lab.note(name)
    const records = { known: { cookie: { originalMaxAge: maxAge }, seen: 1 } }
    const store = lab.store({ records })
    const app = lab.app(lab.middleware({ ...flags, store, cookie: { maxAge } }), deed)
    await lab.get(app)
    await lab.get(app, { cookie: signed('known') })
    await lab.get(app, { cookie: signed('unknown') })
    lab.note([...store.kept])
  }
}

export function compareDeeds(half: 'even' | 'odd'): void {
  for (const flags of combinations(half)) {
    const title = JSON.stringify(flags).replaceAll(/[{}"]/g, '')
    compare(`S2-06, S2-07: ${title}`, (_session, lab) => visit(lab, flags))
  }
}
