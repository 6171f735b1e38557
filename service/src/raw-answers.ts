/**
 * Answers to what never becomes a request of Express: CONNECT, a method nobody knows, a head that is malformed,
 * too large or too slow. Node's own answers to these say nothing but a status.
 */
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** Status lines by what Node calls the fault. Anything else is a bad request. */
const STATUS: Readonly<Record<string, string>> = {
  HPE_INVALID_METHOD: '405 Method Not Allowed',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Answers them with the headers that every answer has, and ends the connection. */
export function answerRaw(server: Server, { isSecure }: { readonly isSecure: boolean }): void {
  const security = isSecure
    ? ['Strict-Transport-Security: max-age=31536000; includeSubDomains']
    : []
  const answering = new WeakSet<Duplex>()
  const refuse = (socket: Duplex, status: string): void => {
    // In the middle of another answer, this one would be taken for its body.
    if (!socket.writable || answering.has(socket)) {
      socket.destroy()
      return
    }
    const allow = status.startsWith('405') ? ['Allow: GET, HEAD, POST, PATCH, DELETE'] : []
    const head = [`HTTP/1.1 ${status}`, ...security, ...allow, 'Connection: close']
    socket.end(`${head.join('\r\n')}\r\n\r\n`)
  }
  server.on('request', ({ socket }, response) => {
    answering.add(socket)
    response.once('close', () => answering.delete(socket))
  })
  server.on('connect', (_request, socket) => {
    refuse(socket, '405 Method Not Allowed')
  })
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    refuse(socket, STATUS[code ?? ''] ?? '400 Bad Request')
  })
}
