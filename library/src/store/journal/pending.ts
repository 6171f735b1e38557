import type { EndReason } from '../end-reason.js'
import { NotDurable } from '../not-durable.js'
import type { SessionId, SessionRecord } from '../record.js'
import type { EndAllResult, Ending, Store } from '../store.js'

/** An end of a session that the store did not take. */
interface PendingSession {
  readonly reason: EndReason
  readonly since: number
}

/** An end of all sessions of a subject that the store did not take. */
interface PendingSubject extends PendingSession {
  readonly except: SessionId | undefined
}

/** Hears what was taken in the end. */
export interface PendingListener {
  onSession(id: SessionId, record: SessionRecord | undefined, reason: EndReason): void
  onSubject(
    subject: string,
    result: EndAllResult | undefined,
    reason: EndReason,
    except: SessionId | undefined,
  ): void
}

/** More than this are not kept: then callers were told 503 a thousand times a second for a while. */
const MOST = 10_000
/** Faults after which the store is left alone for a while. More than one: a part of a cluster may be away by itself. */
const PATIENCE = 100
/** How many are under way at once. */
const AT_ONCE = 32
/** The largest page there is. */
const PAGE = 100

/**
 * Ends that were asked for and that the store did not take: its disk is full, or it is away. Here they hold at once;
 * the caller was told that it did not work, and they are tried again until they do.
 */
export class Pending {
  readonly #sessions = new Map<SessionId, PendingSession>()
  readonly #subjects = new Map<string, PendingSubject>()

  get size(): number {
    return this.#sessions.size + this.#subjects.size
  }

  /** `since` is an instant of the store's clock. */
  addSession(id: SessionId, reason: EndReason, since: number): void {
    add(this.#sessions, id, { reason, since: this.#sessions.get(id)?.since ?? since })
  }

  addSubject(
    subject: string,
    reason: EndReason,
    except: SessionId | undefined,
    since: number,
  ): void {
    add(this.#subjects, subject, { reason, except, since })
  }

  /** The store has taken it. */
  settleSession(id: SessionId): void {
    this.#sessions.delete(id)
  }

  settleSubject(subject: string): void {
    this.#subjects.delete(subject)
  }

  /** Why a session that the store calls live must not be used. */
  endingOf({ id, subject, createdAt }: SessionRecord): Ending | undefined {
    if (this.size === 0) return undefined
    const session = this.#sessions.get(id)
    if (session !== undefined) return toEnding(session, subject)
    const all = subject === undefined ? undefined : this.#subjects.get(subject)
    const isMeant = all !== undefined && id !== all.except && createdAt <= all.since
    return isMeant ? toEnding(all, subject) : undefined
  }

  /** The same where only the name is known. */
  endingOfId(id: SessionId): Ending | undefined {
    const session = this.#sessions.get(id)
    return session === undefined ? undefined : toEnding(session, undefined)
  }

  /** Tries all of them once more. Throws what the first threw that failed; when many did, the rest has to wait. */
  async retry(store: Store, listener: PendingListener): Promise<void> {
    const jobs = this.#jobs(store, listener)
    const faults: unknown[] = []
    let isTooMuch = false
    const attempt = async (job: (() => Promise<void>) | undefined): Promise<void> => {
      try {
        await job?.()
      } catch (error) {
        faults.push(error)
        // Too few replicas: the store takes it all the same, so all of them are brought to it.
        isTooMuch ||= faults.length >= PATIENCE && !(error instanceof NotDurable)
      }
    }
    const work = async (): Promise<void> => {
      while (jobs.length > 0 && !isTooMuch) await attempt(jobs.shift())
    }
    // A breaker that is open lets one through, and then all or none.
    await attempt(jobs.shift())
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    if (faults.length > 0) throw faults[0]
  }

  #jobs(store: Store, listener: PendingListener): (() => Promise<void>)[] {
    const sessions = [...this.#sessions].map(([id, entry]) => async () => {
      // Where it fails, others come first the next time.
      add(this.#sessions, id, entry)
      const result = await store.end(id, entry.reason)
      this.#sessions.delete(id)
      listener.onSession(id, result.status === 'ended' ? result.record : undefined, entry.reason)
    })
    const subjects = [...this.#subjects].map(([subject, entry]) => async () => {
      add(this.#subjects, subject, entry)
      const result = await endAllOf(store, subject, entry, listener)
      if (this.#subjects.get(subject) === entry) this.#subjects.delete(subject)
      listener.onSubject(subject, result, entry.reason, entry.except)
    })
    return [...sessions, ...subjects]
  }
}

function add<Value>(entries: Map<string, Value>, name: string, value: Value): void {
  entries.delete(name)
  entries.set(name, value)
  if (entries.size <= MOST) return
  for (const oldest of entries.keys()) {
    entries.delete(oldest)
    return
  }
}

/**
 * Ends what was there when it was asked for. Whoever has signed in since stays: then each session is ended by itself,
 * where otherwise one write would do.
 */
async function endAllOf(
  store: Store,
  subject: string,
  entry: PendingSubject,
  listener: PendingListener,
): Promise<EndAllResult | undefined> {
  const { reason, except, since } = entry
  const isNewer = (record: SessionRecord): boolean =>
    record.createdAt > since && record.id !== except
  let page = await store.list(subject, { limit: PAGE })
  if (page.next === undefined && !page.records.some(isNewer)) {
    return store.endAll(subject, reason, except)
  }
  for (;;) {
    for (const { id, createdAt } of page.records) {
      if (createdAt > since || id === except) continue
      const result = await store.end(id, reason)
      if (result.status === 'ended') listener.onSession(id, result.record, reason)
    }
    if (page.next === undefined) return undefined
    page = await store.list(subject, { limit: PAGE, cursor: page.next })
  }
}

function toEnding({ reason, since }: PendingSession, subject: string | undefined): Ending {
  return { reason, endedAt: since, subject, isPending: true }
}
