import { InvalidInput } from '../errors.js'
import type { EndReason } from '../store/end-reason.js'
import type { SessionId } from '../store/record.js'
import type { Page, Store } from '../store/store.js'
import { toJson } from './data.js'
import type { Events } from './events.js'
import { toFacts, type SessionFacts } from './facts.js'
import { checkSubject } from './start.js'
import type { Upkeep } from './upkeep.js'

/** A page of somebody's sessions. */
export interface SessionPage {
  readonly sessions: readonly SessionFacts[]
  /** Pass it as `cursor` for the next page; `undefined` on the last. */
  readonly next: string | undefined
}

/** Whose session it has to be. */
export interface OfOption {
  /** A subject. Default: anybody's. */
  readonly of?: string
}

/** How sessions are ended from outside a request. */
export interface RevokeOptions {
  /** Told to the holder. Default `'revoked_admin'`. */
  readonly reason?: EndReason
}

/** How all sessions of a subject are ended. */
export interface RevokeAllOptions extends RevokeOptions {
  /** The session that stays. */
  readonly except?: SessionId
}

/** What can be done to sessions from outside the requests that hold them: lists, ends, and facts by subject. */
export interface Register {
  /** The subject's live sessions, most recently seen first. `limit` from 1 to 100, default 50. */
  list(subject: string, page?: Partial<Page>): Promise<SessionPage>
  /**
   * Ends one session. With `of`, only where it belongs to that subject: ending a stranger's session answers
   * `false`, like ending one that does not exist.
   */
  revoke(id: SessionId, options?: RevokeOptions & OfOption): Promise<boolean>
  /**
   * Gives a session the name that its person calls the device by; `undefined` takes it away. It is in the session's facts from then
   * on, and is for showing: escape it as everything that people write. With `of`, only where the session belongs to that subject.
   * Answers `false` where there is no such live session.
   *
   * @throws {InvalidInput} where the name is not 1 to 64 characters of well-formed text.
   */
  rename(id: SessionId, name: string | undefined, options?: OfOption): Promise<boolean>
  /** Ends all sessions of a subject that exist now, in one step whatever their number. Answers how many. */
  revokeAll(subject: string, options?: RevokeAllOptions): Promise<number>
  /** Ends all sessions of a subject and starts none until `enable`. Answers how many ended. */
  disable(subject: string): Promise<number>
  /** Lets a disabled subject sign in again. */
  enable(subject: string): Promise<void>
  /** Changes facts that all sessions of the subject share; `undefined` removes one. Seen on their next request. */
  patchSubject(subject: string, attributes: Readonly<Record<string, unknown>>): Promise<void>
}

const SESSION_ID = /^[\w-]{2}\.[\w-]{22}$/

export function createRegister(store: Store, events: Events, upkeep: Upkeep): Register {
  const revokeAll: Register['revokeAll'] = async (subject, options = {}) => {
    checkSubject(subject)
    const reason = options.reason ?? 'revoked_admin'
    const { count } = await store.endAll(subject, reason, options.except)
    events.emit('subject.revoked', { subject, reason, count })
    upkeep.tidy(subject)
    return count
  }
  return {
    async list(subject, page = {}) {
      checkSubject(subject)
      const { records, next, now } = await store.list(subject, { limit: 50, ...page })
      return { sessions: records.map((record) => toFacts(record, now)), next }
    },
    async revoke(id, options = {}) {
      if (!SESSION_ID.test(id)) return false
      if (options.of !== undefined && !(await belongsTo(store, id, options.of))) return false
      const reason = options.reason ?? 'revoked_admin'
      const result = await store.end(id, reason)
      if (result.status !== 'ended') return false
      events.emit('session.ended', { id, subject: result.record.subject, reason })
      return true
    },
    async rename(id, name, options = {}) {
      if (name !== undefined) checkName(name)
      if (!SESSION_ID.test(id)) return false
      if (options.of !== undefined && !(await belongsTo(store, id, options.of))) return false
      const result = await store.change(id, { traits: { name: name ?? null } })
      return result.status === 'changed'
    },
    revokeAll,
    async disable(subject) {
      const count = await revokeAll(subject, { reason: 'subject_disabled' })
      await store.changeSubject(subject, { isDisabled: true })
      events.emit('subject.disabled', { subject })
      return count
    },
    async enable(subject) {
      checkSubject(subject)
      await store.changeSubject(subject, { isDisabled: false })
      events.emit('subject.enabled', { subject })
    },
    async patchSubject(subject, attributes) {
      checkSubject(subject)
      const entries = Object.entries(attributes)
      await store.changeSubject(subject, {
        set: new Map(
          entries
            .filter(([, value]) => value !== undefined)
            .map(([key, value]) => [key, toJson(key, value)]),
        ),
        delete: entries.filter(([, value]) => value === undefined).map(([key]) => key),
      })
    },
  }
}

const LONGEST_NAME = 64

function checkName(name: string): void {
  const isText = typeof name === 'string' && !/\p{Surrogate}/u.test(name)
  if (isText && name !== '' && [...name].length <= LONGEST_NAME) return
  throw new InvalidInput('name', 'name must be 1 to 64 characters of well-formed text.')
}

async function belongsTo(store: Store, id: SessionId, subject: string): Promise<boolean> {
  const answer = await store.read(id)
  return answer.status === 'found' && answer.record.subject === subject
}
