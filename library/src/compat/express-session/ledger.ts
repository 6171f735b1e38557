import { debug, hidden } from './debug.js'
import type { Callback, StoredSession } from './contract.js'
import { takeOver } from './own-session.js'
import type { Session } from './session.js'

/**
 * What one request knows of its session as it was: by comparing, it tells whether there is something to save. Finds the
 * session by the object, so nothing of it shows on the session itself.
 */
export class Ledger {
  readonly #isResaved: boolean
  #originalId: string | undefined
  #originalText = ''
  #savedText: string | undefined

  /** @param isResaved - an unmodified session is saved all the same (`resave`). */
  constructor(isResaved: boolean) {
    this.#isResaved = isResaved
  }

  /** A new session, empty but for what its class put there. */
  begin(session: Session): void {
    this.#originalId = session.id
    this.#originalText = textOf(session)
    this.follow(session)
  }

  /** A session that the store knew. */
  inflate(session: Session, stored: StoredSession): void {
    this.#originalId = session.id
    this.#originalText = textOf(stored)
    if (!this.#isResaved) this.#savedText = this.#originalText
    this.follow(session)
  }

  /**
   * From now on `session.save()` and `session.reload()` are noted here. They become properties of the session itself, and
   * not enumerable: who replaces one of them must not make data of it.
   */
  follow(session: Session): void {
    LEDGERS.set(session, this)
    const { save, reload } = session as unknown as Record<'save' | 'reload', Method>
    const noteSave = (): void => {
      this.noteSave(session)
    }
    const followNext = (): void => {
      takeOver(session.req)
      const next = session.req.session
      if (next && next !== session) this.follow(next)
    }
    define(session, 'save', function (this: Session, callback) {
      debug('saving %s', hidden(this.id))
      noteSave()
      return save.call(this, callback)
    })
    define(session, 'reload', function (this: Session, callback) {
      debug('reloading %s', hidden(this.id))
      if (callback === undefined) return reloadWithPromise(this, reload, followNext)
      return reload.call(this, (...answer) => {
        followNext()
        callback(...answer)
      })
    })
  }

  /** `session` is stored as it is now. */
  noteSave(session: Session): void {
    this.#savedText = textOf(session)
  }

  get wasSaved(): boolean {
    return Boolean(this.#savedText)
  }

  isModified(session: Session): boolean {
    return this.#originalId !== session.id || this.#originalText !== textOf(session)
  }

  isSaved(session: Session): boolean {
    return this.#originalId === session.id && this.#savedText === textOf(session)
  }

  /** The top-level values that differ from what was read or last saved. Deleted ones do not count. */
  unsaved(session: Session): Record<string, unknown> {
    const before = JSON.parse(this.#savedText ?? this.#originalText) as Record<string, unknown>
    const differs = ([key, value]: [string, unknown]): boolean =>
      key !== 'cookie' && JSON.stringify(value) !== JSON.stringify(before[key])
    return Object.fromEntries(Object.entries(session).filter(differs))
  }
}

type Method = (this: Session, callback?: Callback) => unknown

function define(session: Session, name: 'save' | 'reload', value: Method): void {
  Object.defineProperty(session, name, {
    value,
    configurable: true,
    enumerable: false,
    writable: true,
  })
}

function reloadWithPromise(session: Session, reload: Method, followNext: () => void): unknown {
  const promise = reload.call(session) as Promise<void>
  const followed = promise.then(followNext)
  followed.catch(() => undefined)
  return followed
}

const LEDGERS = new WeakMap<Session, Ledger>()

/** The ledger that follows `session`; a session outside a request has none. */
export function ledgerOf(session: Session): Ledger | undefined {
  return LEDGERS.get(session)
}

/** A session as JSON, without its cookie: that one changes by itself. */
function textOf(session: object): string {
  const own = session as { toJSON?: unknown }
  if (typeof own.toJSON !== 'function') return JSON.stringify({ ...session, cookie: undefined })
  return JSON.stringify(session, function (this: unknown, key: string, value: unknown) {
    return this === session && key === 'cookie' ? undefined : value
  })
}

const DESTROYED = new WeakSet<object>()

/** `request` had its session destroyed: its cookie is of no use any more. */
export function noteDestroyed(request: object): void {
  DESTROYED.add(request)
}

export function wasDestroyed(request: object): boolean {
  return DESTROYED.has(request)
}
