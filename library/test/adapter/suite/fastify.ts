import { Readable } from 'node:stream'
import type { AddressInfo } from 'node:net'
import createFastify, { type FastifyReply } from 'fastify'
import { createFastifyAdapter, type FastifyGuard } from '../../../src/adapter/fastify.js'
import { ROUTES, type Framework, type Result } from './routes.js'

export const FASTIFY: Framework = {
  name: 'Fastify',
  async start(sojourn) {
    const web = createFastifyAdapter(sojourn)
    const app = createFastify({ forceCloseConnections: true })
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => {
        done(null, Object.fromEntries(new URLSearchParams(String(body))))
      },
    )
    await app.register(web.sessions)
    for (const { method, path, guards, run } of ROUTES) {
      const chain = (guards?.(web) ?? []) as FastifyGuard[]
      app.route({
        method: method === 'GET' ? ['GET', 'OPTIONS'] : [method],
        url: path,
        preHandler: chain,
        async handler(request, reply) {
          const result = await run?.({
            session: web.sessionOf(request),
            query: new URLSearchParams(request.query as Record<string, string>),
            csrfToken: async () => web.csrfToken(request, reply),
            nonce: () => web.nonceOf(request),
          })
          return result === undefined ? undefined : send(reply, result)
        },
      })
    }
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    return {
      server: app.server,
      port,
      url: `http://localhost:${String(port)}`,
      close: async () => app.close(),
    }
  },
}

function send(reply: FastifyReply, result: Result): unknown {
  if ('json' in result) return reply.headers(result.headers ?? {}).send(result.json)
  if ('html' in result) return reply.type('text/html; charset=utf-8').send(result.html)
  if ('redirect' in result) return reply.redirect(result.redirect, 303)
  return reply.type('text/plain').send(Readable.from(result.stream()))
}
