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
  /** What the client last told of why it is not connected; `undefined`: nothing. */
  trouble(): unknown
  /** It is one connection, to one server at a time. */
  readonly isOne: boolean
  /** Drops what is connected and connects anew; what was under way fails. Absent where the library cannot. */
  renew?(): void
  evalSha(sha: string, input: ScriptInput): Promise<unknown>
  eval(script: string, input: ScriptInput): Promise<unknown>
}

/**
 * Looks at what `client` can do and makes a {@link Connection} of it.
 *
 * Attaches an `error` listener: without any, a lost connection would end the process (an EventEmitter throws what
 * nobody listens for). Faults are seen where commands fail, which then say what the client has told last.
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
  const trouble = listen(client)
  return {
    isReady: () => isReady(client),
    trouble: () => trouble.last,
    isConnecting: () => isConnecting(client),
    isOne: isOne(client),
    ...run,
  }
}

/** What was last told of a client, until it is connected again. */
interface Trouble {
  last: unknown
}

/** Clients that have the listener: several stores may share one. */
const LISTENED = new WeakMap<RedisClient, Trouble>()

interface Emitter {
  on(event: 'error' | 'ready', listener: (error?: unknown) => void): unknown
}

function listen(client: RedisClient): Trouble {
  const known = LISTENED.get(client)
  if (known !== undefined) return known
  const trouble: Trouble = { last: undefined }
  LISTENED.set(client, trouble)
  const { on } = client as Partial<Emitter>
  if (typeof on === 'function') {
    on.call(client, 'error', (error) => (trouble.last = error))
    on.call(client, 'ready', () => (trouble.last = undefined))
  }
  return trouble
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

/** Pools of node-redis count their clients; its Sentinel client and its cluster know nodes of theirs. */
interface Plurality {
  readonly isCluster?: unknown
  readonly masters?: unknown
  readonly totalClients?: unknown
  readonly getSentinelNode?: unknown
  readonly customCommand?: unknown
}

function isOne(client: object): boolean {
  const { isCluster, masters, totalClients, getSentinelNode, customCommand } = client as Plurality
  const signs = [masters, totalClients, getSentinelNode, customCommand]
  return isCluster !== true && signs.every((sign) => sign === undefined)
}

/** How the libraries part from a server and come back. */
interface Renewable {
  /** node-redis since 5; before, `disconnect`. */
  destroy?(): unknown
  connect?(): Promise<unknown>
  /** ioredis: `true` to come back. */
  disconnect?(mayReconnect?: boolean): unknown
  /** ioredis: the socket. To end it politely would wait for a peer that may be gone. */
  readonly stream?: { destroy(): unknown } | null
}

function renewNodeRedis(client: Renewable): void {
  // Where it is connecting already, a second attempt beside the first would be one too many.
  if (!isReady(client)) return
  const quiet = (): undefined => undefined
  try {
    const parting = client.destroy === undefined ? client.disconnect?.() : client.destroy()
    Promise.resolve(parting).catch(quiet)
    client.connect?.().catch(quiet)
  } catch {
    // It was closing by itself.
  }
}

function renewIoRedis(client: Renewable): void {
  if (client.stream) client.stream.destroy()
  else client.disconnect?.(true)
}

/** What a library does in its own way. */
type Ways = Pick<Connection, 'evalSha' | 'eval' | 'renew'>

function toRun(client: Partial<NodeRedisClient & IoRedisClient & GlideClient>): Ways | undefined {
  if (typeof client.evalSha === 'function') return nodeRedis(client as NodeRedisClient)
  if (typeof client.evalsha === 'function') return ioRedis(client as IoRedisClient)
  if (typeof client.customCommand === 'function') return glide(client as GlideClient)
  return undefined
}

function nodeRedis(client: NodeRedisClient): Ways {
  return {
    renew: () => {
      renewNodeRedis(client as Renewable)
    },
    ...(isNodeRedis4Cluster(client)
      ? nodeRedis4Cluster(client as unknown as NodeRedis4Cluster)
      : nodeRedisScripts(withoutTimeout(client))),
  }
}

function nodeRedisScripts(client: NodeRedisClient): Pick<Connection, 'evalSha' | 'eval'> {
  return {
    evalSha: (sha, input) => client.evalSha(sha, input),
    eval: (script, input) => client.eval(script, input),
  }
}

/** Since version 5. What it answers is the same client, with other options for what is sent through it. */
interface WithCommandOptions {
  withCommandOptions?(options: { readonly timeout: number }): NodeRedisClient
}

/**
 * Since version 6 every command has a timeout of 5 s, by an `AbortSignal` of its own, which costs a fifth of what a request
 * costs. It only keeps what was not sent by then from being sent. We need it for nothing: callers are answered after the
 * command deadline, a client that is not connected is given no command, and a write that comes late is refused where it
 * is carried out; see runner.ts.
 */
function withoutTimeout(client: NodeRedisClient): NodeRedisClient {
  return (client as WithCommandOptions).withCommandOptions?.({ timeout: 0 }) ?? client
}

/** The part of a cluster client of node-redis 4 that is used. */
interface NodeRedis4Cluster {
  sendCommand(firstKey: string, isReadonly: boolean, words: string[]): Promise<unknown>
}

function isNodeRedis4Cluster(client: object): boolean {
  const { masters, destroy } = client as { masters?: unknown; destroy?: unknown }
  return masters !== undefined && destroy === undefined
}

/** Version 4 looks for the key of a script in its digest, finds none, and asks nodes at random. */
function nodeRedis4Cluster(client: NodeRedis4Cluster): Pick<Connection, 'evalSha' | 'eval'> {
  const send = async (name: string, script: string, input: ScriptInput): Promise<unknown> => {
    const { keys, arguments: rest } = input
    const words = [name, script, String(keys.length), ...keys, ...rest]
    return client.sendCommand(keys[0] ?? '', false, words)
  }
  return {
    evalSha: (sha, input) => send('EVALSHA', sha, input),
    eval: (script, input) => send('EVAL', script, input),
  }
}

function ioRedis(client: IoRedisClient): Ways {
  return {
    renew: () => {
      renewIoRedis(client as Renewable)
    },
    evalSha: (sha, input) =>
      client.evalsha(sha, input.keys.length, ...input.keys, ...input.arguments),
    eval: (script, input) =>
      client.eval(script, input.keys.length, ...input.keys, ...input.arguments),
  }
}

function glide(client: GlideClient): Ways {
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
