import type { Events } from '../../session/events.js'
import { createRegister, type Register } from '../../session/register.js'
import type { NearCacheStats } from '../../store/near-cache.js'
import type { StoreHealth } from '../../store/store.js'
import { systemClock } from '../../system/clock.js'
import type {
  Callback,
  KeepingStore,
  RegenerateOptions,
  SessionRequest,
  StoredSession,
} from '../express-session/contract.js'
import type { Session } from '../express-session/session.js'
import { createSession } from '../express-session/store.js'
import { Baselines } from './baseline.js'
import { confirm } from './confirm.js'
import { noCounts, type KeptStats } from './counts.js'
import { end } from './end.js'
import { Endings } from './endings.js'
import { endsWithLegacy, type Ends } from './legacy-ends.js'
import type { Keeping } from './keeping.js'
import { login, SIGN_IN_GRACE } from './login.js'
import { MarkedStore } from './marked-store.js'
import { Mirror } from './mirror.js'
import { openCore, type KeepSessionsOptions } from './options.js'
import { read, readNow } from './read.js'
import { settle } from './settle.js'
import { Touches } from './touches.js'
import { clear, listAll, listIds } from './walk.js'
import { save, touch } from './write.js'

type Answer<Value = undefined> = Promise<Value> | undefined

/** What becomes of a session that another one has taken the place of. */
const REPLACED: ReadonlySet<string> = new Set(['replaced', 'signed_in', 'signed_in_again'])

/**
 * One of our own stores behind the interface of express-session. Every method calls its callback back, or answers a
 * promise where it gets none. See {@link KeepingStore} for what the middleware asks besides.
 */
export class KeptStore extends MarkedStore implements KeepingStore, Register {
  readonly #keeping: Keeping
  readonly #register: Register
  readonly #ends: Ends

  constructor(options: KeepSessionsOptions) {
    super()
    const core = openCore(options)
    const clock = options.clock ?? systemClock
    const { legacy, legacyMode = 'mirror' } = options
    this.#keeping = {
      core,
      clock,
      baselines: new Baselines(),
      endings: new Endings(clock),
      touches: new Touches(clock),
      counts: noCounts(),
      emitter: this,
      mirror: legacy && new Mirror(legacy, legacyMode, () => this.#keeping),
    }
    this.#register = createRegister(core.store, core.events, core.upkeep)
    this.#ends = legacy ? endsWithLegacy(this.#keeping, this.#register) : this.#register
  }

