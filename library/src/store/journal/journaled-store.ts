import { StoreUnavailable } from '../../errors.js'
import type { ChangeFeed, Watching } from '../change-feed.js'
import type { EndReason } from '../end-reason.js'
import { NotDurable } from '../not-durable.js'
import { NO_SUBJECT_RECORD, type SessionId, type SessionRecord } from '../record.js'
import type {
  Change,
  ChangeResult,
  CreateResult,
  EndAllResult,
  EndOptions,
  EndResult,
  Ending,
  Gone,
  ListResult,
  NewSession,
  Page,
  ReadResult,
  ReapResult,
  RotateResult,
  Rotation,
  Store,
  StoreDocument,
  StoreHealth,
  SubjectChange,
} from '../store.js'
import type { SubjectRecord } from '../record.js'
import type { EndedSubject } from './book.js'
import { Ledger } from './ledger.js'
import type { JournalOptions } from './options.js'
import { raiseEpoch } from './replay.js'
import type { JournalStats } from './stats.js'
import { toWatcher } from './watcher.js'

/** A store that may forget, and a ledger that does not: what the latter knows to have ended is never called live. */
export class JournaledStore implements Store {
  readonly name: string
  readonly mayForget = true
  readonly changes: ChangeFeed | undefined
  readonly counters: Store['counters']
  readonly walk?: NonNullable<Store['walk']>
  readonly shardOf?: NonNullable<Store['shardOf']>
  readonly #store: Store
  readonly #ledger: Ledger
  readonly #mayBeReset: boolean
  readonly #watching: Watching | undefined

  constructor(store: Store, options: Required<JournalOptions>) {
    this.name = store.name
    this.changes = store.changes
    this.counters = store.counters
    if (store.walk !== undefined) this.walk = store.walk.bind(store)
    if (store.shardOf !== undefined) this.shardOf = store.shardOf.bind(store)
    this.#store = store
    this.#ledger = new Ledger(store, options)
    this.#mayBeReset = options.onStoreReset === 'accept'
    this.#watching = store.changes?.watch(toWatcher(this.#ledger))
  }

  verify(): Promise<void> {
    return this.#ledger.recovery.verify()
  }

  stats(): JournalStats {
    return this.#ledger.stats()
  }

  bucketOf(subject: string | undefined): string {
    return this.#store.bucketOf(subject)
  }

  async read(id: SessionId): Promise<ReadResult> {
    const question = this.#ledger.question()
    const answer = await this.#ledger.ask(() => this.#store.read(id))
    this.#ledger.hearTime(answer.now, question)
    if (answer.status === 'missing') this.#refuseAfterReset()
    if (answer.status !== 'found') return answer
    const { record, subject, now } = answer
    const ending = this.#ledger.endingOf(record, subject, now, question)
    return ending === undefined ? answer : { status: 'ended', ending, now }
  }

  async create(session: NewSession): Promise<CreateResult> {
    const question = this.#ledger.question()
    const result = await this.#ledger.ask(() => this.#store.create(session))
    if (result.status !== 'created') return result
    const { record, evicted } = result
    this.#ledger.book.sessions.forget(record.id)
    for (const id of evicted) this.#ledger.noteEnded(id, 'evicted_limit', record.subject)
    const known =
      record.subject === undefined ? undefined : this.#ledger.book.subjects.get(record.subject)
    const isProof = known !== undefined && known.place <= question.places[1]
    if (!isProof || record.epoch >= known.value.epoch) return result
    return this.#createAfterRollback(result, known.value)
  }

  async change(id: SessionId, change: Change): Promise<ChangeResult> {
    const ending = await this.#knownEndingOf(id)
    if (ending !== undefined) return { status: 'gone', ending }
    const question = this.#ledger.question()
    const result = await this.#ledger.ask(() => this.#store.change(id, change))
    if (result.status === 'changed') this.#ledger.hearTime(result.now, question)
    return this.#believeGone(result)
  }

  async rotate(id: SessionId, rotation: Rotation): Promise<RotateResult> {
    const ending = await this.#knownEndingOf(id)
    if (ending !== undefined) return { status: 'gone', ending }
    const question = this.#ledger.question()
    const sent = this.#ledger.exchanges.moment
    const result = await this.#ledger.ask(() => this.#rotate(id, rotation))
    if (!('generation' in result)) return this.#believeGone(result)
    const { record, subject, now } = result
    this.#ledger.hearTime(now, question)
    const over = this.#ledger.endingOf(record, subject, now, question)
    if (over !== undefined) return { status: 'gone', ending: over }
    if (this.#ledger.exchanges.judge(id, rotation, result, sent) === 'good') {
      this.#ledger.noteExchanged(id)
      return result
    }
    // The store took a spent token for the present one, so it has gone back in time: it is reuse all the same.
    this.#ledger.recovery.noticeRollback(question.era)
    const end = await this.end(id, 'refresh_reuse')
    return end.status === 'ended' ? { status: 'reused', record: end.record } : end
  }

  async end(id: SessionId, reason: EndReason, options: EndOptions = {}): Promise<EndResult> {
    const after = Math.max(options.after ?? 0, 0)
    const known = this.#ledger.endingOfId(id)
    const { era } = this.#ledger.recovery
    const result = await this.#end(id, reason, after)
    this.#ledger.pending.settleSession(id)
    if (result.status !== 'ended') return result
    this.#ledger.noteEnded(id, reason, result.record.subject, after)
    if (known === undefined || known.isPending === true) return result
    // It had ended before, and that was told.
    this.#ledger.recovery.noticeRollback(era)
    return { status: 'gone', ending: known }
  }

