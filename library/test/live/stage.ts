import { once } from 'node:events'
import {
  createServer,
  get,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from 'redis'
import { Server as IoServer } from 'socket.io'
import { io, type Socket as IoClient } from 'socket.io-client'
import { WebSocket, WebSocketServer } from 'ws'
import { sendRefusal } from '../../src/adapter/node/send.js'
import { createLive, type Live, type LiveOptions } from '../../src/live/index.js'
import type { SojournOptions } from '../../src/options.js'
import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import { createRedisStore } from '../../src/store/redis/index.js'
import type { Store } from '../../src/store/store.js'
import { SECRET, TOKENS } from '../support/sojourn.js'

/** What sessions hold here. */
export interface Data {
  cart?: string[]
  theme?: string
  count?: number
}

/** How a node is made. */
export interface NodeOptions {
  readonly sojourn?: Partial<SojournOptions<Data>>
  readonly live?: LiveOptions
}

/** One process of an application: HTTP with an upgrade for `ws` at `/ws`, a stream at `/events`, and socket.io beside it. */
export interface Node {
  readonly sojourn: Sojourn<Data>
  readonly live: Live<Data>
  readonly port: number
  /** Messages that the application has heard over WebSockets. */
  readonly heard: string[]
  close(): Promise<void>
}

/** Opens a store of its own on a Redis, with or without an ear for changes. */
export async function openRedis(
  port: number,
  hasSubscriber = true,
): Promise<{ readonly store: Store; close(): void }> {
  const connect = async () => {
    const client = createClient({
      url: `redis://127.0.0.1:${String(port)}`,
      disableOfflineQueue: true,
    })
    client.on('error', () => undefined)
    return client.connect()
  }
  const client = await connect()
  const subscriber = hasSubscriber ? await connect() : undefined
  const store = createRedisStore({
    client: client as never,
    ...(subscriber === undefined ? {} : { subscriber: subscriber as never }),
  })
  return {
    store,
    close() {
      client.destroy()
      subscriber?.destroy()
    },
  }
}

export async function startNode(store: Store, options: NodeOptions = {}): Promise<Node> {
  const sojourn = createSojourn<Data>({
    secrets: SECRET,
    tokens: TOKENS,
    ...options.sojourn,
    store,
  })
  const live = createLive(sojourn, options.live)
  const server = createServer((request, response) => {
    void answer(live, request, response)
  })
  const sockets = new WebSocketServer({ noServer: true })
  const heard = listenTo(sockets, live)
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith('/ws') === true) {
      void live.handleUpgrade(sockets, request, socket, head)
    }
  })
  const ioServer = new IoServer(server, { serveClient: false, destroyUpgrade: false })
  live.guard(ioServer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    sojourn,
    live,
    port: (server.address() as AddressInfo).port,
    heard,
    close: () => stop(server, ioServer, live, sojourn),
  }
}

function listenTo(sockets: WebSocketServer, live: Live<Data>): string[] {
  const heard: string[] = []
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      heard.push(data.toString())
      socket.send(`heard ${live.of(socket)?.subject ?? 'nobody'}`)
    })
  })
  return heard
}

async function answer(
  live: Live<Data>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const admission = await live.admit(request, { isReadable: true })
  const result = admission.ok ? live.stream(response, admission.admitted) : admission
  if (!result.ok) sendRefusal(response, result.refusal)
}

async function stop(
  server: Server,
  ioServer: IoServer,
  live: Live<Data>,
  sojourn: Sojourn<Data>,
): Promise<void> {
  live.close()
  await ioServer.close()
  server.closeAllConnections()
  await sojourn.close()
}

/** What a client sends with its handshake. */
export interface Handshake {
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the node's own. `null`: none. */
  readonly origin?: string | null
  readonly protocols?: readonly string[]
}

/** How the end of a WebSocket looked to its client. */
export interface Closed {
  readonly code: number
  readonly reason: string
  readonly at: number
}

/** A WebSocket that was let in, and its end. */
export interface OpenSocket {
  readonly socket: WebSocket
  readonly closed: Promise<Closed>
}

