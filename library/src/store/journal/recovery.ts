import { StoreUnavailable } from '../../errors.js'
import type { Clock } from '../../system/clock.js'
import { nameOf } from '../bucket.js'
import type { Store } from '../store.js'
import { History, type Finding } from './history.js'
import type { Pending, PendingListener } from './pending.js'
import { replay, type Records } from './replay.js'

/** What happens to the store as a whole. */
export interface RecoveryListener extends PendingListener {
  /** It went back in time: what the journal holds is being re-applied. */
  onRollback(): void
  /** It was emptied, or is another one. */
  onReset(): void
}

export interface RecoveryParts {
  readonly store: Store
  readonly records: Records
  readonly pending: Pending
  readonly listener: RecoveryListener
  readonly clock: Clock
  readonly pulseEvery: number
  /** After so long nobody looks any more, until it is used again: what there was to be lost is forgotten. */
  readonly idleAfter: number
  /** Whether the store still knows the last end or exchange that was noted since it was asked before. */
  readonly isLastWriteKept: () => Promise<boolean>
}

/** How long an answer waits for the journal to be re-applied, before it is 503. Milliseconds. */
const PATIENCE = 200
/** Waits between attempts, doubled each time. Milliseconds. */
const FIRST_WAIT = 250
const LONGEST_WAIT = 5_000
/** Among so many buckets, every part of a cluster has one. */
const BUCKETS_LOOKED_AT = 256

/**
 * Watches over a store that may forget: looks about once a second whether it is what it was, re-applies the journal
 * where it is not, and tries again what it did not take.
 */
export class Recovery {
  rollbacks = 0
  resets = 0
  /** Entries that the store had lost and got again. */
  restored = 0
  /** How often the journal was re-applied: what was asked before that is proof of nothing new. */
  era = 0
  /** The journal has to be re-applied, and is not yet. */
  isRestoring = false
  /** The last look could write. */
  takesWrites = true
  /** The store was emptied, and what it held has not come back. */
  isReset = false
  readonly #parts: RecoveryParts
  readonly #history: History = new History()
  #timer: NodeJS.Timeout
  #isUsed = false
  #usedAt = -Infinity
  #isDoubtful = false
  /** How often proof of a rollback was found. */
  #found = 0
  #attempt: Promise<void> | undefined
  #verifying: Promise<void> | undefined
  #retrying: Promise<void> | undefined
  #waiting: NodeJS.Timeout | undefined
  #wait = FIRST_WAIT

  constructor(parts: RecoveryParts) {
    this.#parts = parts
    this.#timer = this.#pulseLater()
  }

  /** Whether an answer has to wait: the store may have gone back in time, or is being brought forward. */
  get isInDoubt(): boolean {
    return this.#isDoubtful || this.#attempt !== undefined
  }

  /** Somebody uses the store: there is something to look after. */
  noteUse(): void {
    this.#isUsed = true
  }

  /** Something failed: whoever answers next may not be who answered before. */
  hearFault(error: unknown): void {
    if (error instanceof StoreUnavailable && !error.isPartial) this.#isDoubtful = true
  }

