import { StoreUnavailable } from '../errors.js'
import type { HeldSessions } from '../session/held.js'
import type { ActiveResolution, Resolution } from '../session/resolve.js'
import type { ChangeWatcher, Watching } from '../store/change-feed.js'
import type { SessionId } from '../store/record.js'
import type { Clock } from '../system/clock.js'
import type { LiveEnd } from './end.js'
import { Groups } from './groups.js'
import { KeptSession, type Held } from './kept-session.js'
import type { LiveSettings } from './options.js'
import { SleepWatch } from './sleep-watch.js'
import { TICK, Wheel } from './wheel.js'

/** What a keeper is made of. */
export interface KeeperParts {
  readonly held: Omit<HeldSessions, 'open'>
  readonly clock: Clock
  readonly settings: Pick<LiveSettings, 'recheckEvery' | 'awayLimit'>
}

/** Looks that are under way at once: a feed that begins anew must not ask ten thousand things in one go. */
const MOST_LOOKS = 64
/** The longest wait before a store that did not answer is asked again. Milliseconds. */
const LONGEST_WAIT = 5_000
/** A session whose time is up by our clock may have a moment left by the store's. */
const SHORTEST_WAIT = 20
/** The bound where the near cache is off. */
const STALENESS = 500
/** Shares of the idle timeout after which use elsewhere is noticed, and its bounds. */
const USE_SHARE = 20
const USE_AT_LEAST = 1_000
const USE_AT_MOST = 30_000

/**
 * Knows of every session that has a connection on this process whether it still lives, and ends its connections when it
 * does not: when a change is told, when its time is up, and by looking now and then where nobody tells. A store that does
 * not answer ends nothing until the limit for that has passed.
 */
export class Keeper implements ChangeWatcher {
  readonly #parts: KeeperParts
  readonly #byId = new Map<SessionId, KeptSession>()
  readonly #byName = new Groups<KeptSession>()
  readonly #bySubject = new Groups<KeptSession>()
  /** Those to be looked at, in this order. */
  readonly #queue = new Set<KeptSession>()
  /** All of them, the one that was asked for longest ago first. */
  readonly #byAge = new Set<KeptSession>()
  readonly #watching: Watching | undefined
  readonly #stopSeen: () => void
  readonly #sleep: SleepWatch
  readonly wheel: Wheel
  #looks = 0
  #connections = 0

