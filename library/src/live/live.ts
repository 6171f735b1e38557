import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { StoreUnavailable } from '../errors.js'
import type { Refusal } from '../guard/session-guard.js'
import { createNodeIncoming, type Incoming, type NodeRequest } from '../request/incoming.js'
import { duration } from '../session/option-values.js'
import type { Session } from '../session/session.js'
import type { Sojourn } from '../sojourn.js'
import type { Live, StreamOptions, StreamResult } from './contract.js'
import type { Admitted } from './admitted.js'
import { KeptConnection, type LiveConnection, type Wire } from './connection.js'
import { EventStream, type StreamResponse } from './event-stream.js'
import { admit, admitSession, type Admission, type AdmitOptions } from './handshake.js'
import { Keeper } from './keeper.js'
import { toLiveSettings, type LiveOptions, type LiveSettings } from './options.js'
import { refuseFull } from './room.js'
import {
  createSocketIoWire,
  ticketOfSocket,
  toConnectError,
  type SocketIoServer,
  type SocketIoSocket,
} from './socket-io.js'
import { createTickets, type IssuedTicket, type Tickets } from './tickets.js'
import {
  createWebSocketWire,
  quiet,
  refuseUpgrade,
  type WebSocketLike,
  type WebSocketServerLike,
} from './web-socket.js'

const EXPIRING_BEFORE = 60_000
const HEARTBEAT = 15_000

/**
 * Makes the door for sockets and streams of one application. One is enough, and each listens to the store: call `close` when
 * the process stops. Throws `InvalidOption`.
 */
export function createLive<Data extends object>(
  sojourn: Sojourn<Data>,
  options: LiveOptions = {},
): Live<Data> {
  return new LiveDoor(sojourn, toLiveSettings(options))
}

class LiveDoor<Data extends object> implements Live<Data> {
  readonly #sojourn: Sojourn<Data>
  readonly #settings: LiveSettings
  readonly #keeper: Keeper
  readonly #tickets: Tickets
  readonly #connections = new WeakMap<object, LiveConnection<Data>>()
  readonly #stopHearing: readonly (() => void)[]
  #isClosed = false

