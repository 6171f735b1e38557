import { isIP } from 'node:net'
import type { Reader } from './readers.js'
import { Refusal } from './refusal.js'
import { Secret } from './secret.js'

/** One Redis server. */
export interface RedisNode {
  readonly host: string
  readonly port: number
}

/** What a Redis address says. */
export interface RedisAddress extends RedisNode {
  readonly username: string | undefined
  readonly password: Secret | undefined
  readonly database: number | undefined
  readonly isTls: boolean
}

/** Redis servers that watch over another one, and the name it has with them. */
export interface RedisSentinels {
  readonly masterName: string
  readonly nodes: readonly RedisNode[]
}

/** Redis is set up with 16 databases unless somebody changed it. */
export const MOST_DATABASE = 15
const DEFAULT_PORT = 6379
const DEFAULT_SENTINEL_PORT = 26379
// Scheme, user information up to the last @, host and port, path, query. A fragment has no meaning here.
const FORM = /^rediss?:\/\/(?:([^/?#]*)@)?([^/?#@]+)(\/[^?#]*)?(?:\?([^#]*))?$/
const VERIFY_OFF = /reject_?unauthorized=(?:false|0)|ssl_cert_reqs=none|verify=(?:false|none|0)/i

/** `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS. The refusal never shows the value. */
export const redisUrl: Reader<RedisAddress> = (text, name) => {
  const [whole, userText, , path, query] = FORM.exec(text) ?? []
  const userInfo = readUserInfo(userText)
  const node = whole === undefined ? undefined : nodeOf(whole)
  if (node === undefined || userInfo === undefined) return invalidUrl(name)
  if (query !== undefined) return VERIFY_OFF.test(query) ? verifyOff(name) : invalidUrl(name)
  const database = readDatabase(path, name)
  if (database instanceof Refusal) return database
  return { ...node, ...userInfo, database, isTls: text.startsWith('rediss:') }
}

function nodeOf(text: string): RedisNode | undefined {
  if (!URL.canParse(text)) return undefined
  const { hostname, port } = new URL(text)
  return { host: bare(hostname), port: port === '' ? DEFAULT_PORT : Number(port) }
}

type UserInfo = Pick<RedisAddress, 'username' | 'password'>

/** `undefined` where a character should have been percent-encoded, which a parser would guess about. */
function readUserInfo(text: string | undefined): UserInfo | undefined {
  if (text === undefined) return { username: undefined, password: undefined }
  const parts = /^([^@:\s]*)(?::([^@\s]+))?$/.exec(text)
  if (parts === null || text === '') return undefined
  const [, username = '', password] = parts
  try {
    return {
      username: username === '' ? undefined : decodeURIComponent(username),
      password: password === undefined ? undefined : new Secret(decodeURIComponent(password)),
    }
  } catch {
    return undefined
  }
}

function readDatabase(path: string | undefined, name: string): number | undefined | Refusal {
  if (path === undefined || path === '/') return undefined
  if (!/^\/\d{1,9}$/.test(path)) return invalidUrl(name)
  const database = Number(path.slice(1))
  return database <= MOST_DATABASE ? database : tooHigh(database, name)
}

/** The number of a Redis database. */
export const redisDatabase: Reader<number> = (text, name) => {
  if (!/^\d{1,9}$/.test(text)) {
    const range = `0 to ${String(MOST_DATABASE)}`
    return new Refusal('CONFIG_RANGE', `${name} must be a whole number from ${range}.`)
  }
  return Number(text) <= MOST_DATABASE ? Number(text) : tooHigh(Number(text), name)
}

function tooHigh(database: number, name: string): Refusal {
  const what = `${name} names database ${String(database)}; Redis has 0 to ${String(MOST_DATABASE)}.`
  return new Refusal('CONFIG_PREFIX', `${what} Keep applications apart with REDIS_KEY_PREFIX.`)
}

/** What stands before every key. Free of the characters that patterns and hash tags use. */
export const redisPrefix: Reader<string> = (text, name) =>
  /^[A-Za-z0-9._:-]{1,64}$/.test(text)
    ? text
    : new Refusal(
        'CONFIG_PREFIX',
        `${name}: a key prefix may hold only letters, digits, ".", "_", "-" and ":".`,
      )

/** A host name or address alone. */
export const redisHost: Reader<string> = (text, name) => {
  if (isIP(bare(text)) !== 0 || /^[A-Za-z0-9._-]+$/.test(text)) return bare(text)
  return new Refusal(
    'CONFIG_REDIS_URL',
    `${name} must be a host name alone, such as redis.example.`,
  )
}

/** Nodes of a cluster: `host:port,host:port`. Two or three are enough; the others are found. */
export const redisNodes: Reader<readonly RedisNode[]> = (text, name) =>
  readNodes(text, DEFAULT_PORT) ??
  new Refusal('CONFIG_REDIS_URL', `${name} is not valid: expected host:port,host:port.`)

/** `name@host:port,host:port`; the name defaults to `mymaster`. */
export const redisSentinels: Reader<RedisSentinels> = (text, name) => {
  const match = /^(?:([\w.-]+)@)?(.+)$/.exec(text)
  const nodes = readNodes(match?.[2] ?? '', DEFAULT_SENTINEL_PORT)
  if (nodes !== undefined) return { masterName: match?.[1] ?? 'mymaster', nodes }
  const form = 'mymaster@host:port,host:port'
  return new Refusal('CONFIG_REDIS_URL', `${name} is not valid: expected ${form}.`)
}

function readNodes(text: string, fallbackPort: number): readonly RedisNode[] | undefined {
  const nodes = text.split(',').map((entry) => readNode(entry.trim(), fallbackPort))
  return nodes.every((node) => node !== undefined) ? nodes : undefined
}

function readNode(text: string, fallbackPort: number): RedisNode | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text)
  const port = match?.[2] === undefined ? fallbackPort : Number(match[2])
  if (match?.[1] === undefined || port < 1 || port > 65_535) return undefined
  return { host: bare(match[1]), port }
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

function invalidUrl(name: string): Refusal {
  const form = 'redis://[user:password@]host:port[/db]'
  return new Refusal('CONFIG_REDIS_URL', `${name} is not valid: expected ${form}.`)
}

function verifyOff(name: string): Refusal {
  return new Refusal(
    'CONFIG_TLS_VERIFY',
    `${name} switches TLS verification off. Give the CA with REDIS_CA_FILE.`,
  )
}
