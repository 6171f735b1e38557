import type { ChangeWatcher, Watching } from '../store/change-feed.js'
import type { ChangeResult } from '../store/store.js'
import { expiresAt, type SessionId } from '../store/record.js'
import type { ClientFacts } from './device.js'
import { touchInterval } from './lifetime.js'
import { endIfOrphaned } from './orphan.js'
import { judgeHeld, type ActiveResolution, type Resolution } from './resolve.js'
import { Session } from './session.js'
import type { Schemas } from './values.js'
import { adopt, createVisit, type Core, type Visit, type VisitRequest } from './visit.js'

/**
 * Sessions that something holds open: a socket, a stream. What was presented is judged once, when it is opened; from then
 * on somebody has to look whether the session still lives, and this is what they look with. `sojourn/live` does.
 */
export interface HeldSessions<Data extends object = Record<string, unknown>> {
  /** The session as the store has it now. Throws `StoreUnavailable`. */
  look(one: HeldSession): Promise<HeldLook>
  /** The person does something: the idle time starts anew. Throws `StoreUnavailable`. */
  touch(id: SessionId): Promise<ChangeResult>
  /** Tells of changes to sessions, as {@link ChangeWatcher} has it. `undefined`: this store cannot. */
  watch(watcher: ChangeWatcher): Watching | undefined
  /** For how many milliseconds changes may have gone untold; `Infinity` where nobody tells of them. */
  age(): number
  /** Hears of each session that this process marks as seen; the answer stops that. */
  onSeen(listener: (id: SessionId) => void): () => void
  /** A handle on a session that was found alive, which is not bound to a request. */
  open(found: ActiveResolution, client: ClientFacts): HeldVisit<Data>
  /** How often at most a session of that idle timeout is marked as seen. Milliseconds. */
  touchEvery(idleTimeout: number): number
  /** For how many milliseconds a change made elsewhere may go unnoticed by the near cache; 0: it is off. */
  readonly maxStaleness: number
}

/** Which session. */
export interface HeldSession {
  readonly id: SessionId
  /** Whom it belonged to when it was opened. */
  readonly subject: string | undefined
}

/** What {@link HeldSessions.look} found. */
export interface HeldLook {
  readonly resolution: Resolution
  /** When it ends if nothing happens, by the store's clock; 0 where it has ended. */
  readonly endsAt: number
}

/** A handle on a session that something holds open. */
export interface HeldVisit<Data extends object> {
  /** What is written is saved by itself, a moment later; `save()` waits for it. Nothing that needs a cookie can be done. */
  readonly session: Session<Data>
  /** The session was looked at again: reads show this from now on, with unsaved changes on top. */
  learn(resolution: Resolution): void
}

export function createHeldSessions<Data extends object>(
  core: Core,
  schemas: Schemas,
): HeldSessions<Data> {
  const { store, settings, seen } = core
  return {
    look: async (one) => look(core, one),
    touch: async (id) => store.change(id, { seen: true }),
    watch: (watcher) => store.changes?.watch(watcher),
    age: () => store.changes?.age() ?? Number.POSITIVE_INFINITY,
    onSeen(listener) {
      seen.add(listener)
      return () => {
        seen.delete(listener)
      }
    },
    open: (found, client) => open(core, schemas, found, client),
    touchEvery: (idleTimeout) => touchInterval(idleTimeout, settings.touchEvery),
    maxStaleness: settings.maxStaleness,
  }
}

async function look(core: Core, one: HeldSession): Promise<HeldLook> {
  const answer = await core.store.read(one.id)
  const resolution = judgeHeld(answer, one)
  if (resolution.state !== 'active') return { resolution, endsAt: 0 }
  const judged = await endIfOrphaned(core, resolution)
  if (judged.state !== 'active') return { resolution: judged, endsAt: 0 }
  return { resolution: judged, endsAt: await endOf(core, judged) }
}

/** A session that was opened from another one ends with it. */
async function endOf({ store }: Core, { record }: ActiveResolution): Promise<number> {
  const { parent } = record.traits
  const own = expiresAt(record)
  if (parent === undefined) return own
  const answer = store.peek(parent) ?? (await store.read(parent))
  return answer.status === 'found' ? Math.min(own, expiresAt(answer.record)) : own
}

function open<Data extends object>(
  core: Core,
  schemas: Schemas,
  found: ActiveResolution,
  client: ClientFacts,
): HeldVisit<Data> {
  const { id, subject } = found.record
  const visit = createVisit(core, new HeldRequest({ id, subject }, client))
  learn(visit, found)
  return {
    session: new Session<Data>({ visit }, schemas),
    learn(resolution) {
      learn(visit, resolution)
    },
  }
}

function learn(visit: Visit, resolution: Resolution): void {
  // Who asks for `{ fresh: true }` is to have the store asked, whatever was found last.
  visit.isFromCache = true
  visit.resolution = resolution
  if (resolution.state === 'active') {
    adopt(visit, resolution)
    return
  }
  visit.isOver = true
  if ('reason' in resolution) visit.endReason ??= resolution.reason
}

/** Stands where a visit has its request. Nothing is presented, and no answer carries a cookie. */
class HeldRequest implements VisitRequest {
  readonly held: HeldSession
  readonly client: ClientFacts
  readonly network = ''
  readonly isPassive = true

  constructor(held: HeldSession, client: ClientFacts) {
    this.held = held
    this.client = client
  }

  present(): ReturnType<VisitRequest['present']> {
    return { session: { kind: 'nothing' }, guest: { kind: 'nothing' } }
  }

  bearer(): ReturnType<VisitRequest['bearer']> {
    return { kind: 'nothing' }
  }

  async proof(): ReturnType<VisitRequest['proof']> {
    return Promise.resolve({ ok: false, code: 'proof_missing' })
  }

  cookieObstacle(): undefined {
    return undefined
  }

  noteRead(): void {
    // There is no answer that would have to be marked as personal.
  }

  noteChange(): void {
    // Nor one that has to wait.
  }

  isAnswering(): boolean {
    return true
  }

  isCurrentCookie(): boolean {
    return true
  }
}
