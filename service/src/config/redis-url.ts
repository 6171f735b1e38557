import type { Reader } from './readers.js'
import {
  bare,
  DEFAULT_PORT,
  DEFAULT_SENTINEL_PORT,
  MOST_DATABASE,
  readNodes,
  tooHigh,
  type RedisNode,
} from './redis-readers.js'
import { Refusal } from './refusal.js'
import { Secret } from './secret.js'

/** What a Redis address says. */
export interface RedisAddress {
  /** `single` may turn out to be a node of a cluster. */
  readonly topology: 'single' | 'cluster' | 'sentinel'
  readonly nodes: readonly RedisNode[]
  /** The name Sentinels know the server by. */
  readonly masterName: string | undefined
  readonly username: string | undefined
  readonly password: Secret | undefined
  readonly database: number | undefined
  readonly isTls: boolean
}

// Scheme, user information up to the last @, hosts and ports, path, query. A fragment has no meaning here.
const FORM = /^(rediss?(?:[+-]sentinel)?):\/\/(?:([^/?#]*)@)?([^/?#@]+)(\/[^?#]*)?(?:\?([^#]*))?$/
const VERIFY_OFF = /reject_?unauthorized=(?:false|0)|ssl_cert_reqs=none|verify=(?:false|none|0)/i

/**
 * `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS; with several hosts some nodes of a cluster. Sentinels
 * are `redis-sentinel://[user:password@]host:port,host:port[/name[/db]]`, in the spelling of other clients with `+`, too.
 * The refusal never shows the value.
 */
export const redisUrl: Reader<RedisAddress> = (text, name) => {
  const parts = FORM.exec(text)
  if (parts === null) return invalidUrl(name, /^rediss?[+-]sentinel:/.test(text))
  const [, scheme = '', userText, hosts = '', path, query] = parts
  const isSentinel = scheme.endsWith('sentinel')
  const servers = isSentinel ? watchers(hosts, path, name) : holders(hosts, path, name)
  const userInfo = readUserInfo(userText)
  if (userInfo === undefined) return invalidUrl(name, isSentinel)
  if (servers instanceof Refusal) return servers
  if (query !== undefined) return refuseQuery(query, name, isSentinel)
  return { ...servers, ...userInfo, isTls: scheme.startsWith('rediss') }
}

type Servers = Omit<RedisAddress, 'username' | 'password' | 'isTls'>

/** `host:port[,host:port][/db]`: servers that hold sessions. */
function holders(hosts: string, path: string | undefined, name: string): Servers | Refusal {
  const nodes = readServers(hosts)
  const [, digits] = /^\/(\d{1,9})?$/.exec(path ?? '/') ?? [undefined, 'none']
  if (nodes === undefined || digits === 'none') return invalidUrl(name, false)
  const database = readDatabase(digits, name)
  if (database instanceof Refusal) return database
  return {
    topology: nodes.length > 1 ? 'cluster' : 'single',
    nodes,
    masterName: undefined,
    database,
  }
}

/** `host:port,host:port[/name[/db]]`: Sentinels. */
function watchers(hosts: string, path: string | undefined, name: string): Servers | Refusal {
  const nodes = readNodes(hosts, DEFAULT_SENTINEL_PORT)
  const parts = /^\/?(?:([\w.-]+)(?:\/(\d{1,9})?)?)?$/.exec(path ?? '')
  if (nodes === undefined || parts === null) return invalidUrl(name, true)
  const database = readDatabase(parts[2], name)
  if (database instanceof Refusal) return database
  return { topology: 'sentinel', nodes, masterName: parts[1] ?? 'mymaster', database }
}

function refuseQuery(query: string, name: string, isSentinel: boolean): Refusal {
  return VERIFY_OFF.test(query) ? verifyOff(name) : invalidUrl(name, isSentinel)
}

function readServers(text: string): readonly RedisNode[] | undefined {
  const nodes = text.split(',').map(readServer)
  return nodes.every((node) => node !== undefined) ? nodes : undefined
}

function readServer(text: string): RedisNode | undefined {
  const address = `redis://${text}`
  if (text === '' || !URL.canParse(address)) return undefined
  const { hostname, port } = new URL(address)
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

function readDatabase(digits: string | undefined, name: string): number | undefined | Refusal {
  if (digits === undefined) return undefined
  const database = Number(digits)
  return database <= MOST_DATABASE ? database : tooHigh(database, name)
}

function invalidUrl(name: string, isSentinel: boolean): Refusal {
  const form = isSentinel
    ? 'redis-sentinel://[user:password@]host:port,host:port/name[/db]'
    : 'redis://[user:password@]host:port[/db]'
  return new Refusal('CONFIG_REDIS_URL', `${name} is not valid: expected ${form}.`)
}

function verifyOff(name: string): Refusal {
  return new Refusal(
    'CONFIG_TLS_VERIFY',
    `${name} switches TLS verification off. Give the CA with REDIS_CA_FILE.`,
  )
}
