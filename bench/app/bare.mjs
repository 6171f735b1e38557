import { createServer } from 'node:http'

/** The same answers without any session: what a framework costs by itself. */

const PATHS = ['/untouched', '/me', '/write']
const COOKIE = `sid=${'x'.repeat(85)}`

export function mountBare({ app, answer }) {
  app.post('/login', (_request, response) => {
    response.setHeader('Set-Cookie', COOKIE)
    answer(response, 'user')
  })
  for (const path of PATHS) app.get(path, (_request, response) => answer(response, 'user'))
}

export function startHttp({ body }) {
  return createServer((request, response) => {
    if (request.method === 'POST') response.setHeader('Set-Cookie', COOKIE)
    const text = JSON.stringify(body('user'))
    response.setHeader('Content-Type', 'application/json; charset=utf-8')
    response.setHeader('Content-Length', Buffer.byteLength(text))
    response.end(text)
  })
}

export async function startFastify({ body }) {
  const { default: fastify } = await import('fastify')
  const app = fastify()
  app.post('/login', (_request, reply) => reply.header('set-cookie', COOKIE).send(body('user')))
  for (const path of PATHS) app.get(path, (_request, reply) => reply.send(body('user')))
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}

export async function startHono({ body }) {
  const { Hono } = await import('hono')
  const { createAdaptorServer } = await import('@hono/node-server')
  const app = new Hono()
  app.post('/login', (context) => {
    context.header('Set-Cookie', COOKIE)
    return context.json(body('user'))
  })
  for (const path of PATHS) app.get(path, (context) => context.json(body('user')))
  return createAdaptorServer({ fetch: app.fetch })
}
