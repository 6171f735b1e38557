import express from 'express'
import { createExpressAdapter, type ExpressCsrfOptions } from '../../../src/adapter/express.js'
import type { SojournOptions } from '../../../src/options.js'
import type { SojournEvents } from '../../../src/session/events.js'
import { hearing, scene } from '../../support/sojourn.js'
import { listen, WebClient, type WebAnswer } from '../../support/web.js'

export type Told = SojournEvents['request.refused']

export interface Stage {
  readonly url: string
  /** What the guards told of, in order. */
  readonly told: Told[]
  /** Names of the store verbs called so far. */
  readonly calls: string[]
  client(): Visitor
  close(): Promise<void>
}

/** Somebody with cookies, over a real socket. */
export class Visitor extends WebClient {
  /** A token from the page of a variant. */
  async token(variant = 'plain'): Promise<string> {
    const { body } = await this.get(`/${variant}/form`)
    return body
  }

  async signIn(as = 'ada'): Promise<this> {
    await this.post('/sign-in', { as })
    return this
  }
}

/**
 * One application with a guard for each variant of the options, under a path of its own: `/plain/do`, `/always/do`, …; `do`
 * takes every method and says `done`. `/sign-in` and the like are in front of all guards.
 */
export async function stage(
  variants: Readonly<Record<string, ExpressCsrfOptions>>,
  options: Partial<SojournOptions<Record<string, unknown>>> = {},
): Promise<Stage> {
  const { sojourn, calls } = scene(options)
  const told: Told[] = []
  sojourn.on('request.refused', (event) => told.push(event))
  const web = createExpressAdapter(sojourn)
  const app = express()
  app.use(web.sessions, express.json(), express.urlencoded())
  app.post(
    '/sign-in',
    web.handler(async (request, response) => {
      await request.session.signIn((request.body as { as: string }).as)
      response.end()
    }),
  )
  app.post(
    '/guest',
    web.handler((request, response) => {
      request.session.set('cart', 1)
      response.end()
    }),
  )
  app.post(
    '/confirm',
    web.handler(async (request, response) => {
      await request.session.elevate()
      response.end()
    }),
  )
  for (const [name, rules] of Object.entries(variants)) {
    app.use((request, _response, next) => {
      overrideMethod(request)
      next()
    })
    app.use(`/${name}`, web.csrf(rules))
    app.get(
      `/${name}/form`,
      web.handler(async (request, response) => {
        response.send(await web.csrfToken(request, response))
      }),
    )
    app.use(`/${name}`, (_request, response) => {
      response.send('done')
    })
  }
  const server = await listen(app)
  return {
    ...server,
    told,
    calls,
    client: () => new Visitor(server),
  }
}

/** What the package method-override does, in front of a guard that should have come first. */
function overrideMethod(request: any): void {
  const wanted = request.headers['x-http-method-override'] ?? request.query._method
  if (typeof wanted !== 'string') return
  request.originalMethod ??= request.method
  request.method = wanted.toUpperCase()
}

/** `done`, or which check refused, as the answer and the event both have it. */
export async function outcomeOf(answer: WebAnswer, told: Told[]): Promise<string> {
  await hearing()
  const [event, ...more] = told.splice(0)
  if (answer.status === 200) return event === undefined ? 'done' : `done, but for ${event.code}`
  const { code, check } = JSON.parse(answer.body) as { code: string; check: string }
  const isTold = more.length === 0 && event?.code === code && event.check === check
  return isTold && answer.status === 403
    ? `${code}: ${check}`
    : `${String(answer.status)} ${code}, told as ${JSON.stringify(event)}`
}

export const FORM = 'application/x-www-form-urlencoded'
