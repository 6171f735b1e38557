import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { createFetchAdapter, type FetchGuard } from '../../../src/adapter/fetch.js'
import { ROUTES, type Framework, type Result } from './routes.js'
import { toBody } from './stream.js'

type Handler = (request: Request) => Promise<Response>

/** What a platform does around handlers of this shape: routes, 404, 405's part, and 500 for what is thrown. */
export const FETCH: Framework = {
  name: 'fetch',
  async start(sojourn) {
    const addresses = new WeakMap<Request, string>()
    const web = createFetchAdapter(sojourn, {
      connection: (request) => ({ address: addresses.get(request) }),
    })
    const table = new Map<string, Handler>()
    for (const { method, path, guards, run } of ROUTES) {
      const chain = (guards?.(web) ?? []) as FetchGuard[]
      const handler = web.route(
        chain,
        run === undefined
          ? undefined
          : async (request, { session, csrfToken, nonce }) =>
              send(
                await run({
                  session,
                  query: new URL(request.url).searchParams,
                  csrfToken,
                  nonce: () => nonce,
                }),
              ),
      )
      table.set(`${method} ${path}`, handler)
      if (!table.has(`OPTIONS ${path}`)) table.set(`OPTIONS ${path}`, handler)
    }
    const server = createServer((incoming, response) => {
      const { pathname } = new URL(incoming.url ?? '/', 'http://localhost')
      const method = incoming.method === 'HEAD' ? 'GET' : incoming.method
      const handler = table.get(`${method ?? ''} ${pathname}`)
      const request = toRequest(incoming)
      addresses.set(request, incoming.socket.remoteAddress ?? '')
      const answer = handler?.(request) ?? Promise.resolve(new Response(null, { status: 404 }))
      answer
        .catch(() => new Response('Internal Server Error', { status: 500 }))
        .then(
          (made) => {
            write(made, response)
          },
          () => response.destroy(),
        )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
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

function toRequest(incoming: IncomingMessage): Request {
  const headers = new Headers()
  const { rawHeaders } = incoming
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  }
  const method = incoming.method ?? 'GET'
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? ''}`), {
    method,
    headers,
    ...(hasBody ? { body: Readable.toWeb(incoming) as never, duplex: 'half' } : {}),
  })
}

function write(answer: Response, response: ServerResponse): void {
  const headers = [...answer.headers].filter(([name]) => name !== 'set-cookie')
  for (const [name, value] of headers) response.setHeader(name, value)
  const cookies = answer.headers.getSetCookie()
  if (cookies.length > 0) response.setHeader('set-cookie', cookies)
  response.writeHead(answer.status)
  if (answer.body === null) response.end()
  else Readable.fromWeb(answer.body as never).pipe(response)
}

function send(result: Result): Response {
  if ('json' in result) return Response.json(result.json, { headers: { ...result.headers } })
  if ('html' in result) {
    return new Response(result.html, { headers: { 'content-type': 'text/html; charset=utf-8' } })
  }
  if ('redirect' in result) {
    return Response.redirect(new URL(result.redirect, 'http://localhost'), 303)
  }
  return new Response(toBody(result.stream()), { headers: { 'content-type': 'text/plain' } })
}
