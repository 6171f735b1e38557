import { InvalidOption } from '../../errors.js'
import { isReady, toConnection, type RedisClient } from '../../store/redis/client.js'

/** Something rests under the key that GET cannot give: another type of Redis. */
export const ODD: unique symbol = Symbol('odd')

/** How a value is written. */
export interface SetOptions {
  /** `undefined`: for ever. */
  readonly seconds: number | undefined
  /** Writes nothing where there is nothing yet. */
  readonly mustExist: boolean
}

/** One text in the place of another one, or nothing. */
export interface Replacement {
  /** What has to rest there; an empty text: nothing. */
  readonly from: string
  /** `undefined`: nothing. */
  readonly to: { readonly text: string; readonly seconds: number } | undefined
}

/**
 * The four commands that a request needs, in one spelling for all libraries. Each is a method of the client that is
 * called by its name: what an application put around `client.get` still goes for us, and an ACL
 * user needs `+get +set +expire +del`. No command names two keys, so a cluster is no matter.
 *
 * Only sessions that rest in records of ours need scripts, and `replace`.
 */
export interface Commands {
  /** `false` while the client knows that it is not connected. */
  isReady(): boolean
  get(key: string): Promise<string | null | typeof ODD>
  /** Whether it was written. */
  set(key: string, text: string, options: SetOptions): Promise<boolean>
  expire(key: string, seconds: number): Promise<unknown>
  del(key: string): Promise<unknown>
  /** Whether it was written: only where nothing else rests there. */
  replace(key: string, replacement: Replacement): Promise<boolean>
}

/** Redis has no command for it before 8.4. */
const REPLACE = `
local there = redis.pcall('GET', KEYS[1]) or ''
if there ~= ARGV[1] then return 0 end
if not ARGV[2] then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1`

/** What the libraries offer; each client has only some of it. */
interface Shape {
  readonly options?: { readonly legacyMode?: unknown } | undefined
  readonly v4?: unknown
  readonly evalSha?: unknown
  readonly mGet?: unknown
  readonly scanIterator?: unknown
  readonly evalsha?: unknown
  readonly mget?: unknown
  get?(key: string): Promise<unknown>
  set?(key: string, text: string, ...options: readonly unknown[]): Promise<unknown>
  expire?(key: string, seconds: number): Promise<unknown>
  del?(keys: string[]): Promise<unknown>
  customCommand?(words: string[]): Promise<unknown>
}

type PlainCalls = Omit<Commands, 'isReady' | 'replace'>

type Client = Required<Pick<Shape, 'get' | 'set' | 'expire' | 'del'>>

const KNOWN = new WeakMap<object, Commands>()

/** @throws InvalidOption where `client` is none that we know. */
export function toCommands(client: object): Commands {
  if (!isGiven(client)) {
    throw new InvalidOption(
      'option client is missing: A client must be directly provided to the RedisStore',
    )
  }
  const known = KNOWN.get(client)
  if (known !== undefined) return known
  const commands = { isReady: () => isReady(client), ...toCalls(client) }
  if (canRunScripts(client)) toConnection(client) // Its listener keeps a lost connection from ending the process.
  KNOWN.set(client, commands)
  return commands
}

function isGiven(client: unknown): client is object {
  return typeof client === 'object' ? client !== null : typeof client === 'function'
}

/** Whether records of ours can be kept through `client`: they need EVALSHA. */
export function canRunScripts(client: object): client is RedisClient {
  return ['evalSha', 'evalsha', 'customCommand'].some((name) => name in client)
}

function toCalls(client: object): Omit<Commands, 'isReady'> {
  const shape = modern(client)
  return { ...toPlainCalls(shape), replace: (key, texts) => replace(shape, key, texts) }
}

/** Needs a client that can run scripts. */
async function replace(client: object, key: string, { from, to }: Replacement): Promise<boolean> {
  const connection = toConnection(client as RedisClient)
  const words = to === undefined ? [from] : [from, to.text, String(to.seconds)]
  const reply = await connection.eval(REPLACE, { keys: [key], arguments: words })
  return Number(reply) === 1
}