function dial({ port }: Node, { headers = {}, origin, protocols = [] }: Handshake): WebSocket {
  const from = origin === undefined ? `http://127.0.0.1:${String(port)}` : origin
  return new WebSocket(`ws://127.0.0.1:${String(port)}/ws`, [...protocols], {
    headers,
    ...(from === null ? {} : { origin: from }),
  })
}

/** Opens a WebSocket. Rejects where it is refused. */
export async function openSocket(node: Node, handshake: Handshake): Promise<OpenSocket> {
  const socket = dial(node, handshake)
  const closed = new Promise<Closed>((resolve) => {
    socket.once('close', (code, reason) => {
      resolve({ code, reason: reason.toString(), at: performance.now() })
    })
  })
  await once(socket, 'open')
  return { socket, closed }
}

/** What a refused handshake was answered by HTTP. */
export interface RefusedHandshake {
  readonly status: number
  readonly code: string
  readonly check: string | undefined
}

/** How a handshake ends: `open`, or as it was refused. */
export async function knock(node: Node, handshake: Handshake): Promise<'open' | RefusedHandshake> {
  const socket = dial(node, handshake)
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.terminate()
      resolve('open')
    })
    socket.once('unexpected-response', (_request, response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => {
        const { code, check } = JSON.parse(body) as { code: string; check?: string }
        resolve({ status: response.statusCode ?? 0, code, check })
      })
    })
    socket.once('error', reject)
  })
}

/** A socket.io client that is let in, what it was told last, and its end. */
export interface OpenIo {
  readonly client: IoClient
  readonly ended: Promise<{ code: number; reason: string }>
  readonly disconnected: Promise<string>
}

export async function openIo(
  node: Node,
  { headers = {}, origin, auth = {} }: Handshake & { readonly auth?: Record<string, unknown> },
): Promise<OpenIo> {
  const address = `http://127.0.0.1:${String(node.port)}`
  const from: Record<string, string> = origin === null ? {} : { origin: origin ?? address }
  const client = io(address, {
    transports: ['websocket'],
    extraHeaders: { ...headers, ...from },
    auth,
    reconnection: false,
    forceNew: true,
  })
  const ended = new Promise<{ code: number; reason: string }>((resolve) => {
    client.once('session:ended', resolve)
  })
  const disconnected = new Promise<string>((resolve) => {
    client.once('disconnect', resolve)
  })
  await new Promise<void>((resolve, reject) => {
    client.once('connect', resolve)
    client.once('connect_error', reject)
  })
  return { client, ended, disconnected }
}

/** An event of a stream. */
export interface StreamEvent {
  readonly name: string
  readonly data: Record<string, unknown>
}

/** A stream, read as far as it has come. */
export interface OpenStream {
  readonly headers: IncomingHttpHeaders
  readonly events: StreamEvent[]
  /** Settles when the stream is over, whoever ended it. */
  readonly over: Promise<void>
  cancel(): void
}

/** Opens a stream. Rejects where it is refused, with the answer. */
export async function openStream(
  url: string,
  headers: Record<string, string>,
): Promise<OpenStream> {
  const request = get(url, { headers, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.setEncoding('utf8')
  if (response.statusCode !== 200) {
    throw new Error(`${String(response.statusCode)} ${(await response.toArray()).join('')}`)
  }
  const events: StreamEvent[] = []
  let text = ''
  response.on('data', (chunk: string) => {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    events.push(...blocks.flatMap(toEvent))
  })
  response.on('error', () => undefined)
  const over = new Promise<void>((resolve) => {
    response.once('close', resolve)
  })
  return { headers: response.headers, events, over, cancel: () => response.destroy() }
}

function toEvent(block: string): StreamEvent[] {
  const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
  if (name === undefined || data === undefined) return []
  return [{ name, data: JSON.parse(data) as Record<string, unknown> }]
}

/** Waits until `check` holds; fails after five seconds. */
export async function until(check: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 5_000
  while (!check()) {
    if (performance.now() > end) throw new Error(`It never came: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
