import { createServer, type IncomingMessage, type Server } from 'node:http'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Anything that answers requests: an Express application, or a bare handler. */
export type Handler = Parameters<typeof createServer>[1]

export interface RunningServer {
  readonly server: Server
  readonly port: number
  readonly url: string
  close(): Promise<void>
}

export async function listen(handler: Handler): Promise<RunningServer> {
  const server = createServer(handler as never)
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
}

export interface WebAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly cookies: readonly string[]
  readonly body: string
  /** Milliseconds from sending the request to the first byte of the head. */
  readonly firstByteAfter: number
}

export interface WebRequest {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  /** Called as soon as the head of the answer is there, before the body. */
  readonly onHead?: (answer: IncomingMessage) => void
}

/** A client with a cookie jar, over a real socket. */
export class WebClient {
  readonly jar = new Map<string, string>()
  readonly #port: number

  constructor({ port }: { readonly port: number }) {
    this.#port = port
  }

  get cookie(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async get(path: string, options: WebRequest = {}): Promise<WebAnswer> {
    return this.send(path, options)
  }

  async post(path: string, body: unknown = {}, options: WebRequest = {}): Promise<WebAnswer> {
    const headers = { 'content-type': 'application/json', ...options.headers }
    return this.send(path, { method: 'POST', body: JSON.stringify(body), ...options, headers })
  }

  async send(
    path: string,
    { method = 'GET', headers = {}, body, onHead }: WebRequest,
  ): Promise<WebAnswer> {
    const cookie = this.cookie
    const started = performance.now()
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: this.#port,
          path,
          method,
          headers: {
            host: `localhost:${String(this.#port)}`,
            ...(cookie === '' ? {} : { cookie }),
            ...headers,
          },
        },
        (answer) => {
          const firstByteAfter = performance.now() - started
          const cookies = answer.headers['set-cookie'] ?? []
          this.keep(cookies)
          onHead?.(answer)
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              cookies,
              body: Buffer.concat(chunks).toString(),
              firstByteAfter,
            })
          })
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  }

  keep(cookies: readonly string[]): void {
    for (const line of cookies) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
      if (/max-age=0(;|$)/i.test(line)) this.jar.delete(name)
      else this.jar.set(name, value)
    }
  }
}