  constructor(parts: KeeperParts) {
    this.#parts = parts
    const { held, clock } = parts
    this.#sleep = new SleepWatch(clock)
    this.wheel = new Wheel(clock, () => {
      this.#onTurn()
    })
    this.#watching = held.watch(this)
    this.#stopSeen = held.onSeen((id) => {
      this.#onSeen(id)
    })
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#connections
  }

  get sessions(): number {
    return this.#byId.size
  }

  connectionsOf(id: SessionId): number {
    return this.#byId.get(id)?.connections.size ?? 0
  }

  connectionsOfSubject(subject: string): number {
    let count = 0
    for (const session of this.#bySubject.of(subject)) {
      if (session.subject === subject) count += session.connections.size
    }
    return count
  }

  /** Ties a connection to a session that was found alive a moment ago, and looks at it once more: it may have ended since. */
  keep(found: ActiveResolution, connection: Held): KeptSession {
    const { id } = found.record
    const session = this.#byId.get(id) ?? this.#add(found)
    session.connections.add(connection)
    this.#connections += 1
    this.#ask(session)
    return session
  }

  /** The connection is closed. */
  drop(session: KeptSession, connection: Held): void {
    if (!session.connections.delete(connection)) return
    this.#connections -= 1
    if (session.connections.size === 0) this.#forget(session)
  }

  /** Looks at the session now. */
  ask(session: KeptSession): void {
    if (!session.isOver) this.#ask(session)
  }

  /** The person did something. Marks the session as seen, as seldom as requests do. */
  async touch(session: KeptSession): Promise<void> {
    const { held, clock } = this.#parts
    const now = clock.elapsed()
    const { idleTimeout, lastSeenAt } = session.found.record
    const every = held.touchEvery(idleTimeout)
    if (now - session.touchedAt < every || session.nowAt(now) - lastSeenAt < every) return
    session.touchedAt = now
    try {
      await held.touch(session.id)
    } catch (error) {
      // Nothing depends on it: the next message tries again.
      session.touchedAt = Number.NEGATIVE_INFINITY
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }

  /** Ends every connection. */
  endAll(end: LiveEnd): void {
    for (const session of [...this.#byId.values()]) this.#end(session, end)
  }

  close(): void {
    this.#watching?.close()
    this.#stopSeen()
  }

  onSession(id: SessionId): void {
    for (const session of this.#byName.of(id)) this.#ask(session)
  }

  onSubject(subject: string): void {
    for (const session of this.#bySubject.of(subject)) this.#ask(session)
  }

  onDocument(): void {
    // Key rings and the like end no session.
  }

  onEverything(): void {
    for (const session of this.#byId.values()) this.#queue.add(session)
    this.#pump()
  }

  #onSeen(id: SessionId): void {
    const session = this.#byId.get(id)
    if (session?.wantsUse === true) this.#ask(session)
  }

  #add(found: ActiveResolution): KeptSession {
    const session = new KeptSession(found, this.#parts.clock.elapsed(), (due) => {
      this.#ask(due)
    })
    this.#byId.set(session.id, session)
    this.#byAge.add(session)
    for (const id of session.ids) this.#byName.add(id, session)
    for (const subject of session.subjects) this.#bySubject.add(subject, session)
    return session
  }

  #forget(session: KeptSession): void {
    session.isOver = true
    this.wheel.drop(session)
    this.#byId.delete(session.id)
    this.#byAge.delete(session)
    this.#queue.delete(session)
    for (const id of session.ids) this.#byName.delete(id, session)
    for (const subject of session.subjects) this.#bySubject.delete(subject, session)
  }

  #ask(session: KeptSession): void {
    this.#queue.add(session)
    this.#pump()
  }

  #pump(): void {
    for (const session of this.#queue) {
      if (this.#looks >= MOST_LOOKS) return
      // It is being looked at, and what it is looked at again for may have come too late for that.
      if (session.isAsking) continue
      this.#queue.delete(session)
      session.isAsking = true
      this.#looks += 1
      void this.#look(session)
    }
  }

  async #look(session: KeptSession): Promise<void> {
    const { held, clock } = this.#parts
    const sentAt = clock.elapsed()
    session.askedAt = sentAt
    this.#byAge.delete(session)
    this.#byAge.add(session)
    try {
      const { resolution, endsAt } = await held.look(session)
      if (!session.isOver) this.#learn(session, resolution, endsAt, sentAt)
    } catch {
      // Whatever the fault is: it says nothing of the session.
      if (!session.isOver) this.#noteFault(session, sentAt)
    } finally {
      session.isAsking = false
      this.#looks -= 1
      if (session.isOver) this.#byAge.delete(session)
      this.#pump()
    }
  }

  #learn(session: KeptSession, resolution: Resolution, endsAt: number, sentAt: number): void {
    if (resolution.state !== 'active') {
      const reason = 'reason' in resolution ? resolution.reason : 'unknown'
      for (const connection of session.connections) connection.onOver(resolution)
      // A read that crossed the end on its way tells that it is over, and not why.
      const isToldWhy = reason !== 'unknown' || session.isOut
      session.isOut = true
      if (isToldWhy) this.#end(session, { kind: 'ended', reason })
      else this.#ask(session)
      return
    }
    session.awaySince = undefined
    session.isOut = false
    session.faults = 0
    session.found = resolution
    // The answer was made after the question: as seen from here, its end comes no later than this.
    session.foundAt = sentAt
    session.endsAt = sentAt + (endsAt - resolution.now)
    if (resolution.record.traits.awaits !== undefined) {
      this.#end(session, { kind: 'pending' })
      return
    }
    for (const connection of [...session.connections]) connection.onLook(resolution)
    if (!session.isOver) this.wheel.set(session, this.#nextLook(session))
  }

  #nextLook(session: KeptSession): number {
    const now = this.#parts.clock.elapsed()
    const end = Math.max(session.endsAt, now + SHORTEST_WAIT)
    if (!session.wantsUse) return end
    const { idleTimeout } = session.found.record
    const every = Math.min(Math.max(idleTimeout / USE_SHARE, USE_AT_LEAST), USE_AT_MOST)
    return Math.min(end, now + every)
  }

  #noteFault(session: KeptSession, sentAt: number): void {
    if (session.isOut) {
      this.#end(session, { kind: 'ended', reason: 'unknown' })
      return
    }
    const { awayLimit, recheckEvery } = this.#parts.settings
    session.awaySince ??= sentAt
    session.faults += 1
    const now = this.#parts.clock.elapsed()
    const limit = session.awaySince + awayLimit
    // Past this instant nothing can be good any more, whatever the store would say.
    const { absoluteExpiresAt } = session.found.record
    if (now >= limit || session.nowAt(now) >= absoluteExpiresAt) {
      this.#end(session, { kind: 'away' })
      return
    }
    const wait = Math.min(recheckEvery * 2 ** (session.faults - 1), LONGEST_WAIT)
    this.wheel.set(session, Math.min(now + wait, limit))
  }

  #end(session: KeptSession, end: LiveEnd): void {
    const connections = [...session.connections]
    session.connections.clear()
    this.#connections -= connections.length
    this.#forget(session)
    for (const connection of connections) connection.onEnd(end)
  }

  #onTurn(): void {
    if (this.#sleep.hasSlept()) this.onEverything()
    const { held, settings } = this.#parts
    const bound = held.maxStaleness === 0 ? STALENESS : held.maxStaleness
    if (held.age() <= bound) return
    // Nobody tells: look at each in turn, spread over the interval.
    const before = this.#parts.clock.elapsed() - settings.recheckEvery + TICK
    let most = Math.max(MOST_LOOKS, Math.ceil((this.#byId.size * TICK * 2) / settings.recheckEvery))
    for (const session of this.#byAge) {
      if (session.askedAt > before || most === 0) break
      most -= 1
      // One that got no answer has an instant of its own to be asked again.
      if (session.awaySince === undefined) this.#queue.add(session)
    }
    this.#pump()
  }
}
