import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Service } from './service.js'

/** A request that could have changed something, as it reached the service. */
export interface SeenPost {
  readonly path: string | undefined
  /** `Sec-Fetch-Site`, as the browser sent it. */
  readonly site: string | undefined
  readonly cookie: string
  readonly status: number | undefined
}

/** Stands between a browser and the service, under an origin of its own, and sees what the browser shows no page. */
export interface GoBetween {
  readonly of: Service
  readonly posts: SeenPost[]
  stop(): Promise<void>
}

/** What browsers did not send before 2020. */
export const UNKNOWN_THEN = /^(?:origin|referer|sec-.*)$/i

/** @param without - headers that it does not pass on. Default: none. */
export async function standBetween(of: Service, without?: RegExp): Promise<GoBetween> {
  const posts: SeenPost[] = []
  const server = createServer((request, response) => {
    const { method, url: path } = request
    const { cookie = '' } = request.headers
    const site = request.headers['sec-fetch-site']
    const headers = Object.entries(request.headers).filter(([name]) => without?.test(name) !== true)
    const { hostname, port } = new URL(of.origin)
    const onward = forward(
      { host: hostname, port, method, path, headers: Object.fromEntries(headers) },
      (answer) => {
        if (method === 'POST') posts.push({ path, site, cookie, status: answer.statusCode })
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
        answer.pipe(response)
      },
    )
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  return {
    of: { ...of, origin: `http://localhost:${String(port)}` },
    posts,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
