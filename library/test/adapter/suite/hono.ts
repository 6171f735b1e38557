import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import {
  createHonoAdapter,
  type HonoMiddleware,
  type SessionEnv,
} from '../../../src/adapter/hono.js'
import { ROUTES, type Data, type Framework, type Result } from './routes.js'
import { toBody } from './stream.js'

export const HONO: Framework = {
  name: 'Hono',
  async start(sojourn) {
    const web = createHonoAdapter(sojourn)
    const app = new Hono<SessionEnv<Data>>()
    app.onError((error, c) => {
      // Hono's own handler, without its console.error.
      return error instanceof Error ? c.text('Internal Server Error', 500) : c.text('', 500)
    })
    app.use(web.sessions)
    for (const { method, path, guards, run } of ROUTES) {
      const chain = (guards?.(web) ?? []) as HonoMiddleware<Data>[]
      for (const one of chain) app.on([method, 'OPTIONS'], path, one)
      if (run === undefined) continue
      app.on(method, path, async (c) =>
        send(
          c,
          await run({
            session: c.var.session,
            query: new URL(c.req.url).searchParams,
            csrfToken: async () => web.csrfToken(c),
            nonce: () => web.nonceOf(c),
          }),
        ),
      )
    }
    const server = await new Promise<Server>((resolve) => {
      const made = serve(
        { fetch: app.fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false },
        () => {
          resolve(made as Server)
        },
      )
    })
    const { port } = server.address() as AddressInfo
    return {
      server,
      port,
      url: `http://localhost:${String(port)}`,
      close: async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  },
}

function send(c: Context, result: Result): Response | Promise<Response> {
  if ('json' in result) return c.json(result.json, 200, { ...result.headers })
  if ('html' in result) return c.html(result.html)
  if ('redirect' in result) return c.redirect(result.redirect, 303)
  return c.body(toBody(result.stream()), 200, { 'content-type': 'text/plain' })
}
