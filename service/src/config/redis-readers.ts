import { isIP } from 'node:net'
import type { Reader } from './readers.js'
import { Refusal } from './refusal.js'

/** One Redis server. */
export interface RedisNode {
  readonly host: string
  readonly port: number
}

/** Redis servers that watch over another one, and the name it has with them. */
export interface RedisSentinels {
  readonly masterName: string
  readonly nodes: readonly RedisNode[]
}

/** Redis is set up with 16 databases unless somebody changed it. */
export const MOST_DATABASE = 15
export const DEFAULT_PORT = 6379
export const DEFAULT_SENTINEL_PORT = 26379

/** The number of a Redis database. */
export const redisDatabase: Reader<number> = (text, name) => {
  if (!/^\d{1,9}$/.test(text)) {
    const range = `0 to ${String(MOST_DATABASE)}`
    return new Refusal('CONFIG_RANGE', `${name} must be a whole number from ${range}.`)
  }
  return Number(text) <= MOST_DATABASE ? Number(text) : tooHigh(Number(text), name)
}

/** A number that no Redis has a database for. */
export function tooHigh(database: number, name: string): Refusal {
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

/** `host:port,host:port`, or `undefined` where one of them is none. */
export function readNodes(text: string, fallbackPort: number): readonly RedisNode[] | undefined {
  const nodes = text.split(',').map((entry) => readNode(entry.trim(), fallbackPort))
  return nodes.every((node) => node !== undefined) ? nodes : undefined
}

function readNode(text: string, fallbackPort: number): RedisNode | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text)
  const port = match?.[2] === undefined ? fallbackPort : Number(match[2])
  if (match?.[1] === undefined || port < 1 || port > 65_535) return undefined
  return { host: bare(match[1]), port }
}

/** An address without the brackets that one of IPv6 wears. */
export function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}
