import { checkKey, SessionTooLarge, toJson } from './data.js'
import type { DataEntry } from '../store/record.js'
import type { Change } from '../store/store.js'

const NO_ENTRIES: ReadonlyMap<string, DataEntry> = new Map()
const NO_TEXTS: ReadonlyMap<string, string> = new Map()
const NO_KEYS: ReadonlySet<string> = new Set()

/**
 * What one request sees of a session's data: the entries as they were read, and on top the changes that
 * are not written yet. Values are parsed when they are asked for, and only then.
 */
export class WorkingCopy {
  /** Copied before it is changed; most requests only read. */
  #entries: ReadonlyMap<string, DataEntry>
  #revision: number
  /** Made with the first change. */
  #pending: { readonly set: Map<string, string>; readonly deleted: Set<string> } | undefined

  readonly #listener: { noteChange(): void } | undefined

  /** @param listener - hears of the first change. */
  constructor(
    entries: ReadonlyMap<string, DataEntry> = NO_ENTRIES,
    revision: number = 0,
    listener?: { noteChange(): void },
  ) {
    this.#entries = entries
    this.#revision = revision
    this.#listener = listener
  }

  get isDirty(): boolean {
    return this.#set.size > 0 || this.#deleted.size > 0
  }

  get #set(): ReadonlyMap<string, string> {
    return this.#pending?.set ?? NO_TEXTS
  }

  get #deleted(): ReadonlySet<string> {
    return this.#pending?.deleted ?? NO_KEYS
  }

  #change(): { readonly set: Map<string, string>; readonly deleted: Set<string> } {
    if (this.#pending === undefined) {
      this.#pending = { set: new Map(), deleted: new Set() }
      this.#listener?.noteChange()
    }
    return this.#pending
  }

  keys(): string[] {
    const kept = [...this.#entries.keys()].filter((key) => !this.#deleted.has(key))
    return [...new Set([...kept, ...this.#set.keys()])]
  }

  /** JSON text of a value, with pending changes applied. */
  json(key: string): string | undefined {
    if (this.#deleted.has(key)) return undefined
    return this.#set.get(key) ?? this.#entries.get(key)?.json
  }

  /** Whether a change to this very key waits to be written. */
  isPending(key: string): boolean {
    return this.#set.has(key) || this.#deleted.has(key)
  }

  /** The entry as the store last told it, without pending changes. */
  entry(key: string): DataEntry | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: unknown): void {
    checkKey(key)
    this.setJson(key, toJson(key, value))
  }

  setJson(key: string, json: string): void {
    const { set, deleted } = this.#change()
    deleted.delete(key)
    set.set(key, json)
  }

  delete(key: string): void {
    const { set, deleted } = this.#change()
    set.delete(key)
    deleted.add(key)
  }

  /** Throws {@link SessionTooLarge} where all values together are over `limit` bytes. */
  checkSize(limit: number): void {
    let bytes = 0
    for (const key of this.keys()) {
      bytes += Buffer.byteLength(key) + Buffer.byteLength(this.json(key) ?? '')
    }
    if (bytes > limit) throw new SessionTooLarge(bytes, limit)
  }

  /** The pending changes as a store takes them. Deletions of what was never there are left away. */
  toChange(): Pick<Change, 'set' | 'delete' | 'baseRevision'> {
    return {
      baseRevision: this.#revision,
      ...(this.#set.size > 0 ? { set: new Map(this.#set) } : {}),
      ...(this.#deleted.size > 0 ? { delete: [...this.#deleted] } : {}),
    }
  }

  /** All values as JSON text, pending changes applied: the data of a session about to be created. */
  toData(): Map<string, string> {
    return new Map(this.keys().map((key) => [key, this.json(key) ?? 'null']))
  }

  /** This change was written, as revision `revision`. What was changed again meanwhile stays pending. */
  markWritten(change: Pick<Change, 'set' | 'delete'>, revision: number): void {
    const { set, deleted } = this.#change()
    const entries = new Map(this.#entries)
    for (const [key, json] of change.set ?? []) {
      entries.set(key, { json, revision })
      if (set.get(key) === json) set.delete(key)
    }
    for (const key of change.delete ?? []) {
      entries.delete(key)
      deleted.delete(key)
    }
    this.#entries = entries
    this.#revision = revision
  }

  /** Takes in what was read. Changes that were made before stay pending where they still change something. */
  learn(entries: ReadonlyMap<string, DataEntry>, revision: number): void {
    this.#entries = entries
    this.#revision = revision
    for (const [key, json] of this.#set) {
      if (entries.get(key)?.json === json) this.#pending?.set.delete(key)
    }
    for (const key of this.#deleted) {
      if (!entries.has(key)) this.#pending?.deleted.delete(key)
    }
  }

  /** Forgets all pending changes. */
  discard(): void {
    this.#pending = undefined
  }

  /** Takes note of what the store says rests under a key. */
  refresh(key: string, entry: DataEntry | undefined): void {
    const entries = new Map(this.#entries)
    if (entry === undefined) entries.delete(key)
    else entries.set(key, entry)
    this.#entries = entries
  }
}
