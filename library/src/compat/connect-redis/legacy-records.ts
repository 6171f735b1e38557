import type { StoredSession } from '../express-session/contract.js'
import type { LegacyAnswer, LegacyRecords } from '../kept/index.js'
import { ODD, type Commands } from './commands.js'
import { decode } from './decode.js'
import type { Serializer } from './options.js'

/** What is needed of a store's records. */
export interface RecordAccess {
  keyOf(sid: string): string
  readonly serializer: Serializer
  send<Reply>(command: (commands: Commands) => Promise<Reply>): Promise<Reply>
  corrupt(key: string): void
}

/** The records of connect-redis, as {@link keepSessions} reads and writes them beside our own. */
export function legacyRecords(records: RecordAccess): LegacyRecords {
  return {
    async read(sid): Promise<LegacyAnswer> {
      const key = records.keyOf(sid)
      const text = await records.send((commands) => commands.get(key))
      if (text === null || text === '') return { status: 'missing', version: '' }
      const version = text === ODD ? undefined : text
      const session = text === ODD ? undefined : await decode(records.serializer, text)
      if (session !== undefined && hasCookie(session)) return { status: 'found', session, version }
      records.corrupt(key)
      return { status: 'undecodable', version }
    },

    async write(sid, session, { ttl, mustExist, replaces }) {
      const key = records.keyOf(sid)
      const text = records.serializer.stringify(session as never)
      const seconds = Math.ceil(ttl / 1_000)
      return records.send((commands) =>
        replaces === undefined
          ? commands.set(key, text, { seconds, mustExist })
          : commands.replace(key, { from: replaces, to: { text, seconds } }),
      )
    },

    async touch(sid, ttl) {
      const seconds = Math.ceil(ttl / 1_000)
      const reply = await records.send((commands) => commands.expire(records.keyOf(sid), seconds))
      // 1 or 0; node-redis 4 and valkey-glide say it as a boolean.
      return Boolean(reply)
    },

    async remove(sid, version) {
      const key = records.keyOf(sid)
      return records.send((commands): Promise<unknown> =>
        version === undefined
          ? commands.del(key)
          : commands.replace(key, { from: version, to: undefined }),
      )
    },
  }
}

function hasCookie(session: StoredSession): boolean {
  return typeof session.cookie === 'object' && (session.cookie as unknown) !== null
}
