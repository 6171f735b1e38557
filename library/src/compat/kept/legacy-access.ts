import { SojournError, StoreUnavailable } from '../../errors.js'
import type { SessionRecord } from '../../store/record.js'
import type { StoredSession } from '../express-session/contract.js'
import { MIRRORED, takeSnapshot, toStored, type Snapshot } from './codec.js'
import { idleFor, type Keeping } from './keeping.js'
import {
  isSession,
  marked,
  unmarked,
  type LegacyAnswer,
  type LegacyRecords,
  type LegacyWrite,
} from './legacy.js'

/** A legacy record is kept longer than its session by this: ours decides when it expires. Milliseconds. */
const MARGIN = 120_000

/** Legacy records as the mirror needs them: whatever they throw is a fault of the store. */
export class LegacyAccess {
  readonly #legacy: LegacyRecords
  readonly #keeping: () => Keeping

  constructor(legacy: LegacyRecords, keeping: () => Keeping) {
    this.#legacy = legacy
    this.#keeping = keeping
  }

  async read(sid: string): Promise<LegacyAnswer> {
    const given = await ask(() => this.#legacy.read(sid))
    const isFit = given.status !== 'found' || isSession(given.session)
    const answer: LegacyAnswer = isFit ? given : { status: 'undecodable' }
    if (answer.status === 'undecodable') this.#keeping().counts.undecodable += 1
    return answer
  }

  /** What is to be taken over. `undefined`: it is too deep for any JSON text to be made of it again. */
  snapshotOf(session: StoredSession): Snapshot | undefined {
    try {
      return takeSnapshot(unmarked(session))
    } catch {
      this.#keeping().counts.undecodable += 1
      return undefined
    }
  }

  /** Writes what a record of ours holds. `false`: there was not what `how` asks for. */
  async write(
    sid: string,
    { record, now }: { readonly record: SessionRecord; readonly now: number },
    how: Omit<LegacyWrite, 'ttl'>,
  ): Promise<boolean> {
    const keeping = this.#keeping()
    const stored = toStored(record, now, keeping.clock.now())
    // What cannot be read cannot be shown either.
    if (stored === undefined) return true
    // One that another session has taken the place of ends soon.
    const left = record.absoluteExpiresAt - now
    const ttl = Math.min(idleFor(keeping, takeSnapshot(stored)), left) + MARGIN
    // Noting that it is shown is one more revision.
    const revision = record.revision + (record.data.has(MIRRORED) ? 0 : 1)
    const isDone = await ask(() =>
      this.#legacy.write(sid, marked(stored, revision), { ttl, ...how }),
    )
    if (isDone) keeping.counts.mirrored += 1
    return isDone
  }

  /** Keeps it while a session lives that was just seen. `false`: there is none. */
  touch(sid: string, idle: number): Promise<boolean> {
    return ask(() => this.#legacy.touch(sid, idle + MARGIN))
  }

  /** It ends now, or `after` milliseconds from now. */
  async remove(sid: string, after: number): Promise<void> {
    await ask(() => (after > 0 ? this.#legacy.touch(sid, after) : this.#legacy.remove(sid)))
  }

  /** It is no longer needed: removes what was read. `false`: somebody else has put something there since. */
  async drop(sid: string, { status, version }: LegacyAnswer): Promise<boolean> {
    if (status === 'missing') return true
    return (await ask(() => this.#legacy.remove(sid, version))) !== false
  }
}

async function ask<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof SojournError) throw error
    throw new StoreUnavailable('the legacy records did not answer', { cause: error })
  }
}
