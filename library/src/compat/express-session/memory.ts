import { systemClock } from '../../system/clock.js'
import type { Callback, ClassicStore, StoredSession } from './contract.js'
import { Store } from './store.js'

/** What `MemoryStore` is. */
export interface MemoryStoreConstructor {
  new (): ClassicMemoryStore
  (this: object): void
  readonly prototype: ClassicMemoryStore
}

/** Sessions in this process alone, for development. It never tidies up by itself. */
export interface ClassicMemoryStore extends ClassicStore {
  /** JSON text by session id. */
  sessions: Record<string, string>
}

function construct(this: ClassicMemoryStore): void {
  Store.call(this)
  this.sessions = noSessions()
}
Object.defineProperty(construct, 'name', { value: 'MemoryStore' })
Object.setPrototypeOf(construct.prototype, Store.prototype)
Object.setPrototypeOf(construct, Store)

const methods: Required<Omit<ClassicStore, keyof InstanceType<typeof Store> | 'ids'>> &
  ThisType<ClassicMemoryStore> = {
  get(id, callback) {
    setImmediate(callback, null, readSession(this, id))
  },

  set(id, session, callback) {
    this.sessions[id] = JSON.stringify(session)
    answer(callback)
  },

  touch(id, session, callback) {
    const current = readSession(this, id)
    if (current !== undefined) {
      current.cookie = session.cookie
      this.sessions[id] = JSON.stringify(current)
    }
    answer(callback)
  },

  destroy(id, callback) {
    Reflect.deleteProperty(this.sessions, id)
    answer(callback)
  },

  all(callback: Callback<Record<string, StoredSession>>) {
    const live = Object.create(null) as Record<string, StoredSession>
    for (const id of Object.keys(this.sessions)) {
      const session = readSession(this, id)
      if (session !== undefined) live[id] = session
    }
    if (callback) setImmediate(callback, null, live)
  },

  length(callback) {
    this.all?.((error, sessions) => {
      if (error) callback(error)
      else callback(null, Object.keys(sessions ?? {}).length)
    })
  },

  clear(callback) {
    this.sessions = noSessions()
    answer(callback)
  },
}
Object.assign(construct.prototype as object, methods)

/** The store for development; see {@link ClassicMemoryStore}. */
export const MemoryStore: MemoryStoreConstructor = construct as unknown as MemoryStoreConstructor

function noSessions(): Record<string, string> {
  return Object.create(null) as Record<string, string>
}

function answer(callback: Callback | undefined): void {
  if (callback) setImmediate(callback)
}

/** A live session; one that ran out of time is forgotten on the way. */
function readSession(store: ClassicMemoryStore, id: string): StoredSession | undefined {
  const text = store.sessions[id]
  if (!text) return undefined
  const session = JSON.parse(text) as StoredSession
  const expires = (session.cookie as StoredSession['cookie'] | undefined)?.expires
  if (expires && new Date(expires).valueOf() <= systemClock.now()) {
    Reflect.deleteProperty(store.sessions, id)
    return undefined
  }
  return session
}
