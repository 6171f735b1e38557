import { Readable } from 'node:stream'
import bodyParser from '@koa/bodyparser'
import Koa, { type DefaultState, type Middleware, type ParameterizedContext } from 'koa'
import {
  createKoaAdapter,
  type KoaMiddleware,
  type SessionContext,
} from '../../../src/adapter/koa.js'
import { listen } from '../../support/web.js'
import { ROUTES, type Data, type Framework, type Result } from './routes.js'

export const KOA: Framework = {
  name: 'Koa',
  async start(sojourn) {
    const web = createKoaAdapter(sojourn)
    const app = new Koa<DefaultState, SessionContext<Data>>()
    app.silent = true
    app.use(bodyParser())
    app.use(web.sessions)
    for (const { method, path, guards, run } of ROUTES) {
      const chain = (guards?.(web) ?? []) as KoaMiddleware[]
      const isOurs = (ctx: { path: string; method: string }): boolean =>
        ctx.path === path && (ctx.method === method || (ctx.method === 'HEAD' && method === 'GET'))
      for (const one of chain) {
        app.use(async (ctx, next) => {
          if (isOurs(ctx) || (ctx.method === 'OPTIONS' && ctx.path === path)) await one(ctx, next)
          else await next()
        })
      }
      const handler: Middleware<DefaultState, SessionContext<Data>> = async (ctx, next) => {
        if (!isOurs(ctx) || run === undefined) return next()
        send(
          ctx,
          await run({
            session: ctx.session,
            query: ctx.URL.searchParams,
            csrfToken: async () => web.csrfToken(ctx),
            nonce: () => web.nonceOf(ctx),
          }),
        )
      }
      app.use(handler)
    }
    return listen(app.callback())
  },
}

function send(
  ctx: Pick<ParameterizedContext, 'body' | 'set' | 'type' | 'redirect' | 'status'>,
  result: Result,
): void {
  if ('json' in result) {
    ctx.set({ ...result.headers })
    ctx.body = result.json
  } else if ('html' in result) ctx.body = result.html
  else if ('redirect' in result) {
    ctx.redirect(result.redirect)
    ctx.status = 303
  } else {
    ctx.type = 'text/plain'
    ctx.body = Readable.from(result.stream())
  }
}
