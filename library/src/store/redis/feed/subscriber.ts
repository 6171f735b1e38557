import { isReady } from '../client.js'
import { trackOverIoRedis, trackOverNodeRedis, type Track } from './tracking.js'

/** The part of a node-redis 4 to 6 client (single) that is used to listen. */
export interface NodeRedisSubscriber {
  readonly isPubSubActive: boolean
  readonly isOpen?: boolean
  connect?(): Promise<unknown>
  destroy?(): unknown
  disconnect?(): unknown
  subscribe(channel: string, listener: (message: string) => unknown): Promise<unknown>
  unsubscribe(channel: string, listener: (message: string) => unknown): Promise<unknown>
  ping(): Promise<unknown>
  on(event: string, listener: (...args: string[]) => unknown): unknown
  off(event: string, listener: (...args: string[]) => unknown): unknown
}

/** The part of an ioredis 5 or 6 or iovalkey client (single, also of a Sentinel) that is used to listen. */
export interface IoRedisSubscriber {
  readonly status: string
  disconnect?(mayReconnect: boolean): unknown
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  ping(): Promise<unknown>
  on(event: string, listener: (...args: string[]) => unknown): unknown
  off(event: string, listener: (...args: string[]) => unknown): unknown
}

/** A client instance that does nothing but listen; recognised by what it can do, never by its class. */
export type RedisSubscriber = NodeRedisSubscriber | IoRedisSubscriber

/** Who hears what comes over a connection. */
export interface Ears {
  onMessage(message: string): void
  /** Keys that were written, deleted or have expired; `undefined`: all of them may have. */
  onKeys?(keys: readonly string[] | undefined): void
  /** The connection was lost, or is another one now: what was sent in between is gone. */
  onBreak(): void
}

/** A connection that is listened on, whatever its library. Replies and messages come in one order. */
export interface Line {
  isReady(): boolean
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  ping(): Promise<unknown>
  /** From now on this connection is told of keys that begin with one of these. Before `subscribe`. */
  readonly track: Track
  /** Connects anew: what there is has gone silent. */
  renew(): void
  /** Hears nothing any more. The connection stays open, unless it was opened here. */
  close(): void
}

/** Begins to hear what comes over a connection. */
export type OpenLine = (ears: Ears) => Line

/** Every event after which the connection is not the one that it was. */
const BREAKS = ['error', 'close', 'end', 'reconnecting', 'connect', 'ready']

interface Shape {
  readonly isCluster?: unknown
  readonly isPubSubActive?: unknown
  readonly status?: unknown
}

const LISTENED = new WeakSet<RedisSubscriber>()

/**
 * Looks at what `subscriber` can do. It has to be one connection: only there a PONG tells that all messages
 * before it have come. `undefined`: it is none.
 */
export function toLine(subscriber: RedisSubscriber): OpenLine | undefined {
  const open = toKnownLine(subscriber)
  if (open === undefined) return undefined
  // Without any listener, a lost connection would end the process. Others than this are taken off again.
  if (!LISTENED.has(subscriber)) subscriber.on('error', () => undefined)
  LISTENED.add(subscriber)
  return open
}

function toKnownLine(subscriber: RedisSubscriber): OpenLine | undefined {
  const shape = subscriber as Shape & Partial<Record<keyof NodeRedisSubscriber, unknown>>
  const methods = [shape.subscribe, shape.unsubscribe, shape.ping, shape.on, shape.off]
  if (!methods.every((method) => typeof method === 'function')) return undefined
  if (typeof shape.isPubSubActive === 'boolean') {
    return (ears) => nodeRedis(subscriber as NodeRedisSubscriber, ears)
  }
  if (typeof shape.status !== 'string' || shape.isCluster === true) return undefined
  return (ears) => ioRedis(subscriber as IoRedisSubscriber, ears)
}

function nodeRedis(client: NodeRedisSubscriber, ears: Ears): Line {
  const onMessage = (message: string): void => ears.onMessage(message)
  const leave = listen(client, ears)
  const tracking = trackOverNodeRedis(client, ears)
  return {
    isReady: () => isReady(client),
    // One that was subscribed before stays so over a new connection; to ask again does no harm.
    subscribe: (channel) => client.subscribe(channel, onMessage),
    unsubscribe: (channel) => client.unsubscribe(channel, onMessage),
    ping: () => client.ping(),
    track: tracking.track,
    renew() {
      part(client)
      client.connect?.().catch(() => undefined)
    },
    close() {
      tracking.close()
      leave()
    },
  }
}

function ioRedis(client: IoRedisSubscriber, ears: Ears): Line {
  // Its own subscribing after a reconnection would be an unhandled rejection where that one fails, too.
  const { options } = client as { readonly options?: { autoResubscribe?: boolean } }
  if (options !== undefined) options.autoResubscribe = false
  const wanted = new Set<string>()
  const onMessage = (channel: string, message: string): void => {
    if (wanted.has(channel)) ears.onMessage(message)
  }
  client.on('message', onMessage)
  const leave = listen(client, ears)
  const tracking = trackOverIoRedis(client, ears)
  return {
    isReady: () => isReady(client),
    subscribe(channel) {
      wanted.add(channel)
      return client.subscribe(channel)
    },
    unsubscribe(channel) {
      wanted.delete(channel)
      return client.unsubscribe(channel)
    },
    ping: () => client.ping(),
    track: tracking.track,
    renew: () => attempt(() => client.disconnect?.(true)),
    close() {
      tracking.close()
      client.off('message', onMessage)
      leave()
    },
  }
}

function listen(client: RedisSubscriber, ears: Ears): () => void {
  const onBreak = (): void => ears.onBreak()
  for (const event of BREAKS) client.on(event, onBreak)
  return () => {
    for (const event of BREAKS) client.off(event, onBreak)
  }
}

/** Closes a connection for good, or until it is connected again. */
export function part(subscriber: RedisSubscriber): void {
  const client = subscriber as Partial<NodeRedisSubscriber>
  attempt(() => {
    if (client.destroy !== undefined) return client.destroy()
    // ioredis: `false`, not to come back. Version 4 of node-redis gives a promise.
    const parting = (subscriber as IoRedisSubscriber).disconnect?.(false)
    return Promise.resolve(parting).catch(() => undefined)
  })
}

/** A client that is closing by itself may throw when it is told to. */
function attempt(work: () => unknown): void {
  try {
    work()
  } catch {
    // It is what was wanted.
  }
}