  constructor(sojourn: Sojourn<Data>, settings: LiveSettings) {
    const { held, clock } = sojourn
    const keeper = new Keeper({ held, clock, settings })
    this.#sojourn = sojourn
    this.#settings = settings
    this.#tickets = createTickets({ context: sojourn, held, settings })
    this.#keeper = keeper
    // A store without a feed tells nobody, but of what this process does itself.
    this.#stopHearing = [
      sojourn.on('session.ended', ({ id }) => {
        keeper.onSession(id)
      }),
      sojourn.on('subject.revoked', ({ subject }) => {
        keeper.onSubject(subject)
      }),
      sojourn.on('subject.disabled', ({ subject }) => {
        keeper.onSubject(subject)
      }),
    ]
  }

  async admit(request: NodeRequest | Incoming, options?: AdmitOptions): Promise<Admission> {
    const parts = { sojourn: this.#sojourn, settings: this.#settings, tickets: this.#tickets }
    const { proxyTrust } = this.#sojourn
    return admit(
      parts,
      'headers' in request ? createNodeIncoming(request, proxyTrust) : request,
      options,
    )
  }

  admitSession(session: Session<Data>): Admission {
    return admitSession({ settings: this.#settings }, session)
  }

  async handleUpgrade<Socket extends WebSocketLike>(
    server: WebSocketServerLike<Socket>,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    options?: AdmitOptions,
  ): Promise<LiveConnection<Data> | undefined> {
    const stop = quiet(socket)
    const admitted = await this.#enter(request, options)
    if (socket.destroyed) return undefined
    if ('code' in admitted) {
      refuseUpgrade(socket, admitted)
      return undefined
    }
    stop()
    let connection: LiveConnection<Data> | undefined
    server.handleUpgrade(request, socket, head, (opened) => {
      connection = this.attach(opened, admitted)
      if (connection.isOpen) server.emit('connection', opened, request)
    })
    return connection
  }

  attach(socket: WebSocketLike, admitted: Admitted): LiveConnection<Data> {
    const { clock } = this.#sojourn
    const isFull = refuseFull(this.#keeper, this.#settings, admitted) !== undefined
    const wire = createWebSocketWire(socket, this.#keeper.wheel, clock)
    const connection = this.#keep(socket, admitted, wire)
    socket.once('close', () => {
      connection.detach()
    })
    if (this.#settings.isActivity) {
      socket.on('message', () => {
        connection.noteActivity()
      })
    }
    if (isFull) connection.close({ kind: 'full' })
    return connection
  }

  guard<Socket extends SocketIoSocket>(io: SocketIoServer<Socket>): void {
    const admissions = new WeakMap<Socket, Admitted>()
    const enter = async (socket: Socket): Promise<Refusal | StoreUnavailable | undefined> => {
      const admitted = await this.#enter(socket.request, { ticket: ticketOfSocket(socket) })
      if ('code' in admitted) return admitted
      admissions.set(socket, admitted)
      return undefined
    }
    io.use((socket, next) => {
      void enter(socket).then((refused) => {
        if (refused === undefined) next()
        else next(toConnectError(refused))
      })
    })
    io.on('connection', (socket) => {
      const admitted = admissions.get(socket)
      if (admitted === undefined) this.#recover(socket, enter, admissions)
      else this.#attachSocketIo(socket, admitted)
    })
  }

  stream(
    response: StreamResponse,
    admitted: Admitted,
    { expiringBefore, heartbeat }: StreamOptions = {},
  ): StreamResult<Data> {
    const refusal = refuseFull(this.#keeper, this.#settings, admitted)
    if (refusal !== undefined) return { ok: false, refusal }
    const times = {
      expiringBefore: duration('expiringBefore', expiringBefore, EXPIRING_BEFORE),
      heartbeat: duration('heartbeat', heartbeat, HEARTBEAT),
    }
    const wire = new EventStream(response, times, this.#keeper.wheel, this.#sojourn.clock)
    const connection = this.#make(response, admitted, wire, true)
    response.once('close', () => {
      wire.stop()
      connection.detach()
    })
    wire.begin(connection)
    if (this.#isClosed) connection.close({ kind: 'closing' })
    return { ok: true, connection, send: (name, data) => wire.send(name, data) }
  }

  of(socket: object): LiveConnection<Data> | undefined {
    return this.#connections.get(socket)
  }

  issueTicket(session: Session<Data>, origin?: string): IssuedTicket {
    return this.#tickets.issue(session, origin)
  }

  stats(): { readonly connections: number; readonly sessions: number } {
    const { connections, sessions } = this.#keeper
    return { connections, sessions }
  }

  close(): void {
    this.#isClosed = true
    this.#keeper.endAll({ kind: 'closing' })
    this.#keeper.close()
    for (const stop of this.#stopHearing) stop()
  }

  /** Never rejects: whatever the fault is, nothing was decided, and the client may come again. */
  async #enter(
    request: NodeRequest,
    options?: AdmitOptions,
  ): Promise<Admitted | Refusal | StoreUnavailable> {
    try {
      const admission = await this.admit(request, options)
      if (!admission.ok) return admission.refusal
      const { admitted } = admission
      return refuseFull(this.#keeper, this.#settings, admitted) ?? admitted
    } catch (error) {
      if (error instanceof StoreUnavailable) return error
      return new StoreUnavailable('The handshake could not be judged.', { cause: error })
    }
  }

  #make(
    socket: object,
    admitted: Admitted,
    wire: Wire,
    wantsUse: boolean = false,
  ): KeptConnection<Data> {
    const parts = { keeper: this.#keeper, held: this.#sojourn.held, clock: this.#sojourn.clock }
    const { client } = admitted
    const connection = new KeptConnection(parts, admitted.take(), { wire, client, wantsUse })
    this.#connections.set(socket, connection)
    return connection
  }

  #keep(socket: object, admitted: Admitted, wire: Wire): KeptConnection<Data> {
    const connection = this.#make(socket, admitted, wire)
    if (this.#isClosed) connection.close({ kind: 'closing' })
    return connection
  }

  #attachSocketIo(socket: SocketIoSocket, admitted: Admitted): void {
    const connection = this.#keep(socket, admitted, createSocketIoWire(socket))
    socket.once('disconnect', () => {
      connection.detach()
    })
    if (this.#settings.isActivity) {
      socket.onAny(() => {
        connection.noteActivity()
      })
    }
  }

  /**
   * A connection that was recovered (`connectionStateRecovery`) has passed no middleware, and its session may have ended
   * meanwhile: nothing it says is heard until that is known.
   */
  #recover<Socket extends SocketIoSocket>(
    socket: Socket,
    enter: (socket: Socket) => Promise<Refusal | StoreUnavailable | undefined>,
    admissions: WeakMap<Socket, Admitted>,
  ): void {
    const entering = enter(socket)
    socket.use((_packet, next) => {
      void entering.then((refused) => {
        if (refused === undefined) next()
      })
    })
    void entering.then((refused) => {
      const admitted = admissions.get(socket)
      if (refused === undefined && admitted !== undefined) this.#attachSocketIo(socket, admitted)
      else socket.disconnect(true)
    })
  }
}
