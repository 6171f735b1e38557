import { InvalidOption } from '../../errors.js'

/** The part of node-redis 4 to 6 (single, cluster, sentinel, pool) that is used. */
export interface NodeRedisClient {
  evalSha(sha: string, options: ScriptInput): Promise<unknown>
  eval(script: string, options: ScriptInput): Promise<unknown>
}

/** The part of ioredis 5 and 6 and of iovalkey (single, Cluster) that is used. */
export interface IoRedisClient {
  evalsha(sha: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
}

/** The part of valkey-glide (standalone, cluster) that is used. */
export interface GlideClient {
  customCommand(words: string[]): Promise<unknown>
}

/** Any client instance that can run a script; recognised by what it can do, never by its class. */
export type RedisClient = NodeRedisClient | IoRedisClient | GlideClient

/** What a script is run with, in the spelling of node-redis. */
export interface ScriptInput {
  keys: string[]
  arguments: string[]
}

/** One client, whatever its library. */
export interface Connection {
  /** `false` while the client knows that it is not connected: it would only queue what it is given. */
  isReady(): boolean
  /** It is not connected yet, and somebody is about to change that. */
  isConnecting(): boolean
  evalSha(sha: string, input: ScriptInput): Promise<unknown>
  eval(script: string, input: ScriptInput): Promise<unknown>
}

/**
 * Looks at what `client` can do and makes a {@link Connection} of it.
 *
 * Attaches an `error` listener that does nothing: without any, a lost connection would end the process
 * (an EventEmitter throws what nobody listens for). Faults are seen where commands fail.
 *
 * @throws InvalidOption where it is none of the clients above.
 */
export function toConnection(client: RedisClient): Connection {
  const shape = client as Partial<NodeRedisClient & IoRedisClient & GlideClient & Emitter>
  const run = toRun(shape)
  if (run === undefined) {
    throw new InvalidOption(
      'option client must be a client instance of redis (node-redis), ioredis, iovalkey or valkey-glide.',
    )
  }
  if (typeof shape.on === 'function' && !LISTENED.has(client)) {
    shape.on('error', () => undefined)
    LISTENED.add(client)
  }
  return { isReady: () => isReady(client), isConnecting: () => isConnecting(client), ...run }
}

/** Clients that have the listener: several stores may share one. */
const LISTENED = new WeakSet<RedisClient>()

interface Emitter {
  on(event: 'error', listener: () => void): unknown
}

/** What the libraries tell about their connection; each has only some of it. */
interface Readiness {
  readonly isReady?: unknown
  readonly isOpen?: unknown
  readonly status?: unknown
}

/** ioredis connects by itself when a lazy client (`wait`) is first used. */
const USABLE = ['ready', 'wait']

/** `false` while a client knows that it is not connected. */
export function isReady(client: object): boolean {
  const { isReady, isOpen, status } = client as Readiness
  if (typeof status === 'string') return USABLE.includes(status)
  return isReady !== false && isOpen !== false
}

function isConnecting(client: object): boolean {
  const { isReady, isOpen, status } = client as Readiness
  if (typeof status === 'string') return status === 'connecting' || status === 'connect'
  return isReady === false && isOpen === true
}

function toRun(
  client: Partial<NodeRedisClient & IoRedisClient & GlideClient>,
): Pick<Connection, 'evalSha' | 'eval'> | undefined {
  if (typeof client.evalSha === 'function') return nodeRedis(client as NodeRedisClient)
  if (typeof client.evalsha === 'function') return ioRedis(client as IoRedisClient)
  if (typeof client.customCommand === 'function') return glide(client as GlideClient)
  return undefined
}

function nodeRedis(client: NodeRedisClient): Pick<Connection, 'evalSha' | 'eval'> {
  return {
    evalSha: (sha, input) => client.evalSha(sha, input),
    eval: (script, input) => client.eval(script, input),
  }
}

function ioRedis(client: IoRedisClient): Pick<Connection, 'evalSha' | 'eval'> {
  return {
    evalSha: (sha, input) =>
      client.evalsha(sha, input.keys.length, ...input.keys, ...input.arguments),
    eval: (script, input) =>
      client.eval(script, input.keys.length, ...input.keys, ...input.arguments),
  }
}

function glide(client: GlideClient): Pick<Connection, 'evalSha' | 'eval'> {
  const words = (input: ScriptInput): string[] => [
    String(input.keys.length),
    ...input.keys,
    ...input.arguments,
  ]
  return {
    evalSha: (sha, input) => client.customCommand(['EVALSHA', sha, ...words(input)]),
    eval: (script, input) => client.customCommand(['EVAL', script, ...words(input)]),
  }
}
