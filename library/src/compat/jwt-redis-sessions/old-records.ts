import { systemClock } from '../../system/clock.js'
import { sha256 } from '../../system/digest.js'
import type { Link } from './connection.js'
import type { Counts } from './engine.js'
import { END, GET_ALL, LIST, RAISE, READ, ROTATE, WRITE } from './old-scripts.js'
import { identifiersIn, pickTokenData } from './token-data.js'
import { refreshSeconds } from './lifetimes.js'
import type { Config, TokenData } from './types.js'

/** A session as jwt-redis-sessions 3.x keeps it. */
export interface OldSession {
  /** The public id. */
  readonly id: string
  readonly version: number
  readonly data: TokenData
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly lastActivity: string
  /** Epoch seconds. */
  readonly refreshExpiresAt: number
  /** SHA-256 of the refresh token that is good, hexadecimal. */
  readonly refreshHash: string | undefined
  /** All sessions of one of its people have been revoked since it began. */
  readonly isRevoked: boolean
  /** The whole record, to write back. */
  readonly raw: Readonly<Record<string, unknown>>
}

/** What a new pair of tokens changes. */
export interface OldRotation {
  /** Digests of the refresh token before and after, hexadecimal. */
  readonly from: string
  readonly to: string
  readonly version: number
  readonly refreshExpiresAt: number
}

/** A session of ours that 3.x shall accept. */
export interface SharedSession extends Pick<OldRotation, 'to' | 'version' | 'refreshExpiresAt'> {
  readonly id: string
  readonly data: TokenData
}

/** The records of jwt-redis-sessions 3.x under its own keys, which nodes that still run it read and write. */
export interface OldRecords {
  /** The session with everything that can end it; it rests on as if it had been used there. `undefined`: none, or none that can be read. */
  read(id: string): Promise<OldSession | undefined>
  /** The ids of a person's sessions. Some may be over. */
  list(identifier: string): Promise<readonly string[]>
  /** Refuses all sessions of a person that exist now. */
  revokeAll(identifier: string): Promise<void>
  /** Ends one; it does not have to be there. */
  end(id: string, data: TokenData): Promise<void>
  /** Puts the next pair of tokens in the place of this one's. `false`: somebody else exchanged the refresh token before. */
  rotate(session: OldSession, rotation: OldRotation): Promise<boolean>
  /** Writes a session of ours. */
  share(session: SharedSession): Promise<void>
}

/** How 3.x names what it hashes. */
export function oldHash(text: string): string {
  return Buffer.from(sha256(text), 'base64url').toString('hex')
}

export function createOldRecords(link: Link, config: Config, counts: Counts): OldRecords {
  const keys = createOldKeys(config.redis.keyPrefix)
  const { sessionTTL, refreshTTL } = lifetimesOf(config)
  const ttls = [String(sessionTTL), String(refreshTTL)]
  const textsOf = async (names: readonly string[]): Promise<readonly string[]> =>
    names.length === 0 ? [] : toTexts(await link.run(GET_ALL, names, []))

  return {
    async read(id) {
      const text = await link.run(READ, [keys.session(id)], [String(sessionTTL)])
      if (typeof text !== 'string') return undefined
      const parsed = parse(id, text, keys.generations)
      if (parsed === undefined) {
        counts.undecodable += 1
        return undefined
      }
      const { session, generations } = parsed
      const names = generations.map(({ key }) => key)
      const [refreshHash = '', ...now] = await textsOf([keys.refresh(id), ...names])
      const isRevoked = generations.some(({ value }, at) => orZero(now[at]) !== value)
      return { ...session, refreshHash: refreshHash === '' ? undefined : refreshHash, isRevoked }
    },
    list: async (identifier) => toTexts(await link.run(LIST, [keys.index(identifier)], [])),
    async revokeAll(identifier) {
      await link.run(RAISE, [keys.generation(identifier)], [String(2 * sessionTTL)])
    },
    async end(id, data) {
      await link.run(END, keys.all(id, data), [id])
    },
    async rotate({ id, raw, data, version }, { from, to, version: next, refreshExpiresAt }) {
      const text = JSON.stringify({
        ...raw,
        sessionVersion: next,
        refreshExpiresAt,
        lastActivity: new Date(systemClock.now()).toISOString(),
      })
      const words = [id, text, to, ...ttls, String(version), from]
      return Number(await link.run(ROTATE, keys.all(id, data), words)) === 1
    },
    async share(session) {
      const { id, data, to } = session
      const names = identifiersIn(data).map(keys.generation)
      const values = await textsOf(names)
      const generations = names.map((key, at) => ({ key, value: Number(orZero(values[at])) }))
      const words = [id, toText(session, generations), to, ...ttls]
      await link.run(WRITE, keys.all(id, data), words)
    },
  }
}

