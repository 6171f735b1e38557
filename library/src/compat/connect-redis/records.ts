import type { StoredSession } from '../express-session/contract.js'
import { ODD, toCommands, type Commands } from './commands.js'
import { decode } from './decode.js'
import { legacyRecords } from './legacy-records.js'
import type { LegacyRecords } from '../kept/index.js'
import { isLive, KnownSessions } from './known-sessions.js'
import { toLimits, type Limits, type SecondsOf, type Serializer } from './options.js'
import { Protection } from './protection.js'
import { Reports } from './reports.js'
import { walkKeys } from './walk-keys.js'

/** The public fields of the store; looked at anew for every command, as they may be changed at run time. */
export interface Fields {
  readonly client: object
  readonly prefix: string
  readonly scanCount: number
  readonly serializer: Serializer
  readonly ttl: number | SecondsOf
  readonly disableTTL: boolean
}

/** The most seconds that do no harm in any client: 68 years. */
const LONGEST = 2 ** 31 - 1

/** The records of a store in Redis: what a session is there, and the commands for it. */
export class Records {
  readonly known: KnownSessions = new KnownSessions()
  readonly reports: Reports
  readonly #fields: Fields
  readonly #limits: Limits
  readonly #protection: Protection

  /** @throws InvalidOption for a client that is none of those we know, or a limit that is no whole number. */
  constructor(store: Fields & ConstructorParameters<typeof Reports>[0], limits: Partial<Limits>) {
    toCommands(store.client)
    this.#fields = store
    this.#limits = toLimits(limits)
    this.#protection = new Protection(this.#limits)
    this.reports = new Reports(store)
  }

  /** These records, for those who keep records of ours beside them. */
  asLegacy(): LegacyRecords {
    const fields = this.#fields
    return legacyRecords({
      keyOf: (sid) => this.#keyOf(sid),
      get serializer() {
        return fields.serializer
      },
      send: (command) => this.#send(command),
      corrupt: (key) => this.reports.corrupt(key),
    })
  }

  async read(sid: string): Promise<StoredSession | null> {
    const key = this.#keyOf(sid)
    const text = await this.#send((commands) => commands.get(key))
    // An empty text is nothing, as for connect-redis.
    if (text === null || text === '') return null
    const session = text === ODD ? undefined : await decode(this.#fields.serializer, text)
    if (session === undefined) {
      this.reports.corrupt(key)
      return null
    }
    this.known.add(session, sid)
    return session
  }

  async write(sid: string, session: StoredSession): Promise<null> {
    const key = this.#keyOf(sid)
    const left = this.#secondsOf(session)
    if (!(left > 0)) return this.#delete(key)
    const text = this.#fields.serializer.stringify(asForeign(session))
    const mustExist = this.known.has(session, sid)
    const seconds = this.#fields.disableTTL ? undefined : left
    if (await this.#send((commands) => commands.set(key, text, { seconds, mustExist }))) {
      if (isLive(session)) this.known.add(session, sid)
    } else {
      this.reports.gone(key)
    }
    return null
  }

  async extend(sid: string, session: StoredSession): Promise<null> {
    const key = this.#keyOf(sid)
    const seconds = this.#secondsOf(session)
    if (!(seconds > 0)) return this.#delete(key)
    await this.#send((commands) => commands.expire(key, seconds))
    return null
  }

  async remove(sid: string): Promise<null> {
    return this.#delete(this.#keyOf(sid))
  }

  async clear(): Promise<null> {
    for await (const keys of this.#walk()) await Promise.all(keys.map((key) => this.#delete(key)))
    return null
  }

  async ids(): Promise<string[]> {
    const ids: string[] = []
    for await (const keys of this.#walk()) ids.push(...keys.map((key) => this.#idOf(key)))
    return ids
  }

  async all(): Promise<StoredSession[]> {
    const sessions: StoredSession[] = []
    for await (const keys of this.#walk()) {
      const found = await Promise.all(keys.map((key) => this.#readWithId(this.#idOf(key))))
      sessions.push(...found.flat())
    }
    return sessions
  }

  async #readWithId(sid: string): Promise<StoredSession[]> {
    const session = await this.read(sid)
    return session === null ? [] : [Object.assign(session, { id: sid })]
  }

  #walk(): AsyncGenerator<string[]> {
    const { client, prefix, scanCount } = this.#fields
    return walkKeys(client, { prefix, count: scanCount }, (command) => this.#send(command))
  }

  async #delete(key: string): Promise<null> {
    await this.#send((commands) => commands.del(key))
    return null
  }

  #keyOf(sid: string): string {
    return this.#fields.prefix + sid
  }

  #idOf(key: string): string {
    return key.slice(this.#fields.prefix.length)
  }

  /** What is not above zero, nor a number, has expired. */
  #secondsOf(session: StoredSession): number {
    const fields = this.#fields
    if (typeof fields.ttl === 'function') return toSeconds(fields.ttl(asForeign(session)))
    // Programs keep sessions without a cookie, too; and old ones say `false` for no expiry.
    const { expires } = (session as Partial<StoredSession>).cookie ?? {}
    const hasExpiry = Boolean(expires)
    if (!hasExpiry) return toSeconds(fields.ttl)
    const expiresAt = new Date(expires as Date | string).valueOf()
    return toSeconds((expiresAt - this.#limits.clock.now()) / 1_000)
  }

  async #send<Reply>(command: (commands: Commands) => Promise<Reply>): Promise<Reply> {
    const commands = toCommands(this.#fields.client)
    try {
      return await this.#protection.run(
        () => commands.isReady(),
        () => command(commands),
      )
    } catch (error) {
      this.reports.fault()
      throw error
    }
  }
}

function toSeconds(seconds: number): number {
  return Math.min(Math.ceil(seconds), LONGEST)
}

/** Applications type their sessions by express-session. */
type ForeignSession = Parameters<Serializer['stringify']>[0]

function asForeign(session: StoredSession): ForeignSession {
  return session as unknown as ForeignSession
}
