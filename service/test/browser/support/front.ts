/** Pages of an application that uses `sojourn/browser`, on the origin of the service: a server of its own in front of it. */
import { readFile } from 'node:fs/promises'
import {
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ROOT } from '../../../../tools/workspace/places.mjs'
import type { Service } from './service.js'

const BUILT = join(ROOT, 'library/dist/browser')
/** As strict as it gets: what the client and its dialog do has to be possible under it. */
const POLICY =
  "default-src 'none'; img-src data:; connect-src 'self'; script-src 'self'; form-action 'self'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'"

export interface Front {
  /** The service, under the origin of the front. */
  readonly of: Service
  /** Requests that reached the front, such as `GET /session`, but for its own pages and scripts. */
  readonly seen: string[]
  /** Answers in place of the service's, by such a name. */
  readonly instead: Map<string, (response: ServerResponse) => void>
  stop(): Promise<void>
}

/**
 * @param pages - the content of `main` by the path of the page.
 * @param scripts - ES modules by their paths; each page runs `/page.js`. They may import `/browser/*.js`, the built client.
 */
export async function standInFront(
  of: Service,
  pages: Readonly<Record<string, string>>,
  scripts: Readonly<Record<string, string>>,
): Promise<Front> {
  const seen: string[] = []
  const instead: Front['instead'] = new Map()
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://front').pathname
    const page = pages[path]
    const script = scripts[path]
    if (page !== undefined) sendPage(response, page)
    else if (script !== undefined) sendScript(response, script)
    else if (path.startsWith('/browser/')) void sendBuilt(response, path.slice(9))
    else {
      const name = `${request.method} ${path}`
      seen.push(name)
      const own = instead.get(name)
      if (own === undefined) passOn(of, request, response)
      else own(response)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  return {
    of: { ...of, origin: `http://localhost:${port}` },
    seen,
    instead,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function sendPage(response: ServerResponse, main: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.setHeader('content-security-policy', POLICY)
  response.setHeader('cache-control', 'no-store')
  response.end(
    '<!doctype html><html lang="en"><title>Notes</title><link rel="icon" href="data:,">' +
      `<script type="module" src="/page.js"></script><main><h1>Notes</h1>${main}</main></html>`,
  )
}

function sendScript(response: ServerResponse, text: string | Buffer): void {
  response.setHeader('content-type', 'text/javascript')
  response.end(text)
}

async function sendBuilt(response: ServerResponse, name: string): Promise<void> {
  sendScript(response, await readFile(join(BUILT, name)))
}

function passOn(of: Service, request: IncomingMessage, response: ServerResponse): void {
  const { method, url: path, headers } = request
  const { hostname: host, port } = new URL(of.origin)
  const onward = forward({ host, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    response.flushHeaders()
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  // A stream of events ends when its page does.
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}