function toText(
  { id, data, version, refreshExpiresAt }: SharedSession,
  generations: object,
): string {
  const now = new Date(systemClock.now()).toISOString()
  return JSON.stringify({
    ...data,
    sessionId: id,
    sessionVersion: version,
    refreshExpiresAt,
    createdAt: now,
    lastActivity: now,
    _userGenerations: generations,
  })
}

interface OldKeys {
  readonly session: (id: string) => string
  readonly refresh: (id: string) => string
  readonly index: (identifier: string) => string
  readonly generation: (identifier: string) => string
  /** What every key of a generation begins with. */
  readonly generations: string
  /** All that tells of one session: its record, its refresh token, and the indexes of its people. */
  readonly all: (id: string, data: TokenData) => string[]
}

function createOldKeys(prefix: string): OldKeys {
  const session = (id: string): string => `${prefix}session:${id}`
  const refresh = (id: string): string => `${prefix}refresh:${id}`
  const index = (identifier: string): string => `${prefix}user-sessions:${oldHash(identifier)}`
  const generations = `${prefix}user-generation:`
  return {
    session,
    refresh,
    index,
    generations,
    generation: (identifier) => generations + oldHash(identifier),
    all: (id, data) => [session(id), refresh(id), ...identifiersIn(data).map(index)],
  }
}

/** A generation that nobody has raised yet is not there. */
function orZero(text: string | undefined): string {
  return text === undefined || text === '' ? '0' : text
}

/** Seconds for which 3.x lets its keys rest. */
function lifetimesOf(config: Config): { sessionTTL: number; refreshTTL: number } {
  const lifetime = Math.ceil(refreshSeconds(config))
  const { sessionTTL, refreshTokenTTL } = config.redis
  return {
    sessionTTL: Math.max(sessionTTL, lifetime),
    refreshTTL: Math.max(refreshTokenTTL, lifetime),
  }
}

interface Generation {
  readonly key: string
  readonly value: string
}

type Parsed = Omit<OldSession, 'refreshHash' | 'isRevoked'>

function parse(
  id: string,
  text: string,
  generationPrefix: string,
): { readonly session: Parsed; readonly generations: readonly Generation[] } | undefined {
  const raw = parseObject(text)
  const generations = toGenerations(raw?.['_userGenerations'], generationPrefix)
  if (raw === undefined || generations === undefined || raw['sessionId'] !== id) return undefined
  const session = toOldSession(id, raw)
  return session && { session, generations }
}

function toOldSession(id: string, raw: Parsed['raw']): Parsed | undefined {
  const { sessionVersion: version, createdAt, lastActivity, refreshExpiresAt } = raw
  const begunAt = typeof createdAt === 'string' ? Date.parse(createdAt) : NaN
  if (!Number.isSafeInteger(version) || !Number.isFinite(begunAt)) return undefined
  return {
    id,
    version: Number(version),
    data: toData(raw),
    createdAt: begunAt,
    lastActivity: typeof lastActivity === 'string' ? lastActivity : new Date(begunAt).toISOString(),
    refreshExpiresAt: typeof refreshExpiresAt === 'number' ? refreshExpiresAt : 0,
    raw,
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

/** What the record says of its people's revocations; keys of anything else are not looked at. */
function toGenerations(value: unknown, prefix: string): readonly Generation[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : []
  const generations = list.map((one) => {
    const { key, value: count } = (one ?? {}) as { key?: unknown; value?: unknown }
    const isOne = typeof key === 'string' && key.startsWith(prefix)
    return isOne ? { key, value: String(count) } : undefined
  })
  return generations.includes(undefined) ? undefined : (generations as Generation[])
}

const NOT_DATA = new Set(
  'sessionId sessionVersion refreshExpiresAt createdAt lastActivity _userGenerations'.split(' '),
)

/** Every field that the record has beside those of 3.x' own. */
function toData(raw: Readonly<Record<string, unknown>>): TokenData {
  return pickTokenData(
    raw,
    Object.keys(raw).filter((name) => !NOT_DATA.has(name)),
  )
}

function toTexts(answer: unknown): readonly string[] {
  return Array.isArray(answer) ? answer.map(String) : []
}
