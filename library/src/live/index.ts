/**
 * live/ owns what is held open on a session: WebSockets (`ws`), sockets of socket.io and streams of server-sent events. It
 * judges their handshakes, and closes them when the session ends, wherever that happens. Applications call it; it loads no
 * socket library, reads no message, and never decides whether a session lives: session/ does.
 */
export { createLive } from './live.js'
export type { Live, StreamOptions, StreamResult } from './contract.js'
export type { Admitted } from './admitted.js'
export type { LiveConnection } from './connection.js'
export { toCloseFrame, type CloseFrame, type LiveEnd } from './end.js'
export type { StreamResponse } from './event-stream.js'
export type { Admission, AdmitOptions } from './handshake.js'
export { LIVE_DEFAULTS, type LiveOptions } from './options.js'
export { ENDED_EVENT, type SocketIoServer, type SocketIoSocket } from './socket-io.js'
export type { IssuedTicket } from './tickets.js'
export { refuseUpgrade, type WebSocketLike, type WebSocketServerLike } from './web-socket.js'