  /** The session under `sid`; `null` where none lives that can be read. A store that does not answer is an error. */
  get(sid: string): Promise<StoredSession | null>
  get(sid: string, callback: Callback<StoredSession | null>): undefined
  get(sid: string, callback?: Callback<StoredSession | null>): Answer<StoredSession | null> {
    const stored = typeof callback === 'function' ? readNow(this.#keeping, sid) : undefined
    if (stored === undefined || callback === undefined) {
      return settle(read(this.#keeping, sid), callback)
    }
    callback(null, stored)
    return undefined
  }

  /**
   * Stores what `session` changed since it was read or last stored. Data that a program hands in takes the place of what was
   * there. Where the session has ended, the error has `code` `session_ended`, and nothing was written: an id is
   * never used for a second session.
   */
  set(sid: string, session: Session | StoredSession): Promise<undefined>
  set(sid: string, session: Session | StoredSession, callback: Callback | undefined): undefined
  set(sid: string, session: Session | StoredSession, callback?: Callback): Answer {
    return settle(save(this.#keeping, sid, session).then(nothing), callback)
  }

  /** Notes that the session was used, where that is due, and what changed of its cookie. */
  touch(sid: string, session: Session | StoredSession): Promise<undefined>
  touch(sid: string, session: Session | StoredSession, callback: Callback | undefined): undefined
  touch(sid: string, session: Session | StoredSession, callback?: Callback): Answer {
    const job = touch(this.#keeping, sid, session)
    if (job !== undefined || typeof callback !== 'function') {
      return settle((job ?? Promise.resolve()).then(nothing), callback)
    }
    callback(null)
    return undefined
  }

  /** Ends the session as `logged_out`: the one under this session id, or with this public id. */
  destroy(sid: string): Promise<undefined>
  destroy(sid: string, callback: Callback | undefined): undefined
  destroy(sid: string, callback?: Callback): Answer {
    return settle(end(this.#keeping, sid, 'logged_out').then(nothing), callback)
  }

  /** All live sessions, each with its public `id`. For administration: it walks over everything. */
  all(): Promise<StoredSession[]>
  all(callback: Callback<StoredSession[]>): undefined
  all(callback?: Callback<StoredSession[]>): Answer<StoredSession[]> {
    return settle(listAll(this.#keeping), callback)
  }

  /** The public ids of all live sessions, which `destroy` takes. No session id can be found out from them. */
  ids(): Promise<string[]>
  ids(callback: Callback<string[]>): undefined
  ids(callback?: Callback<string[]>): Answer<string[]> {
    return settle(listIds(this.#keeping), callback)
  }

  /** How many sessions live. Walks. */
  length(): Promise<number>
  length(callback: Callback<number>): undefined
  length(callback?: Callback<number>): Answer<number> {
    return settle(
      listIds(this.#keeping).then((ids) => ids.length),
      callback,
    )
  }

  /** Ends all sessions as `revoked_admin`. Walks. */
  clear(): Promise<undefined>
  clear(callback: Callback | undefined): undefined
  clear(callback?: Callback): Answer {
    return settle(clear(this.#keeping).then(nothing), callback)
  }

  /** Ends the session of `request` as `replaced`, and gives it a new one. Where that fails, it keeps the one it has. */
  override regenerate(request: SessionRequest): Promise<undefined>
  override regenerate(request: SessionRequest, callback: Callback): undefined
  override regenerate(request: SessionRequest, callback?: Callback): Answer {
    const ended = end(this.#keeping, request.sessionID ?? '', 'replaced').then(() => {
      this.generate(request)
      return undefined
    })
    return settle(ended, callback)
  }

  override load(sid: string): Promise<Session | undefined>
  override load(sid: string, callback: Callback<Session>): undefined
  override load(sid: string, callback?: Callback<Session>): Answer<Session | undefined> {
    const loading = read(this.#keeping, sid).then((stored) => {
      const request = { sessionID: sid, sessionStore: this } as unknown as SessionRequest
      return stored === null ? undefined : this.createSession(request, stored)
    })
    return settle<Session | undefined>(loading, callback as Callback<Session | undefined>)
  }

  override createSession(request: SessionRequest, stored: StoredSession): Session {
    const { baselines } = this.#keeping
    const baseline = baselines.of(stored)
    const session = createSession(request, stored)
    if (baseline !== undefined) baselines.set(session, baseline)
    return session
  }

  async login(
    request: SessionRequest,
    subject: string,
    { keep }: RegenerateOptions = {},
  ): Promise<void> {
    await login(this.#keeping, { request, subject, keep, store: this })
  }

  /** A cookie of `session` is about to be sent anew: finds out whether it is still the one to have. See `isGone`. */
  confirm(session: Session, callback: Callback): void {
    const job = confirm(this.#keeping, session)
    if (job === undefined) callback(null)
    else void settle(job.then(nothing), callback)
  }

  endReasonOf(request: SessionRequest): string | undefined {
    return this.#keeping.endings.of(request)?.reason
  }

  isOvertaken(request: SessionRequest): boolean {
    const ending = this.#keeping.endings.of(request)
    return ending !== undefined && REPLACED.has(ending.reason) && ending.since < SIGN_IN_GRACE
  }

  isGone(session: Session): boolean {
    const baseline = this.#keeping.baselines.of(session)
    return baseline !== undefined && (baseline.endReason !== undefined || baseline.isPassing)
  }

  subjectOf(session: Session): string | undefined {
    return this.#keeping.baselines.of(session)?.subject
  }

  /** The public id of a session, as `list` and `ids` answer it, for `revoke` and `revokeAll({ except })`. */
  publicIdOf(session: Session): string | undefined {
    return this.#keeping.baselines.of(session)?.id
  }

  list(...args: Parameters<Register['list']>): ReturnType<Register['list']> {
    return this.#register.list(...args)
  }

  revoke(...args: Parameters<Register['revoke']>): Promise<boolean> {
    return this.#ends.revoke(...args)
  }

  rename(...args: Parameters<Register['rename']>): Promise<boolean> {
    return this.#register.rename(...args)
  }

  revokeAll(...args: Parameters<Register['revokeAll']>): Promise<number> {
    return this.#ends.revokeAll(...args)
  }

  disable(subject: string): Promise<number> {
    return this.#ends.disable(subject)
  }

  enable(subject: string): Promise<void> {
    return this.#register.enable(subject)
  }

  patchSubject(...args: Parameters<Register['patchSubject']>): Promise<void> {
    return this.#register.patchSubject(...args)
  }

  /** The events of the catalogue (`SojournEvents`); `observeSojourn(store.events, metrics)` counts them. */
  get events(): Pick<Events, 'on'> {
    return this.#keeping.core.events
  }

  /** What this store has met since it was made. */
  stats(): KeptStats {
    return { ...this.#keeping.counts }
  }

  cacheStats(): NearCacheStats {
    return this.#keeping.core.store.stats()
  }

  /** Reaches for the store. Throws `StoreUnavailable` where it cannot be reached. */
  check(): Promise<StoreHealth> {
    return this.#keeping.core.store.check()
  }

  /** Waits for what runs beside the answers. */
  async settled(): Promise<void> {
    await this.#keeping.touches.settled()
    await this.#keeping.core.upkeep.settled()
  }

  /** `settled`, then closes the store. A client that was passed into the store stays open. */
  async close(): Promise<void> {
    await this.settled()
    await this.#keeping.core.store.close()
  }
}

function nothing(): undefined {
  return undefined
}