  /** Looks before the next answer is believed. Throws {@link StoreUnavailable} where re-applying takes longer. */
  async settle(): Promise<void> {
    if (this.#isDoubtful) await this.verify()
    if (this.#attempt !== undefined && !(await isDoneWithin(PATIENCE, this.#attempt))) {
      throw new StoreUnavailable('the store has lost writes, which are being brought back')
    }
  }

  /** Looks at every part of the storage now. Never throws: what cannot be looked at fails where it is used. */
  verify(): Promise<void> {
    this.#verifying ??= this.#look().finally(() => {
      this.#verifying = undefined
    })
    return this.#verifying
  }

  /** There is proof: something that had ended lived as the store was asked, in that `era`. */
  noticeRollback(era: number = this.era): void {
    if (era !== this.era) return
    this.#found += 1
    if (this.isRestoring) return
    this.isRestoring = true
    this.rollbacks += 1
    this.#parts.listener.onRollback()
    void this.#restore()
  }

  /** Something is pending. */
  schedule(): void {
    if (this.#waiting !== undefined) return
    this.#waiting = setTimeout(() => {
      this.#waiting = undefined
      void this.retry()
    }, this.#wait).unref()
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT)
  }

  /** Tries now what is left to be done. Never throws. */
  retry(): Promise<void> {
    this.#retrying ??= this.#work().finally(() => {
      this.#retrying = undefined
    })
    return this.#retrying
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    clearTimeout(this.#waiting)
    this.#waiting = undefined
    if (this.#parts.pending.size > 0 || this.isRestoring) await this.retry()
    clearTimeout(this.#waiting)
  }

  async #work(): Promise<void> {
    if (this.isRestoring) await this.#restore()
    const { pending, store, listener } = this.#parts
    try {
      if (pending.size > 0) await pending.retry(store, listener)
    } catch {
      // Whoever asked for it was told.
    }
    if (pending.size === 0 && !this.isRestoring) this.#wait = FIRST_WAIT
    else this.schedule()
  }

  /** Set anew by each pulse: after a process has stood still, the pulses that it missed do not come all at once. */
  #pulseLater(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = this.#pulseLater()
      this.#onPulse()
    }, this.#parts.pulseEvery).unref()
  }

  #onPulse(): void {
    const { records, clock, idleAfter } = this.#parts
    records.book.sweep()
    const now = clock.elapsed()
    if (this.#isUsed) this.#usedAt = now
    this.#isUsed = false
    if (now - this.#usedAt < idleAfter) void this.verify()
  }

  async #look(): Promise<void> {
    // What fails from now on is doubted anew.
    this.#isDoubtful = false
    const { era } = this
    const findings = await this.#lookAtBeats()
    const isOlder = findings.includes('older')
    if (isOlder) this.isReset = false
    if (isOlder || !(await this.#parts.isLastWriteKept().catch(() => true)))
      this.noticeRollback(era)
    const isThere = findings.every((finding) => finding !== undefined)
    if (isThere && this.takesWrites && this.#parts.pending.size > 0) void this.retry()
  }

  async #lookAtBeats(): Promise<readonly (Finding | undefined)[]> {
    const findings = await Promise.all(this.#buckets().map((bucket) => this.#beat(bucket)))
    if (findings.includes('other')) this.#noticeReset()
    return findings
  }

  #noticeReset(): void {
    this.isReset = true
    this.resets += 1
    this.#parts.listener.onReset()
  }

  /** `undefined`: it could not be looked at. */
  async #beat(bucket: string): Promise<Finding | undefined> {
    const { store, clock } = this.#parts
    if (store.pulse === undefined) return 'same'
    const beat = this.#history.beatFor(bucket)
    const sentAt = clock.elapsed()
    try {
      const pulse = await store.pulse(bucket, beat)
      const finding = this.#history.judge(bucket, pulse, sentAt)
      this.takesWrites = pulse.beatsNow > pulse.beats || pulse.beats < beat.expected
      return finding
    } catch {
      return undefined
    }
  }

  /** One bucket for each part of the storage, the same whenever they are the same. */
  #buckets(): readonly string[] {
    const { store } = this.#parts
    if (store.shardOf === undefined) return [nameOf(0)]
    const first = new Map<string | undefined, string>()
    for (let number = 0; number < BUCKETS_LOOKED_AT; number += 1) {
      const bucket = nameOf(number)
      const shard = store.shardOf(bucket)
      if (!first.has(shard)) first.set(shard, bucket)
    }
    return [...first.values()]
  }

  #restore(): Promise<void> {
    this.#attempt ??= this.#restoreOnce().finally(() => {
      this.#attempt = undefined
    })
    return this.#attempt
  }

  async #restoreOnce(): Promise<void> {
    const { store, records } = this.#parts
    let found: number
    do {
      found = this.#found
      // What went back before this is brought forward now: the next look must not find it again.
      await this.#lookAtBeats()
      const { restored, failed } = await replay(store, records)
      this.restored += restored
      if (failed > 0) {
        this.schedule()
        return
      }
      // Proof that came meanwhile may be of another rollback.
    } while (found !== this.#found)
    this.isRestoring = false
    this.era += 1
  }
}

/** Whether a promise that never rejects settles in time. */
async function isDoneWithin(milliseconds: number, promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false).unref()
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
