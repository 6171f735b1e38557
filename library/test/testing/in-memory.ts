import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

export interface MemoryAnswer {
  readonly status: number
  readonly headers: ReturnType<ServerResponse['getHeaders']>
  readonly cookies: readonly string[]
  readonly body: string
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** Sends a request through an application without a server: unit tests start none. */
export async function send(
  app: unknown,
  url: string,
  headers: Record<string, string> = {},
): Promise<MemoryAnswer> {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: '127.0.0.1' })
  const request = Object.assign(new IncomingMessage(socket), { method: 'GET', url })
  request.headers = { host: 'localhost', ...headers }
  // All of it has come: error handlers wait for that.
  request.complete = true
  request.push(null)
  const response = new ServerResponse(request)
  const chunks: Buffer[] = []
  socket._write = (chunk: Buffer, _encoding, done) => {
    chunks.push(Buffer.from(chunk))
    done()
  }
  socket._writev = (all: { chunk: Buffer | string }[], done) => {
    for (const { chunk } of all) chunks.push(Buffer.from(chunk))
    done()
  }
  response.assignSocket(socket)
  const finished = new Promise((resolve) => response.once('finish', resolve))
  ;(app as Handler)(request, response)
  await finished
  const lines = response.getHeader('set-cookie') ?? []
  const text = Buffer.concat(chunks).toString()
  return {
    status: response.statusCode,
    headers: response.getHeaders(),
    cookies: Array.isArray(lines) ? lines : [String(lines)],
    body: text.slice(text.indexOf('\r\n\r\n') + 4),
  }
}
