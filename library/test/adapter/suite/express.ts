import { Readable } from 'node:stream'
import express5, { type Request, type Response } from 'express'
import express4 from 'express4'
import { createExpressAdapter, nonceOf, type Middleware } from '../../../src/adapter/express.js'
import { listen } from '../../support/web.js'
import { ROUTES, type Framework, type Result } from './routes.js'

function create(name: string, express: typeof express5): Framework {
  return {
    name,
    async start(sojourn) {
      const web = createExpressAdapter(sojourn)
      const app = express()
      app.set('env', 'test').disable('x-powered-by').disable('etag')
      app.use(express.json(), express.urlencoded({ extended: false }), web.sessions)
      for (const { method, path, guards, run } of ROUTES) {
        const handler = web.handler(async (req, res) => {
          const result = await run?.({
            session: req.session,
            query: queryOf(req),
            csrfToken: async () => web.csrfToken(req, res),
            nonce: () => nonceOf(res),
          })
          if (result !== undefined) send(res, result)
        })
        const chain = (guards?.(web) ?? []) as Middleware[]
        if (chain.length > 0) app.options(path, ...chain)
        app[method === 'GET' ? 'get' : 'post'](path, ...chain, handler)
      }
      return listen(app as never)
    },
  }
}

function queryOf({ originalUrl }: Request): URLSearchParams {
  return new URL(originalUrl, 'http://localhost').searchParams
}

function send(res: Response, result: Result): void {
  if ('json' in result) res.set(result.headers ?? {}).json(result.json)
  else if ('html' in result) res.type('html').send(result.html)
  else if ('redirect' in result) res.redirect(303, result.redirect)
  else Readable.from(result.stream()).pipe(res)
}

export const EXPRESS_4: Framework = create('Express 4', express4)
export const EXPRESS_5: Framework = create('Express 5', express5)
