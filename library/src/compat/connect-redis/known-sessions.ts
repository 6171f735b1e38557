/**
 * Which session objects came out of the store, or went into it, and under which id.
 *
 * Such an object tells of a record that was there. If the record is gone when the object is written, then somebody
 * ended the session meanwhile, here or in another process, and the write must not bring it back. An object
 * that is not known here is a new session, whatever its id.
 */
export class KnownSessions {
  readonly #ids = new WeakMap<object, string>()

  /** `session` tells of what rests under `sid`. */
  add(session: object, sid: string): void {
    this.#ids.set(session, sid)
  }

  has(session: object, sid: string): boolean {
    return this.#ids.get(session) === sid
  }

  /** What `from` was made into tells of the same record. */
  copy(from: object, to: object): void {
    const sid = this.#ids.get(from)
    if (sid !== undefined) this.#ids.set(to, sid)
  }
}

/**
 * Whether it is the live session of a request, which may be written again later, and not just data that
 * a program or a test hands in: writing the same data twice is meant as such.
 */
export function isLive(session: object): boolean {
  return typeof (session as { reload?: unknown }).reload === 'function'
}
