import { checkKey, SessionTooLarge, toJson } from './data.js'
import type { DataEntry } from '../store/record.js'
import type { Change } from '../store/store.js'

/**
 * What one request sees of a session's data: the entries as they were read, and on top the changes that
 * are not written yet. Values are parsed when they are asked for, and only then.
 */
export class WorkingCopy {
  #entries: Map<string, DataEntry>
  #revision: number
  readonly #set = new Map<string, string>()
  readonly #deleted = new Set<string>()

  constructor(entries: ReadonlyMap<string, DataEntry> = new Map(), revision = 0) {
    this.#entries = new Map(entries)
    this.#revision = revision
  }

  get isDirty(): boolean {
    return this.#set.size > 0 || this.#deleted.size > 0
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
    this.#deleted.delete(key)
    this.#set.set(key, json)
  }

  delete(key: string): void {
    this.#set.delete(key)
    this.#deleted.add(key)
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
    for (const [key, json] of change.set ?? []) {
      this.#entries.set(key, { json, revision })
      if (this.#set.get(key) === json) this.#set.delete(key)
    }
    for (const key of change.delete ?? []) {
      this.#entries.delete(key)
      this.#deleted.delete(key)
    }
    this.#revision = revision
  }

  /** Changes made to `earlier` that the entries here do not show yet are pending here. */
  carryOver(earlier: WorkingCopy): void {
    for (const [key, json] of earlier.#set) {
      if (this.#entries.get(key)?.json !== json) this.setJson(key, json)
    }
    for (const key of earlier.#deleted) {
      if (this.#entries.has(key)) this.delete(key)
    }
  }

  /** Forgets all pending changes. */
  discard(): void {
    this.#set.clear()
    this.#deleted.clear()
  }

  /** Takes note of what the store says rests under a key. */
  refresh(key: string, entry: DataEntry | undefined): void {
    if (entry === undefined) this.#entries.delete(key)
    else this.#entries.set(key, entry)
  }
}
