/**
 * Where sojourn/express-session means to differ from the original, each with both outcomes. What is not named
 * here has to be the same: that is what all other files of this folder are for.
 */
import { describe, expect, it } from 'vitest'
import { Lab, observe, signed, type Scenario } from './lab.js'
import { IS_OURS, ORIGINAL, SUBJECT, type SessionModule } from './subject.js'

const RECORDS = { known: { cookie: {}, a: 1 } }

/** What a scenario returns, for each module. */
function differ(
  title: string,
  outcome: { readonly original: unknown; readonly ours: unknown },
  scenario: Scenario,
): void {
  it.runIf(IS_OURS)(title, async () => {
    expect(await resultOf(ORIGINAL, scenario), 'express-session').toStrictEqual(outcome.original)
    expect(await resultOf(SUBJECT, scenario), 'ours').toStrictEqual(outcome.ours)
  })
}

async function resultOf(session: SessionModule, scenario: Scenario): Promise<unknown> {
  let result: unknown
  await observe(session, async (module, lab) => {
    result = await scenario(module, lab)
  })
  return result
}

/** What a handler finds out about its request, under a quiet middleware with the record `known`. */
function asked(
  lab: Lab,
  options: Record<string, unknown>,
  question: (req: any, res: any) => unknown,
): Promise<unknown> {
  const store = lab.store({ records: RECORDS })
  return new Promise((resolve) => {
    const app = lab.app(lab.middleware({ store, ...options }), (req, res) => {
      void Promise.resolve(question(req, res)).then((found) => {
        if (!res.writableEnded) res.end()
        resolve(found)
      })
    })
    void lab.get(app, { cookie: signed('known') }).then(() => resolve('no answer'))
  })
}

describe('known differences: promises', () => {
  for (const method of ['save', 'destroy', 'regenerate', 'reload'] as const) {
    differ(
      `behaviour 34a: ${method} without a callback answers a promise that resolves when it is done`,
      { original: 'no promise', ours: [undefined, true] },
      (_session, lab) =>
        asked(lab, {}, async (req) => {
          // Without callbacks the original fails where it wants to call one.
          if (lab.isOriginal && method !== 'save') return 'no promise'
          const promise = req.session[method]()
          if (!(promise instanceof Promise)) return 'no promise'
          return [await promise, lab.log.some((entry) => String(entry).includes('calls back'))]
        }),
    )

    differ(
      `behaviour 34a: ${method} without a callback rejects where the store fails`,
      { original: 'no promise', ours: 'the store is gone' },
      async (_session, lab) => {
        const fail = (...given: any[]): void => given.pop()(new Error('the store is gone'))
        return asked(lab, {}, async (req) => {
          if (lab.isOriginal) return 'no promise'
          Object.assign(req.sessionStore, { get: fail, set: fail, destroy: fail })
          return req.session[method]().catch((error: Error) => error.message)
        })
      },
    )
  }

  differ(
    'a promise that nobody awaits ends no process',
    { original: 0, ours: 0 },
    async (_session, lab) => {
      await asked(lab, {}, (req) => {
        req.sessionStore.set = (...given: any[]) => given.pop()(new Error('the store is gone'))
        req.session.save()
      })
      await new Promise((resolve) => setTimeout(resolve, 5))
      return lab.log.filter((entry) => String((entry as unknown[])[0]).startsWith('un')).length
    },
  )

  differ(
    'save and reload with a callback return the session, as their types say',
    { original: [false, false], ours: [true, true] },
    (_session, lab) =>
      asked(lab, {}, (req) => {
        const before = req.session
        return [before.save(() => undefined) === before, before.reload(() => undefined) === before]
      }),
  )
})