function toPlainCalls(shape: Shape): PlainCalls {
  if (isGlide(shape)) return glide((words) => shape.customCommand(words))
  if (!hasFour(shape)) {
    throw new InvalidOption(
      'option client must be a client instance of redis (node-redis), ioredis, iovalkey or valkey-glide.',
    )
  }
  return plain(shape, isIoRedis(shape) ? ioRedisWords : nodeRedisOptions)
}

/** Whoever needs the client itself, for scripts: as one that answers promises. */
export function toModern(client: RedisClient): RedisClient {
  const shape = modern(client)
  if (shape === client) return client
  // What is kept beside does not tell whether it is connected.
  const fromClient = (name: string): PropertyDescriptor => ({
    get: (): unknown => Reflect.get(client, name),
  })
  const names = { isReady: fromClient('isReady'), isOpen: fromClient('isOpen') }
  return Object.create(shape, names) as RedisClient
}

/** node-redis 4 in its legacy mode speaks in callbacks, and keeps the present way beside them. */
function modern(client: object): Shape {
  const shape = client as Shape
  return shape.options?.legacyMode === true ? (shape.v4 as Shape) : shape
}

function isGlide(shape: Shape): shape is Required<Pick<Shape, 'customCommand'>> {
  return typeof shape.customCommand === 'function'
}

function hasFour(shape: Shape): shape is Shape & Client {
  return (['get', 'set', 'expire', 'del'] as const).every((name) => name in shape)
}

/** What is in doubt, such as a stand-in of a test, has the shape that connect-redis 9 knows: that of node-redis. */
function isIoRedis({ evalSha, mGet, scanIterator, evalsha, mget }: Shape): boolean {
  if ([evalSha, mGet, scanIterator].some((method) => method !== undefined)) return false
  return evalsha !== undefined || mget !== undefined
}

/** The client's methods are looked up at each call: they may have been replaced. */
function plain(client: Client, spell: (options: SetOptions) => readonly unknown[]): PlainCalls {
  return {
    get: (key) => read(() => client.get(key)),
    set: async (key, text, options) => isDone(await client.set(key, text, ...spell(options))),
    expire: (key, seconds) => client.expire(key, seconds),
    del: (key) => client.del([key]),
  }
}

/** `EX` and `XX` are for node-redis 4; later ones understand them, too, and prefer the other spelling. */
function nodeRedisOptions({ seconds, mustExist }: SetOptions): readonly unknown[] {
  const expiry =
    seconds === undefined ? {} : { EX: seconds, expiration: { type: 'EX', value: seconds } }
  const condition = mustExist ? { XX: true, condition: 'XX' } : {}
  const options = { ...expiry, ...condition }
  return Object.keys(options).length === 0 ? [] : [options]
}

function ioRedisWords({ seconds, mustExist }: SetOptions): readonly unknown[] {
  return [...(seconds === undefined ? [] : ['EX', seconds]), ...(mustExist ? ['XX'] : [])]
}

function glide(send: (words: string[]) => Promise<unknown>): PlainCalls {
  return {
    get: (key) => read(() => send(['GET', key])),
    async set(key, text, options) {
      return isDone(await send(['SET', key, text, ...ioRedisWords(options).map(String)]))
    },
    expire: (key, seconds) => send(['EXPIRE', key, String(seconds)]),
    del: (key) => send(['DEL', key]),
  }
}

/** Redis says nil where the condition kept it from writing. Stand-ins that answer nothing at all have written. */
function isDone(reply: unknown): boolean {
  return reply !== null
}

/** Clients can be told to answer with buffers. */
function textOf(reply: unknown): string {
  return Buffer.isBuffer(reply) ? reply.toString() : (reply as string)
}

async function read(get: () => Promise<unknown>): Promise<string | null | typeof ODD> {
  try {
    const reply = await get()
    return reply === null || reply === undefined ? null : textOf(reply)
  } catch (error) {
    if (error instanceof Error && error.message.includes('WRONGTYPE')) return ODD
    throw error
  }
}
