import { StoreUnavailable } from '../../errors.js'
import type { EndReason } from '../../store/end-reason.js'
import { NO_SUBJECT_RECORD, type SessionId, type SessionRecord } from '../../store/record.js'
import { Baseline } from './baseline.js'
import { MIRRORED, takeSnapshot, toStored } from './codec.js'
import { idleFor, type Keeping } from './keeping.js'
import { LegacyAccess } from './legacy-access.js'
import { markOf, type LegacyAnswer, type LegacyRecords } from './legacy.js'
import { isByTime, lookAt, type LiveLook, type Look } from './look.js'
import { mergeLegacy } from './merge.js'
import type { RestingName } from './sid.js'
import { newSession } from './write.js'

/** So often a session is looked at that changes while it is looked at; then it is written as it is. */
const ATTEMPTS = 5

/** One session under one look. */
interface Sight {
  readonly sid: string
  readonly name: RestingName
  /** What the present writer started from; `undefined` for who only reads. */
  readonly before: Baseline | undefined
  readonly attempt: number
}

/**
 * Sessions that rest twice: as our records, and as those of before. Ours say what is true. A legacy record without our mark
 * was written by an old node since, one that is missing was ended by one.
 */
export class Mirror {
  readonly isMirroring: boolean
  readonly #legacy: LegacyAccess
  readonly #keeping: () => Keeping
  readonly #turns = new Map<SessionId, Promise<unknown>>()

  constructor(legacy: LegacyRecords, mode: 'mirror' | 'adopt', keeping: () => Keeping) {
    this.#legacy = new LegacyAccess(legacy, keeping)
    this.isMirroring = mode === 'mirror'
    this.#keeping = keeping
  }

  /** What `sid` names, with whatever old nodes did to it. */
  async find(sid: string, name: RestingName): Promise<Look> {
    if (!this.isMirroring) return this.#findOrAdopt(sid, name)
    await this.#turns.get(name.id)
    return this.#reconcile(sid, name)
  }

