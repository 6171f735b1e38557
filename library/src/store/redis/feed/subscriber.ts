import { InvalidOption } from '../../../errors.js'
import { isReady, type RedisClient } from '../client.js'

/** The part of a node-redis 4 to 6 client (single) that is used to listen. */
export interface NodeRedisSubscriber {
  readonly isPubSubActive: boolean
  connect?(): Promise<unknown>
  destroy?(): unknown
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
  /** The connection was lost, or is another one now: what was sent in between is gone. */
  onBreak(): void
}

/** A connection that is listened on, whatever its library. Replies and messages come in one order. */
export interface Line {
  isReady(): boolean
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  ping(): Promise<unknown>
  /** Connects anew: what there is has gone silent. */
  renew(): void
  /** Hears nothing any more. The connection stays open. */
  close(): void
}

/** Begins to hear what comes over a connection. */
export type OpenLine = (ears: Ears) => Line

/** Every event after which the connection is not the one that it was. */
const BREAKS = ['error', 'close', 'end', 'reconnecting', 'connect', 'ready']

/**
 * Looks at what `subscriber` can do. It has to be one connection: only there a PONG tells that all messages
 * before it have come. That is why clusters, pools and node-redis' Sentinel client cannot be listened on.
 *
 * @throws InvalidOption where it is not a single connection, or `client` is not.
 */
export function toOpenLine(subscriber: RedisSubscriber, client: RedisClient): OpenLine {
  if (isMany(client)) refuse('client')
  const open = toKnownLine(subscriber)
  if (open === undefined) refuse('subscriber')
  // Without any listener, a lost connection would end the process. Others than this are taken off again.
  if (!LISTENED.has(subscriber)) subscriber.on('error', () => undefined)
  LISTENED.add(subscriber)
  return open
}

const LISTENED = new WeakSet<RedisSubscriber>()

function refuse(option: string): never {
  throw new InvalidOption(
    `option subscriber needs an option ${option} that is one connection of redis (node-redis), ` +
      'ioredis or iovalkey: the near cache is not available for clusters, pools, Sentinel clients ' +
      'of node-redis and valkey-glide yet.',
  )
}

interface Shape {
  readonly isCluster?: unknown
  readonly masters?: unknown
  readonly customCommand?: unknown
  readonly evalSha?: unknown
  readonly evalsha?: unknown
  readonly isPubSubActive?: unknown
  readonly status?: unknown
}

/** Whether messages come from several nodes, or it cannot be told. */
function isMany(client: RedisClient): boolean {
  const shape = client as Shape
  const isGlide = shape.evalSha === undefined && shape.evalsha === undefined
  return isGlide || shape.isCluster === true || shape.masters !== undefined
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
  return {
    isReady: () => isReady(client),
    // One that was subscribed before stays so over a new connection; to ask again does no harm.
    subscribe: (channel) => client.subscribe(channel, onMessage),
    unsubscribe: (channel) => client.unsubscribe(channel, onMessage),
    ping: () => client.ping(),
    renew() {
      attempt(() => client.destroy?.())
      client.connect?.().catch(() => undefined)
    },
    close: leave,
  }
}

function ioRedis(client: IoRedisSubscriber, ears: Ears): Line {
  // Its own subscribing after a reconnection would be an unhandled rejection where that one fails, too.
  const { options } = client as { readonly options?: { autoResubscribe?: boolean } }
  if (options !== undefined) options.autoResubscribe = false
  let wanted: string | undefined
  const onMessage = (channel: string, message: string): void => {
    if (channel === wanted) ears.onMessage(message)
  }
  client.on('message', onMessage)
  const leave = listen(client, ears)
  return {
    isReady: () => isReady(client),
    subscribe(channel) {
      wanted = channel
      return client.subscribe(channel)
    },
    unsubscribe: (channel) => client.unsubscribe(channel),
    ping: () => client.ping(),
    renew: () => attempt(() => client.disconnect?.(true)),
    close() {
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

/** A client that is closing by itself may throw when it is told to. */
function attempt(work: () => unknown): void {
  try {
    work()
  } catch {
    // It is what was wanted.
  }
}
