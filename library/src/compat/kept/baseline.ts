import type { EndReason } from '../../store/end-reason.js'
import type { SessionId, SessionRecord } from '../../store/record.js'
import type { Change } from '../../store/store.js'
import { COOKIE, cookieOf, visibleData, type CookieShape, type Snapshot } from './codec.js'
import type { RestingName } from './sid.js'

/** Clocks tick between a cookie's `maxAge` being set and being read: differences up to this are none. Milliseconds. */
const JITTER = 20

/** What is to be written of a session. */
export interface Patch {
  readonly set: ReadonlyMap<string, string>
  readonly delete: readonly string[]
}

/**
 * What one session object was made from: the record as it was read or last written. By comparing with it, only what
 * this very object changed is written.
 */
export class Baseline {
  readonly sid: string
  readonly name: RestingName
  /** The record, as far as it is looked at; `undefined` while there is none yet. */
  #record: SessionRecord | undefined
  #data: ReadonlyMap<string, string> = new Map()
  #cookie: CookieShape = {}
  /** By the host's clock that never jumps, when the session was last known to be seen. */
  #seenAt = 0
  #idleTimeout = 0
  #revision = 0
  #tail: Promise<unknown> | undefined
  /** It ended while this object was in use. */
  endReason: EndReason | undefined
  /** It is served for a moment yet, since another one has taken its place. */
  isPassing = false

  constructor(sid: string, name: RestingName) {
    this.sid = sid
    this.name = name
  }

  /** A record that was read: `now` by the store's clock, `elapsed` by the host's. */
  learn(record: SessionRecord, now: number, elapsed: number): this {
    this.#record = record
    this.#data = visibleData(record)
    this.#cookie = cookieOf(record) ?? {}
    this.#seenAt = elapsed - (now - record.lastSeenAt)
    this.#idleTimeout = record.idleTimeout
    this.#revision = record.revision
    this.isPassing = record.endsAs !== undefined
    return this
  }

  get id(): SessionId {
    return this.name.id
  }

  get isKept(): boolean {
    return this.#record !== undefined && this.endReason === undefined
  }

  get subject(): string | undefined {
    return this.#record?.subject
  }

  get revision(): number {
    return this.#revision
  }

  get idleTimeout(): number {
    return this.#idleTimeout
  }

  get data(): ReadonlyMap<string, string> {
    return this.#data
  }

  /** JSON text of an entry, the cookie's included. */
  json(entry: string): string | undefined {
    return entry === COOKIE ? JSON.stringify(this.#cookie) : this.#data.get(entry)
  }

  /** Whether some entry of ours is in the record. */
  has(entry: string): boolean {
    return this.#record?.data.has(entry) === true
  }

  /** Milliseconds since the session was last seen, as far as this object knows. */
  unseenFor(elapsed: number): number {
    return elapsed - this.#seenAt
  }

  isIdleTimeout(wanted: number): boolean {
    return Math.abs(wanted - this.#idleTimeout) <= JITTER
  }

  /** What `snapshot` has changed. */
  patchTo(snapshot: Snapshot): Patch {
    const changed = [...snapshot.data].filter(([name, json]) => this.#data.get(name) !== json)
    const cookie = this.patchCookie(snapshot).set
    const gone = [...this.#data.keys()].filter((name) => !snapshot.data.has(name))
    return { set: new Map([...changed, ...cookie]), delete: gone }
  }

  /** What it has changed of the cookie alone. */
  patchCookie({ cookie }: Snapshot): Patch {
    const isSame = isSameCookie(cookie, this.#cookie)
    return { set: new Map(isSame ? [] : [[COOKIE, JSON.stringify(cookie)]]), delete: [] }
  }

  /** The same as it is now, for comparing later. */
  copy(): Baseline {
    const copy = new Baseline(this.sid, this.name)
    copy.#record = this.#record
    copy.#data = this.#data
    copy.#cookie = this.#cookie
    return copy
  }

  /** A change was written. */
  wrote(
    change: Pick<Change, 'set' | 'delete' | 'idleTimeout' | 'seen'>,
    revision: number,
    elapsed: number,
  ): void {
    const data = new Map(this.#data)
    for (const [name, json] of change.set ?? []) {
      if (name === COOKIE) this.#cookie = JSON.parse(json) as CookieShape
      else data.set(name, json)
    }
    for (const name of change.delete ?? []) data.delete(name)
    this.#data = data
    this.#revision = revision
    this.#idleTimeout = change.idleTimeout ?? this.#idleTimeout
    if (change.seen === true) this.#seenAt = elapsed
  }

  /** Runs one write after the other: the later one is compared with what the earlier one left. */
  inTurn<Answer>(write: () => Promise<Answer>): Promise<Answer> {
    // At once where nothing is under way, so that calls reach the store in the order in which they were made.
    const turn = this.#tail === undefined ? write() : this.#tail.then(write, write)
    const tail = turn.then(ignore, ignore)
    this.#tail = tail
    void tail.then(() => {
      if (this.#tail === tail) this.#tail = undefined
    })
    return turn
  }
}

/** Whether two cookies say the same, whatever the order of their attributes; one that is `null` is not said. */
export function isSameCookie(left: CookieShape, right: CookieShape): boolean {
  const { originalMaxAge: ours, ...others } = left
  const { originalMaxAge: theirs, ...rest } = right
  const isSameAge =
    typeof ours === 'number' && typeof theirs === 'number'
      ? Math.abs(ours - theirs) <= JITTER
      : (ours ?? null) === (theirs ?? null)
  return isSameAge && canonical(others) === canonical(rest)
}

function canonical(cookie: CookieShape): string {
  const said = Object.entries(cookie).filter(([, value]) => value !== null && value !== undefined)
  return JSON.stringify(said.sort(([left], [right]) => (left < right ? -1 : 1)))
}

function ignore(): void {
  // Whoever asked for the write is told how it went.
}

/** The baselines of session objects; nothing of them shows on the objects. */
export class Baselines {
  readonly #byObject = new WeakMap<object, Baseline>()

  /** That of an object which stands for `sid`. */
  find(session: object, sid: string): Baseline | undefined {
    const baseline = this.#byObject.get(session)
    return baseline?.sid === sid ? baseline : undefined
  }

  of(session: object): Baseline | undefined {
    return this.#byObject.get(session)
  }

  set(session: object, baseline: Baseline): void {
    this.#byObject.set(session, baseline)
  }
}
