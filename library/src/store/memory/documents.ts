import { InvalidInput } from '../../errors.js'
import type { StoreDocument } from '../store.js'

/** Milliseconds for which a document is kept after it was last written or read. */
export const DOCUMENT_KEPT_FOR: number = 400 * 24 * 3_600_000

const MAX_LENGTH = 65_536

/** @throws InvalidInput for `text` where it is too long to be kept. */
export function assertDocument(text: string): void {
  if (text.length <= MAX_LENGTH) return
  throw new InvalidInput('text', `text must have at most ${String(MAX_LENGTH)} characters`)
}

/** The documents of a memory store. There are a few, so that each write may look at all of them. */
export class Documents {
  readonly #rows = new Map<string, { document: StoreDocument; keepUntil: number }>()

  get size(): number {
    return this.#rows.size
  }

  read(name: string, now: number): StoreDocument | undefined {
    const row = this.#rows.get(name)
    if (row === undefined || now >= row.keepUntil) return undefined
    row.keepUntil = now + DOCUMENT_KEPT_FOR
    return { ...row.document }
  }

  write(name: string, text: string, expect: number, now: number): StoreDocument | undefined {
    assertDocument(text)
    this.sweep(now)
    const revision = this.#rows.get(name)?.document.revision ?? 0
    if (revision !== expect) return undefined
    const document = { text, revision: revision + 1 }
    this.#rows.set(name, { document, keepUntil: now + DOCUMENT_KEPT_FOR })
    return { ...document }
  }

  sweep(now: number): void {
    for (const [name, { keepUntil }] of this.#rows) {
      if (now >= keepUntil) this.#rows.delete(name)
    }
  }
}