  /** Runs one job for a session after the other. */
  inTurn<Answer>(id: SessionId, job: () => Promise<Answer>): Promise<Answer> {
    const before = this.#turns.get(id)
    const turn = before === undefined ? job() : before.then(job, job)
    const tail = turn.then(ignore, ignore)
    this.#turns.set(id, tail)
    void tail.then(() => {
      if (this.#turns.get(id) === tail) this.#turns.delete(id)
    })
    return turn
  }

  /** Shows a session that was just created. Where that fails, nobody takes the missing record for a sign-out. */
  async showNew(sid: string, name: RestingName, record: SessionRecord): Promise<void> {
    if (!this.isMirroring) return
    try {
      await this.#legacy.write(sid, { record, now: record.createdAt }, { mustExist: false })
    } catch (error) {
      const { store } = this.#keeping().core
      await store.change(name.id, { delete: [MIRRORED] }).catch(ignore)
      throw error
    }
  }

  /**
   * Shows what was written, and takes over what old nodes wrote meanwhile: `before` is what the writer started from. Answers
   * what the session is now: an old node may have ended it. `undefined`: nothing is shown.
   */
  async show(before: Baseline): Promise<Look | undefined> {
    return this.isMirroring ? this.#reconcile(before.sid, before.name, before) : undefined
  }

  /** Whether there is a legacy record. */
  async has(sid: string): Promise<boolean> {
    return (await this.#legacy.read(sid)).status !== 'missing'
  }

  /** `false`: an old node ended the session, and now it has ended here, too. */
  async touch({ sid, name }: Baseline, idle: number): Promise<boolean> {
    if (!this.isMirroring) return true
    if (await this.#legacy.touch(sid, idle)) return true
    return (await this.#reconcile(sid, name)).state === 'live'
  }

  /** The session has ended here; `after` milliseconds from now it ends for old nodes. */
  async remove(sid: string, after: number = 0): Promise<void> {
    await this.#legacy.remove(sid, after)
  }

  async #findOrAdopt(sid: string, name: RestingName): Promise<Look> {
    const { store } = this.#keeping().core
    const look = lookAt(await store.read(name.id), name)
    if (look.state === 'live' && look.record.data.has(MIRRORED)) return this.#release(sid, name)
    if (look.state !== 'unknown') return look
    const theirs = await this.#legacy.read(sid)
    if (theirs.status === 'found') return this.#adopt(sid, name, theirs)
    // Somebody may have taken it over between the two questions.
    return lookAt(await store.read(name.id), name)
  }

  /** A session that was mirrored: what old nodes did to it last counts, and from now on it rests here alone. */
  async #release(sid: string, name: RestingName): Promise<Look> {
    for (let attempt = 1; ; attempt += 1) {
      const look = await this.#reconcile(sid, name)
      if (look.state !== 'live') return look
      const theirs = await this.#legacy.read(sid)
      // In this order: whoever still mirrors takes a record that is missing for a sign-out.
      await this.#keeping().core.store.change(name.id, { delete: [MIRRORED] })
      if ((await this.#legacy.drop(sid, theirs)) || attempt === ATTEMPTS) return look
    }
  }

  async #reconcile(sid: string, name: RestingName, before?: Baseline): Promise<Look> {
    for (let attempt = 1; ; attempt += 1) {
      const look = await this.#tryToReconcile({ sid, name, before, attempt })
      if (look !== undefined) return look
    }
  }

  /** `undefined`: it changed meanwhile, and has to be looked at again. */
  async #tryToReconcile(sight: Sight): Promise<Look | undefined> {
    const { sid, name, attempt } = sight
    const { store } = this.#keeping().core
    const reading = store.read(name.id)
    // One after the other where it matters: what is taken over must not be older than what it is compared with.
    if (attempt > 1) await reading
    const [ours, theirs] = await Promise.all([reading, this.#legacy.read(sid)])
    const look = lookAt(ours, name)
    if (look.state === 'live') return this.#compare(sight, look, theirs)
    if (theirs.status !== 'found') return look
    if (look.state === 'unknown') return this.#adopt(sid, name, theirs)
    // An end wins. One by time alone does not: old nodes may have seen the person since.
    if (look.state === 'over' && !isByTime(look.reason)) await this.remove(sid)
    return look
  }

  async #compare(sight: Sight, look: LiveLook, theirs: LegacyAnswer): Promise<Look | undefined> {
    const { before, attempt } = sight
    const { data, revision } = look.record
    const isMirrored = data.has(MIRRORED)
    if (theirs.status === 'missing' && isMirrored) return this.#endedElsewhere(sight.name, look)
    if (theirs.status !== 'found') {
      return before === undefined ? look : this.#show(sight, look, theirs)
    }
    const mark = markOf(theirs.session)
    if (mark === revision && isMirrored) return look
    if (mark === undefined) return this.#takeOver(sight, look, theirs)
    // Somebody showed more than was read here.
    if (mark > revision && attempt < ATTEMPTS) return undefined
    return this.#show(sight, look, theirs)
  }

  /** An old node wrote. */
  async #takeOver(
    sight: Sight,
    look: LiveLook,
    theirs: Extract<LegacyAnswer, { readonly status: 'found' }>,
  ): Promise<Look | undefined> {
    const { name, before, attempt } = sight
    if (attempt === 1) return undefined
    const { session } = theirs
    const merged = await mergeLegacy(this.#keeping(), { name, look, session, before })
    return merged?.state === 'live' ? this.#show(sight, merged, theirs) : merged
  }

  async #adopt(
    sid: string,
    name: RestingName,
    answer: Extract<LegacyAnswer, { readonly status: 'found' }>,
  ): Promise<Look> {
    const keeping = this.#keeping()
    const { core, counts, emitter } = keeping
    const theirs = this.#legacy.snapshotOf(answer.session)
    if (theirs === undefined) return { state: 'unknown' }
    const { idle: usual } = core.settings.lifetimes.signedIn
    // Its own expiry is the one from its last write: old nodes extend a record without writing it anew.
    const idle =
      typeof theirs.cookie['originalMaxAge'] === 'number' ? idleFor(keeping, theirs) : usual
    const fresh = newSession(keeping, new Baseline(sid, name), theirs, idle > 0 ? idle : usual)
    const result = await core.store.create(fresh)
    if (result.status === 'refused') {
      const look = lookAt(await core.store.read(name.id), name)
      if (look.state === 'over' && !isByTime(look.reason)) await this.remove(sid)
      return look
    }
    counts.adopted += 1
    core.events.emit('session.started', {
      id: name.id,
      subject: undefined,
      methods: [],
      address: '',
    })
    emitter.emit('session.adopted', { id: name.id })
    const { record } = result
    const look = {
      state: 'live',
      record,
      subject: NO_SUBJECT_RECORD,
      now: record.createdAt,
    } as const
    if (!this.isMirroring) {
      await this.#legacy.drop(sid, answer)
      return look
    }
    const sight = { sid, name, before: undefined, attempt: 1 }
    return (await this.#show(sight, look, answer)) ?? this.#reconcile(sid, name)
  }

  /**
   * Brings the legacy record up to date, unless somebody else wrote it meanwhile: `undefined`. Who only reads is not told of
   * faults: what is not shown now will be with the next one who comes by.
   */
  async #show(
    sight: Sight,
    look: LiveLook,
    { status, version }: LegacyAnswer,
  ): Promise<Look | undefined> {
    const isLast = sight.attempt >= ATTEMPTS
    const how = { mustExist: status === 'found', replaces: isLast ? undefined : version }
    try {
      if (await this.#legacy.write(sight.sid, look, how))
        return await this.#noteMirrored(sight, look)
    } catch (error) {
      if (error instanceof StoreUnavailable && sight.before === undefined) return look
      throw error
    }
    return isLast ? this.#endedElsewhere(sight.name, look) : undefined
  }

  /** That a legacy record has to be there from now on is noted only when it is. */
  async #noteMirrored({ sid, name }: Sight, look: LiveLook): Promise<Look> {
    const { store } = this.#keeping().core
    const { id, data } = look.record
    if (data.has(MIRRORED)) return look
    const result = await store.change(id, { set: new Map([[MIRRORED, JSON.stringify(sid)]]) })
    if (result.status !== 'gone') return look
    // It ended while it was shown.
    await this.remove(sid)
    return lookAt(await store.read(id), name)
  }

  /** The legacy record of a mirrored session is gone, unless another node has just stopped mirroring it. */
  async #endedElsewhere(name: RestingName, { record }: LiveLook): Promise<Look> {
    const keeping = this.#keeping()
    const look = lookAt(await keeping.core.store.read(name.id), name)
    if (look.state !== 'live') return look
    if (look.record.data.get(MIRRORED)?.revision !== record.data.get(MIRRORED)?.revision)
      return look
    const stored = toStored(look.record, look.now, keeping.clock.now())
    const idle = stored === undefined ? 0 : idleFor(keeping, takeSnapshot(stored))
    const isExpired = look.now - look.record.lastSeenAt >= idle
    const reason: EndReason = isExpired ? 'expired_idle' : 'logged_out'
    await this.#end(record.id, reason)
    return { state: 'over', reason, subject: record.subject, since: 0 }
  }

  async #end(id: SessionId, reason: EndReason): Promise<void> {
    const { core, counts } = this.#keeping()
    const result = await core.store.end(id, reason)
    if (result.status !== 'ended') return
    if (reason === 'logged_out') counts.endedByOldNode += 1
    core.events.emit('session.ended', { id, subject: result.record.subject, reason })
  }
}

function ignore(): void {
  // Whoever asked is told how it went.
}
