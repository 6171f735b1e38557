/** Rows that each new one looks at: as many that are over are dropped, so that it is never a walk over all. */
const LOOKS = 8

/**
 * Rows by key, each with an end, and a bounded number of them. When it is full, a new row takes the place of the one
 * that ends first among {@link LOOKS}: most of the time, of the one that would be missed least.
 */
export class EndingRows<Row extends { readonly endsAt: number }> {
  readonly #rows = new Map<string, Row>()
  readonly #most: number
  #hand: MapIterator<[string, Row]> = this.#rows.entries()

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#rows.size
  }

  /** The row of a key, which may be over. */
  get(key: string): Row | undefined {
    return this.#rows.get(key)
  }

  set(key: string, row: Row, now: number): void {
    if (!this.#rows.has(key)) this.#makeRoom(now)
    this.#rows.set(key, row)
  }

  delete(key: string): void {
    this.#rows.delete(key)
  }

  /** Drops everything that is over. */
  sweep(now: number): void {
    for (const [key, { endsAt }] of this.#rows) if (endsAt <= now) this.#rows.delete(key)
  }

  #makeRoom(now: number): void {
    let first: { readonly key: string; readonly endsAt: number } | undefined
    for (let look = 0; look < LOOKS; look += 1) {
      const next = this.#next()
      if (next === undefined) break
      const [key, { endsAt }] = next
      if (endsAt <= now) this.#rows.delete(key)
      else if (first === undefined || endsAt < first.endsAt) first = { key, endsAt }
    }
    if (first !== undefined && this.#rows.size >= this.#most) this.#rows.delete(first.key)
  }

  /** The next row, round and round. */
  #next(): [string, Row] | undefined {
    const step = this.#hand.next()
    if (step.done !== true) return step.value
    this.#hand = this.#rows.entries()
    return this.#hand.next().value
  }
}
