/**
 * A row of whole numbers and strings in one string: numbers as 7 bits a character, least first, the eighth set where
 * more follow; strings behind their length plus one, 0 for an absent one. So nothing in a string is special,
 * and a row of Latin letters takes one byte a character.
 */
export class RowWriter {
  readonly #parts: string[] = []

  /** A whole number, 0 or more. */
  whole(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('not a whole number')
    let left = value
    for (; left >= 128; left = Math.floor(left / 128)) {
      this.#parts.push(String.fromCharCode(128 + (left % 128)))
    }
    this.#parts.push(String.fromCharCode(left))
  }

  string(value: string): void {
    this.whole(value.length + 1)
    this.#parts.push(value)
  }

  optional(value: string | undefined): void {
    if (value === undefined) this.whole(0)
    else this.string(value)
  }

  /** The row, as one flat string that holds on to nothing else. */
  toString(): string {
    return this.#parts.join('')
  }
}

/** Reads a row in the order in which it was written. One is made for every hit: it has no private methods, which are slow to set up. */
export class RowReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): number {
    let value = 0
    for (let unit = 1; ; unit *= 128) {
      const code = this.#text.charCodeAt(this.#at)
      this.#at += 1
      if (code < 128) return value + code * unit
      value += (code - 128) * unit
    }
  }

  string(): string {
    return this.optional() ?? ''
  }

  optional(): string | undefined {
    const length = this.whole() - 1
    if (length < 0) return undefined
    const from = this.#at
    this.#at += length
    return this.#text.slice(from, this.#at)
  }
}
