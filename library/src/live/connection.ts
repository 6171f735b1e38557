import type { ClientFacts } from '../session/device.js'
import { toFacts, type SessionFacts } from '../session/facts.js'
import type { HeldSessions, HeldVisit } from '../session/held.js'
import type { ActiveResolution, Resolution } from '../session/resolve.js'
import type { Session } from '../session/session.js'
import type { SessionId } from '../store/record.js'
import type { Clock } from '../system/clock.js'
import type { LiveEnd } from './end.js'
import type { Keeper } from './keeper.js'
import type { Held, KeptSession } from './kept-session.js'

/** What a transport does for its connection. */
export interface Wire {
  /** Closes it and tells the client why. Called once; the peer may be gone already. */
  end(end: LiveEnd): void
  /** The session was looked at and lives. */
  onLook?(found: ActiveResolution): void
}

/** What connections are made with. */
export interface ConnectionParts<Data extends object> {
  readonly keeper: Keeper
  readonly held: HeldSessions<Data>
  readonly clock: Clock
}

/** A socket or stream that lives as long as its session. */
export interface LiveConnection<Data extends object = Record<string, unknown>> {
  /** Public id of the session. */
  readonly id: SessionId
  /** Whom it belongs to; `undefined`: a guest. */
  readonly subject: string | undefined
  /** Neither closed nor about to be. */
  readonly isOpen: boolean
  /** Why it was closed from here, or `undefined`. */
  readonly end: LiveEnd | undefined
  /** Instants, limits and device of the session, as far as they are known here. */
  readonly facts: SessionFacts
  /**
   * The session, live: it shows what other requests and sockets wrote as soon as that is known here, and writes only what
   * was set, by key. `set` and `delete` are saved by themselves a moment later, `save()` waits for it. What needs a cookie
   * (`signIn`, `elevate`) throws `ERR_HEADERS_SENT`.
   */
  readonly session: Session<Data>
  /** The person does something: the session is marked as seen, as seldom as by requests. For activity that is no message. */
  noteActivity(): void
  /** Lets go of the session; the connection itself is the caller's to close. Done by itself when it closes. */
  detach(): void
}

export class KeptConnection<Data extends object> implements Held, LiveConnection<Data> {
  readonly wantsUse: boolean
  readonly #parts: ConnectionParts<Data>
  readonly #wire: Wire
  readonly #kept: KeptSession
  readonly #client: ClientFacts
  #visit: HeldVisit<Data> | undefined
  #over: Resolution | undefined
  #isDetached = false
  end: LiveEnd | undefined

  constructor(
    parts: ConnectionParts<Data>,
    found: ActiveResolution,
    given: { readonly wire: Wire; readonly client: ClientFacts; readonly wantsUse?: boolean },
  ) {
    this.#parts = parts
    this.#wire = given.wire
    this.#client = given.client
    this.wantsUse = given.wantsUse ?? false
    this.#kept = parts.keeper.keep(found, this)
  }

  get id(): SessionId {
    return this.#kept.id
  }

  get subject(): string | undefined {
    return this.#kept.subject
  }

  get isOpen(): boolean {
    return this.end === undefined && !this.#isDetached
  }

  get facts(): SessionFacts {
    const { found } = this.#kept
    return toFacts(found.record, this.#kept.nowAt(this.#parts.clock.elapsed()))
  }

  get session(): Session<Data> {
    if (this.#visit === undefined) {
      this.#visit = this.#parts.held.open(this.#kept.found, this.#client)
      if (this.#over !== undefined) this.#visit.learn(this.#over)
    }
    return this.#visit.session
  }

  noteActivity(): void {
    if (this.isOpen) void this.#parts.keeper.touch(this.#kept)
  }

  /** Has the session looked at now. */
  ask(): void {
    this.#parts.keeper.ask(this.#kept)
  }

  detach(): void {
    this.#isDetached = true
    this.#parts.keeper.drop(this.#kept, this)
  }

  /** Closes it from here. */
  close(end: LiveEnd): void {
    this.detach()
    this.onEnd(end)
  }

  onLook(found: ActiveResolution): void {
    this.#visit?.learn(found)
    this.#wire.onLook?.(found)
  }

  onOver(resolution: Resolution): void {
    this.#over = resolution
    this.#visit?.learn(resolution)
  }

  onEnd(end: LiveEnd): void {
    this.end = end
    this.#wire.end(end)
  }
}
