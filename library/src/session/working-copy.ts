import { checkKey, SessionTooLarge, toJson } from './data.js'
import { isSealed, jsonBytes, type ValuesAtRest } from './encryption.js'
import type { DataEntry, SessionRecord } from '../store/record.js'
import type { Change } from '../store/store.js'

type LearnedRecord = Pick<SessionRecord, 'id' | 'data' | 'revision'>

const NO_ENTRIES: ReadonlyMap<string, DataEntry> = new Map()
const NO_TEXTS: ReadonlyMap<string, string> = new Map()
const NO_KEYS: ReadonlySet<string> = new Set()

/**
 * What one request sees of a session's data: the entries as they were read, and on top the changes that
 * are not written yet. Values are decrypted and parsed when they are asked for, and only then; what is not
 * written yet is JSON in clear.
 */
export class WorkingCopy {
  /** Copied before it is changed; most requests only read. */
  #entries: ReadonlyMap<string, DataEntry>
  #revision: number
  /** Made with the first change. */
  #pending: { readonly set: Map<string, string>; readonly deleted: Set<string> } | undefined

  /** The session that the entries rest in, and how; known once they were read. */
  #id = ''
  #values: ValuesAtRest | undefined
  /** What was decrypted or encrypted here before, so that nothing is twice. */
  #known: Map<string, { readonly text: string; readonly json: string | undefined }> | undefined

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
    return this.#set.get(key) ?? this.#open(key, this.#entries.get(key)?.json)
  }

  #open(key: string, text: string | undefined): string | undefined {
    if (text === undefined || !isSealed(text)) return text
    const known = this.#known?.get(key)
    if (known?.text === text) return known.json
    const json = this.#values?.open(this.#id, key, text)
    this.#note(key, text, json)
    return json
  }

  /** What is to rest for `json` under `key` of the session that was read. */
  toRest(key: string, json: string): string {
    const values = this.#values
    if (values?.isSealing !== true) return json
    const text = values.seal(this.#id, key, json)
    this.#note(key, text, json)
    return text
  }

  #note(key: string, text: string, json: string | undefined): void {
    this.#known ??= new Map()
    this.#known.set(key, { text, json })
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

  /** Throws {@link SessionTooLarge} where all values together are over `limit` bytes of JSON, however they rest. */
  checkSize(limit: number): void {
    let bytes = 0
    for (const key of this.keys()) {
      const pending = this.#set.get(key)
      const size =
        pending === undefined
          ? jsonBytes(this.#entries.get(key)?.json ?? '')
          : Buffer.byteLength(pending)
      bytes += Buffer.byteLength(key) + size
    }
    if (bytes > limit) throw new SessionTooLarge(bytes, limit)
  }

  /** The pending changes as a store takes them. Deletions of what was never there are left away. */
  toChange(): Pick<Change, 'set' | 'delete' | 'baseRevision'> {
    return {
      baseRevision: this.#revision,
      ...(this.#set.size > 0 ? { set: this.#pendingAtRest() } : {}),
      ...(this.#deleted.size > 0 ? { delete: [...this.#deleted] } : {}),
    }
  }

  #pendingAtRest(): Map<string, string> {
    return new Map([...this.#set].map(([key, json]) => [key, this.toRest(key, json)]))
  }

  /** The values that were set and are not written yet, as JSON text. */
  pendingData(): Map<string, string> {
    return new Map(this.#set)
  }

  /** All values as JSON text, pending changes applied: the data of a session about to be created. */
  toData(): Map<string, string> {
    const data = new Map<string, string>()
    for (const key of this.keys()) {
      const json = this.json(key)
      if (json !== undefined) data.set(key, json)
    }
    return data
  }

  /** This change was written, as revision `revision`. What was changed again meanwhile stays pending. */
  markWritten(change: Pick<Change, 'set' | 'delete'>, revision: number): void {
    const { set, deleted } = this.#change()
    const entries = new Map(this.#entries)
    for (const [key, text] of change.set ?? []) {
      entries.set(key, { json: text, revision })
      if (set.get(key) === this.#open(key, text)) set.delete(key)
    }
    for (const key of change.delete ?? []) {
      entries.delete(key)
      deleted.delete(key)
    }
    this.#entries = entries
    this.#revision = revision
  }

  /** Takes in what was read. Changes that were made before stay pending where they still change something. */
  learn({ id, data, revision }: LearnedRecord, values: ValuesAtRest): void {
    this.#entries = data
    this.#revision = revision
    this.#id = id
    this.#values = values
    this.#known = undefined
    for (const [key, json] of this.#set) {
      const text = data.get(key)?.json
      if (text === undefined || !values.isCurrent(text)) continue
      if (this.#open(key, text) === json) this.#pending?.set.delete(key)
    }
    for (const key of this.#deleted) {
      if (!data.has(key)) this.#pending?.deleted.delete(key)
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