describe('known differences: what was broken', () => {
  differ(
    'cookie as a function: secure and sameSite auto are decided for the request',
    { original: ['auto', 'auto'], ours: [false, 'lax'] },
    async (_session, lab) => {
      const cookie = (): unknown => ({ secure: 'auto', sameSite: 'auto' })
      return asked(lab, { cookie }, async (req) => {
        req.sessionStore.generate(req)
        const found = [req.session.cookie.secure, req.session.cookie.sameSite]
        req.session = undefined
        return found
      })
    },
  )

  differ(
    'of two cookies of one name the one that verifies counts',
    { original: 'sid-1', ours: 'known' },
    async (_session, lab) => {
      const store = lab.store({ records: RECORDS })
      const app = lab.app(lab.middleware({ store }), (req, res) => res.end(req.sessionID))
      const answer = await lab.get(app, { cookie: `connect.sid=first; ${signed('known')}` })
      return /sid-1|known/.exec(answer.body)?.[0]
    },
  )

  for (const [name, given, original] of [
    ['end(callback)', [], ['ERR_INVALID_ARG_TYPE', 'saved']],
    ['end(text, callback)', ['text'], ['ended', 'saved']],
    ['end(text, encoding, callback)', ['text', 'utf8'], ['saved']],
  ] as const) {
    differ(
      `${name} calls back once the session is saved and the response has ended`,
      { original, ours: ['saved', 'ended'] },
      async (_session, lab) => {
        const seen: string[] = []
        const app = lab.app(lab.middleware({ store: lab.store() }), (req, res) => {
          req.session.b = 1
          req.sessionStore.set = (...args: any[]) => {
            setTimeout(() => {
              seen.push('saved')
              args.at(-1)()
            }, 5)
          }
          try {
            res.end(...given, () => seen.push('ended'))
          } catch (error) {
            seen.push(String((error as NodeJS.ErrnoException).code))
            res.destroy()
          }
        })
        await lab.get(app)
        await new Promise((resolve) => setTimeout(resolve, 10))
        return seen
      },
    )
  }

  differ(
    'a secret that is none is refused without being named',
    { original: [true, true], ours: [true, false] },
    async (_session, lab) => {
      const errors: Error[] = []
      const app = lab.app(
        (_req, _res, next) => next(),
        lab.middleware({ secret: 4711, saveUninitialized: true }),
        (_req, res) => res.end(),
      )
      await lab.get(app)
      for (const [what, , error] of lab.log as [string, unknown, any][]) {
        if (what === 'next 1 again') errors.push(error)
      }
      return [
        errors.some((error: any) => error.error === 'TypeError'),
        /4711/.test(JSON.stringify(errors)),
      ]
    },
  )

  for (const [place, value, original] of [
    ['cookies', { an: 'object' }, 'TypeError'],
    ['signedCookies', { an: 'object' }, [{ an: 'object' }]],
    ['signedCookies', 42, [42]],
  ] as const) {
    differ(
      `the store is not asked for what req.${place} holds as ${JSON.stringify(value)}`,
      { original, ours: [] },
      (_session, lab) => {
        const ids: unknown[] = []
        const store = lab.store()
        store.get = (id: unknown, done: () => void) => {
          ids.push(id)
          done()
        }
        const req: any = { headers: {}, url: '/', [place]: { 'connect.sid': value } }
        try {
          lab.middleware({ store })(req, {}, () => undefined)
        } catch (error) {
          return (error as Error).name
        }
        return ids
      },
    )
  }

  differ(
    'a record whose cookie has a __proto__ of its own puts no prototype under the cookie',
    { original: [false, 'evil'], ours: [true, undefined] },
    (session) => {
      const cookie = new session.Cookie(JSON.parse('{"__proto__":{"domain":"evil"},"path":"/"}'))
      return [cookie instanceof session.Cookie, cookie.domain]
    },
  )

  differ(
    'writeHead() keeps the status it cannot read',
    { original: undefined, ours: 404 },
    async (_session, lab) =>
      asked(lab, {}, (_req, res) => {
        res.statusCode = 404
        try {
          res.writeHead()
        } catch {
          // Refused by both.
        }
        const { statusCode } = res
        res.statusCode = 404
        return statusCode
      }),
  )
})

describe('known differences: shapes', () => {
  differ(
    'regenerate takes options before its callback; cookies say that they are Cookies',
    { original: [1, 'Object'], ours: [2, 'Cookie'] },
    (session) => [
      session.Session.prototype.regenerate.length,
      new session.Cookie().constructor.name,
    ],
  )

  differ(
    'sign-in has a method of its own',
    {
      original: ['undefined', []],
      ours: ['function', ['endReasonOf', 'keepSessions', 'refusalOf', 'subjectOf']],
    },
    (session) => {
      const classes = ['Store', 'Cookie', 'Session', 'MemoryStore']
      return [
        typeof session.Session.prototype.login,
        Object.keys(session)
          .filter((name) => !classes.includes(name))
          .sort(),
      ]
    },
  )
})
