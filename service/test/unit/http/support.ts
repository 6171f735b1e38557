import express, { type Express, type RequestHandler } from 'express'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import {
  createErrorHandler,
  parseQuery,
  type ErrorHandlerOptions,
} from '../../../src/http/index.js'

/** An application with one route for everything, on a free port; closed when the test is over. */
export interface TestApp {
  readonly url: string
  /** The bodies (or whatever else) that the handler after the middleware has seen. */
  readonly seen: unknown[]
  readonly port: number
}

export async function serve(
  steps: readonly RequestHandler[],
  options: Partial<ErrorHandlerOptions> = {},
): Promise<TestApp> {
  const seen: unknown[] = []
  const app: Express = express()
  app.set('query parser', parseQuery)
  for (const step of steps) app.use(step)
  app.use((request, response) => {
    seen.push(request.body)
    response.json({ body: request.body as unknown, query: request.query })
  })
  app.use(createErrorHandler({ isDevelopment: false, ...options }))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => close(server))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${String(port)}`, seen, port }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}

/** An answer, read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

export async function post(
  app: TestApp,
  body: string | Uint8Array,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Answer> {
  return read(await fetch(app.url, { method: 'POST', headers, body: body as string }))
}

export async function get(app: TestApp, path: string, headers = {}): Promise<Answer> {
  return read(await fetch(app.url + path, { headers }))
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text()
  const body = (text.startsWith('{') ? JSON.parse(text) : { text }) as Record<string, unknown>
  return { status: response.status, headers: response.headers, body }
}

/** Sends bytes as they are, and answers everything that comes back until the server closes, or `quiet` ms pass. */
export async function raw(app: TestApp, bytes: string | Buffer, quiet = 2_000): Promise<string> {
  const socket: Socket = connect(app.port, '127.0.0.1')
  socket.on('error', () => undefined)
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  socket.write(bytes)
  await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, quiet))])
  socket.destroy()
  return text
}
