import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Refusal } from '../guard/session-guard.js'
import type { Incoming, NodeRequest } from '../request/incoming.js'
import type { Session } from '../session/session.js'
import type { Duration } from '../system/duration.js'
import type { Admitted } from './admitted.js'
import type { LiveConnection } from './connection.js'
import type { StreamResponse } from './event-stream.js'
import type { Admission, AdmitOptions } from './handshake.js'
import type { SocketIoServer, SocketIoSocket } from './socket-io.js'
import type { IssuedTicket } from './tickets.js'
import type { WebSocketLike, WebSocketServerLike } from './web-socket.js'

/** Sockets and streams that live as long as their sessions. */
export interface Live<Data extends object = Record<string, unknown>> {
  /**
   * Judges a handshake: where it comes from, and whom it is for, by cookie, access token or ticket. Counts as no activity.
   * Throws `StoreUnavailable`.
   */
  admit(request: NodeRequest | Incoming, options?: AdmitOptions): Promise<Admission>
  /** The same of a loaded session that a guard of the application has let pass; where it comes from is not asked. */
  admitSession(session: Session<Data>): Admission
  /**
   * Judges the handshake of a WebSocket and answers it: refused by HTTP (401, 403, 429, 503 with problem+json), or attached
   * and handed to the `connection` listeners of `server`. For the `upgrade` event; never rejects.
   */
  handleUpgrade<Socket extends WebSocketLike>(
    server: WebSocketServerLike<Socket>,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    options?: AdmitOptions,
  ): Promise<LiveConnection<Data> | undefined>
  /** Ties a socket of `ws` to the session of its handshake. One too many is closed with 4429. */
  attach(socket: WebSocketLike, admitted: Admitted): LiveConnection<Data>
  /** Lets only admitted sockets into a server or namespace of socket.io, and ties them to their sessions. Call it once for each. */
  guard<Socket extends SocketIoSocket>(io: SocketIoServer<Socket>): void
  /** Answers with a stream of server-sent events, tied to a session; a refusal where there is no room, with nothing sent. */
  stream(response: StreamResponse, admitted: Admitted, options?: StreamOptions): StreamResult<Data>
  /** The connection of a socket, whichever way it was attached. */
  of(socket: object): LiveConnection<Data> | undefined
  /** A ticket for one handshake of a page of `origin` (default: our own) in this loaded session. */
  issueTicket(session: Session<Data>, origin?: string): IssuedTicket
  /** How many there are now. */
  stats(): { readonly connections: number; readonly sessions: number }
  /** Closes every connection as `going_away`, and those that are opened from now on. The process may end then. */
  close(): void
}

/** How a stream behaves. */
export interface StreamOptions {
  /** How long before its end the session is told to be expiring; a third of its idle time where that is less. Default `'60s'`. */
  readonly expiringBefore?: Duration
  /** How often something is sent so that nobody takes the connection for dead. Default `'15s'`. */
  readonly heartbeat?: Duration
}

/** A stream, or why there is none. */
export type StreamResult<Data extends object> =
  | {
      readonly ok: true
      readonly connection: LiveConnection<Data>
      /** Sends an event of the application's own; `false`: the client is gone, or does not read. */
      send(name: string, data: unknown): boolean
    }
  | { readonly ok: false; readonly refusal: Refusal }