  async endAll(subject: string, reason: EndReason, except?: SessionId): Promise<EndAllResult> {
    const result = await this.#orPending(subject, reason, except, () =>
      this.#store.endAll(subject, reason, except),
    )
    this.#ledger.noteAllEnded(subject, result.epoch, reason, except)
    return result
  }

  async changeSubject(subject: string, change: SubjectChange): Promise<SubjectRecord> {
    const call = (): Promise<SubjectRecord> => this.#store.changeSubject(subject, change)
    const reason: EndReason = 'subject_disabled'
    if (change.isDisabled !== true) {
      const record = await this.#ledger.ask(call)
      if (change.isDisabled === false) this.#ledger.book.noteEnabled(subject)
      return record
    }
    const record = await this.#orPending(subject, reason, undefined, call)
    this.#ledger.noteAllEnded(subject, record.epoch, reason, undefined, true)
    return record
  }

  async list(subject: string, page: Page): Promise<ListResult> {
    const question = this.#ledger.question()
    const result = await this.#ledger.ask(() => this.#store.list(subject, page))
    const { now } = result
    const isLive = (record: SessionRecord): boolean => {
      const owner = { ...NO_SUBJECT_RECORD, epoch: record.epoch }
      return this.#ledger.endingOf(record, owner, now, question) === undefined
    }
    return { ...result, records: result.records.filter(isLive) }
  }

  reap(subject: string, limit: number): Promise<ReapResult> {
    return this.#ledger.attempt(() => this.#store.reap(subject, limit))
  }

  readSubject(subject: string): Promise<SubjectRecord> {
    return this.#ledger.ask(() => this.#store.readSubject(subject))
  }

  readDocument(name: string): Promise<StoreDocument | undefined> {
    return this.#ledger.attempt(() => this.#store.readDocument(name))
  }

  writeDocument(name: string, text: string, expect: number): Promise<StoreDocument | undefined> {
    return this.#ledger.attempt(() => this.#store.writeDocument(name, text, expect))
  }

  /** Looks at the same time whether the store is what it was. */
  async check(): Promise<StoreHealth> {
    const health = await this.#ledger.attempt(() => this.#store.check())
    await this.#ledger.recovery.verify()
    return health
  }

  async close(): Promise<void> {
    this.#watching?.close()
    await this.#ledger.recovery.close()
    await this.#store.close()
  }

  /** Somebody signed in to a store that has gone back in time: nobody else's sessions come back with theirs. */
  async #createAfterRollback(
    result: CreateResult & { readonly status: 'created' },
    known: EndedSubject,
  ): Promise<CreateResult> {
    const { record } = result
    const subject = record.subject ?? ''
    await raiseEpoch(this.#store, subject, { ...known, except: record.id })
    this.#ledger.recovery.noticeRollback()
    if (known.isDisabled) return { status: 'refused', reason: 'disabled' }
    const { epoch } = await this.#store.readSubject(subject)
    this.#ledger.noteAllEnded(subject, epoch, known.reason, record.id)
    return { ...result, record: { ...record, epoch } }
  }

  /** Of what others ended only that it has is known here; the store can tell why. */
  async #knownEndingOf(id: SessionId): Promise<Ending | undefined> {
    const known = this.#ledger.endingOfId(id)
    if (known?.reason !== 'unknown') return known
    const answer = await this.read(id)
    return answer.status === 'ended' ? answer.ending : known
  }

  async #rotate(id: SessionId, rotation: Rotation): Promise<RotateResult> {
    try {
      const result = await this.#store.rotate(id, rotation)
      if (result.status === 'reused') {
        this.#ledger.noteEnded(id, 'refresh_reuse', result.record.subject)
      }
      return result
    } catch (error) {
      if (error instanceof NotDurable) this.#postpone(id, 'refresh_reuse')
      throw error
    }
  }

  async #end(id: SessionId, reason: EndReason, after: number): Promise<EndResult> {
    try {
      return await this.#ledger.attempt(() =>
        this.#store.end(id, reason, after === 0 ? undefined : { after }),
      )
    } catch (error) {
      // Nobody meant to be rid at once of one that was to go on for a while, or that another one was to replace.
      const isMeant = after === 0 && reason !== 'replaced'
      if (error instanceof StoreUnavailable && isMeant) this.#postpone(id, reason)
      throw error
    }
  }

  async #orPending<Answer>(
    subject: string,
    reason: EndReason,
    except: SessionId | undefined,
    call: () => Promise<Answer>,
  ): Promise<Answer> {
    const { pending, recovery } = this.#ledger
    try {
      const answer = await this.#ledger.attempt(call)
      pending.settleSubject(subject)
      return answer
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        pending.addSubject(subject, reason, except, this.#ledger.now())
        recovery.schedule()
      }
      throw error
    }
  }

  #postpone(id: SessionId, reason: EndReason): void {
    this.#ledger.pending.addSession(id, reason, this.#ledger.now())
    this.#ledger.recovery.schedule()
  }

  #believeGone<Result extends Gone | { readonly status: string }>(result: Result): Result {
    if (result.status === 'gone' && 'ending' in result && result.ending === undefined) {
      this.#refuseAfterReset()
    }
    return result
  }

  /** What was there before the store was emptied may come back: nobody is told that it never was. */
  #refuseAfterReset(): void {
    if (this.#mayBeReset || !this.#ledger.recovery.isReset) return
    throw new StoreUnavailable('the store has lost its data, which may be restored')
  }
}
