import { SojournError, StoreUnavailable } from '../errors.js'
import { Deadlines } from '../store/deadlines.js'
import type { StoreDocument } from '../store/store.js'
import { readRing, writeRing } from './ring-document.js'
import type { RingKey } from './timeline.js'

/** What a ring asks of a store: any `Store`, with or without a near cache in front. */
export interface KeyDocuments {
  readDocument(name: string): Promise<StoreDocument | undefined>
  writeDocument(name: string, text: string, expect: number): Promise<StoreDocument | undefined>
  /** What is known without a round trip; `undefined`: nothing. */
  peekDocument?(name: string): { readonly document: StoreDocument | undefined } | undefined
}

/** The document of that name. There is one ring in a store's namespace. */
export const KEY_RING_DOCUMENT = 'key-ring'

/** A document and what it says. */
export interface RingText {
  readonly text: string | undefined
  readonly revision: number
  readonly keys: readonly RingKey[]
}

/** The ring as it lies in the store. */
export class SharedDocument {
  readonly #documents: KeyDocuments
  readonly #deadlines: Deadlines

  /** `deadline`: milliseconds after which a call counts as failed. */
  constructor(documents: KeyDocuments, deadline: number) {
    this.#documents = documents
    this.#deadlines = new Deadlines(deadline)
  }

  /** The text, without a round trip, where it is known. */
  peek(): { readonly text: string | undefined } | undefined {
    const peeked = this.#documents.peekDocument?.(KEY_RING_DOCUMENT)
    return peeked === undefined ? undefined : { text: peeked.document?.text }
  }

  /** @throws {StoreUnavailable} Also where what lies there cannot be read: it may say that a key is retired. */
  async read(): Promise<RingText> {
    const document = await this.#ask(async () => this.#documents.readDocument(KEY_RING_DOCUMENT))
    if (document === undefined) return { text: undefined, revision: 0, keys: [] }
    const keys = readRing(document.text)
    if (keys === undefined) {
      throw new StoreUnavailable(
        `The document ${KEY_RING_DOCUMENT} is damaged, or of a newer version: no token is accepted.`,
      )
    }
    return { text: document.text, revision: document.revision, keys }
  }

  /** Writes where `expect` is still the revision; `undefined`: somebody else was first. */
  async write(keys: readonly RingKey[], expect: number): Promise<RingText | undefined> {
    const text = writeRing(keys)
    const written = await this.#ask(async () =>
      this.#documents.writeDocument(KEY_RING_DOCUMENT, text, expect),
    )
    return written === undefined ? undefined : { text, revision: written.revision, keys }
  }

  /** Whatever a store throws that is not one of our own errors is a fault of the store; so is silence. */
  async #ask<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => {
        const isOurs = cause instanceof SojournError
        reject(isOurs ? cause : new StoreUnavailable(`The key ring ${FAULT}.`, { cause }))
      }
      const waiting = this.#deadlines.add(() => {
        reject(new StoreUnavailable(`The key ring ${FAULT} in time.`))
      })
      call()
        .then(resolve, fail)
        .finally(() => {
          waiting.isDone = true
        })
    })
  }
}

const FAULT = 'could not be read or written'
