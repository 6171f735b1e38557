import type { NodeRequest } from '../request/incoming.js'
import type { Refusal } from '../guard/session-guard.js'
import type { StoreUnavailable } from '../errors.js'
import type { Wire } from './connection.js'
import { toCloseFrame } from './end.js'

/** The part of a socket of socket.io 4 that is used. */
export interface SocketIoSocket {
  readonly id: string
  /** The handshake request. */
  readonly request: NodeRequest
  readonly handshake: { readonly auth: Readonly<Record<string, unknown>> }
  emit(event: string, ...values: unknown[]): unknown
  disconnect(close?: boolean): unknown
  once(event: 'disconnect', listener: () => void): unknown
  onAny(listener: () => void): unknown
  use(step: (packet: never, next: (error?: Error) => void) => void): unknown
}

/** The part of a server or namespace of socket.io 4 that is used. */
export interface SocketIoServer<Socket extends SocketIoSocket> {
  use(step: (socket: Socket, next: (error?: Error) => void) => void): unknown
  on(event: 'connection', listener: (socket: Socket) => void): unknown
}

/** The event that tells a socket.io client why it is disconnected: `{ code, reason }`, as a WebSocket would be closed. */
export const ENDED_EVENT = 'session:ended'

/** How the connection of a socket.io socket is closed. */
export function createSocketIoWire(socket: SocketIoSocket): Wire {
  return {
    end(end) {
      socket.emit(ENDED_EVENT, toCloseFrame(end))
      // The whole connection: other namespaces on it hang on the same handshake.
      socket.disconnect(true)
    },
  }
}

/** The ticket of a handshake: `io(address, { auth: { ticket } })`. */
export function ticketOfSocket({ handshake }: SocketIoSocket): string | undefined {
  const { ticket } = handshake.auth
  return typeof ticket === 'string' ? ticket : undefined
}

/** What a client's `connect_error` gets: the code as message, and more in `data`. */
export function toConnectError(refused: Refusal | StoreUnavailable): Error {
  const { status, code, message } = refused
  const reason = 'reason' in refused ? refused.reason : undefined
  const retryAfter = refused.retryAfter
  const data = { status, code, message, reason, retryAfter }
  return Object.assign(new Error(code), { data })
}
