/** What a telling is about. */
export type Topic = 'session' | 'subject' | 'document'

/** A place in the sequence of tellings. */
export type Mark = number

/** More than come in while one read is under way; a read that met more is as good as doomed. */
const REMEMBERED = 256

/**
 * The last few names that were told, in this order: enough to say of a read that comes back whether anything
 * was told about it while it was under way. Nothing is kept for each read, so a thousand hanging ones cost nothing.
 */
export class Tellings {
  readonly #topics: Topic[] = []
  readonly #names: string[] = []
  #count = 0

  /** Where a read begins. */
  mark(): Mark {
    return this.#count
  }

  note(topic: Topic, name: string): void {
    const place = this.#count % REMEMBERED
    this.#topics[place] = topic
    this.#names[place] = name
    this.#count += 1
  }

  /** Everything was told at once: every read that is under way met too much. */
  noteEverything(): void {
    this.#count += REMEMBERED + 1
  }

  /** Whether `name` was told since `mark`, or may have been. */
  wasTold(topic: Topic, name: string, mark: Mark): boolean {
    if (this.#count - mark > REMEMBERED) return true
    for (let at = mark; at < this.#count; at += 1) {
      const place = at % REMEMBERED
      if (this.#topics[place] === topic && this.#names[place] === name) return true
    }
    return false
  }
}
