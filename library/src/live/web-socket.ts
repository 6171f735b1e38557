import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Refusal } from '../guard/session-guard.js'
import { toRefused, toUnavailable, type Reply } from '../adapter/neutral/reply.js'
import { StoreUnavailable } from '../errors.js'
import type { Clock } from '../system/clock.js'
import type { Wire } from './connection.js'
import { toCloseFrame } from './end.js'
import type { Due, Wheel } from './wheel.js'

/** The part of a socket of `ws` that is used. */
export interface WebSocketLike {
  readonly readyState: number
  close(code?: number, reason?: string): void
  terminate(): void
  on(event: 'message', listener: () => void): unknown
  once(event: 'close', listener: () => void): unknown
  removeAllListeners(event: 'message'): unknown
}

/** The part of a `WebSocketServer` of `ws` that is used; made with `noServer: true`. */
export interface WebSocketServerLike<Socket extends WebSocketLike> {
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (socket: Socket, request: IncomingMessage) => void,
  ): void
  emit(event: 'connection', socket: Socket, request: IncomingMessage): unknown
}

/** A peer that does not answer the close frame is cut off after this. Milliseconds. */
const CLOSE_WITHIN = 2_000
const CLOSED = 3

/** How the connection of a WebSocket is closed. */
export function createWebSocketWire(socket: WebSocketLike, wheel: Wheel, clock: Clock): Wire {
  return {
    end(end) {
      // What still comes in is nobody's: the application must not act on it while the peer takes its time to close.
      socket.removeAllListeners('message')
      const { code, reason } = toCloseFrame(end)
      socket.close(code, reason)
      const cut: Due = {
        run() {
          if (socket.readyState !== CLOSED) socket.terminate()
        },
      }
      wheel.set(cut, clock.elapsed() + CLOSE_WITHIN)
      socket.once('close', () => {
        wheel.drop(cut)
      })
    },
  }
}

/** Answers a refused handshake by HTTP, as any request would be, and closes the connection. */
export function refuseUpgrade(socket: Duplex, refused: Refusal | StoreUnavailable): void {
  const reply = refused instanceof StoreUnavailable ? toUnavailable(refused) : toRefused(refused)
  socket.once('finish', () => {
    socket.destroy()
  })
  socket.end(toText(reply))
}

const WORDS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
}

function toText({ status, headers, body = '' }: Reply): string {
  const lines = headers.flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one) => `${name}: ${one}`),
  )
  const head = [
    `HTTP/1.1 ${String(status)} ${WORDS[status] ?? 'Error'}`,
    'Connection: close',
    'Cache-Control: no-store',
    ...lines,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** An upgrade that is being judged: what happens to its connection meanwhile is nobody's fault. */
export function quiet(socket: Duplex): () => void {
  const ignore = (): void => undefined
  socket.on('error', ignore)
  return () => {
    socket.removeListener('error', ignore)
  }
}
