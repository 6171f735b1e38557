/** Real sockets: what a server says, byte by byte. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'

export interface Running {
  readonly port: number
  readonly server: Server
  close(): Promise<void>
}

export async function listen(listener: RequestListener): Promise<Running> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A request's text; `Connection: close` unless a header says otherwise. */
export function requestText(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const lines = Object.entries({ Host: 'x', Connection: 'close', ...headers })
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`
}

export function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  return socket
}

/** Sends `text` and answers everything that comes back until the server closes, with `Date` blanked. */
export async function exchange(port: number, text: string): Promise<string> {
  const socket = open(port)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.write(text)
  await once(socket, 'close')
  return withoutDate(Buffer.concat(chunks).toString('latin1'))
}

/**
 * The same answer with a chunked body put together. Node 26 joins what is written in one turn into one chunk, so
 * a response that is replayed at once has other chunk sizes and the same content (RFC 9112 section 7.1).
 */
export function joined(bytes: string): string {
  const at = bytes.indexOf('\r\n\r\n') + 4
  const [head, body] = [bytes.slice(0, at), bytes.slice(at)]
  if (!/\r\nTransfer-Encoding: chunked\r\n/i.test(head)) return bytes
  let content = ''
  for (let from = 0; from < body.length;) {
    const sizeEnd = body.indexOf('\r\n', from)
    const size = Number.parseInt(body.slice(from, sizeEnd), 16)
    content += body.slice(sizeEnd + 2, sizeEnd + 2 + size)
    from = sizeEnd + 2 + size + 2
    if (size === 0) return `${head}${content}\r\n0${body.slice(sizeEnd)}`
  }
  return `${head}${content} (incomplete)`
}

export function withoutDate(text: string): string {
  return text.replace(/\r\nDate: [^\r]+/g, '\r\nDate: -')
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** A promise with its handles. */
export function gate(): { readonly opened: Promise<void>; open(): void; fail(error: Error): void } {
  let open = (): void => undefined
  let fail = (_error: Error): void => undefined
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  return { opened, open, fail }
}
