/** A map that forgets its oldest entry where one more would be too many. */
export class BoundedMap<Value> {
  readonly #entries = new Map<string, Value>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size >= this.#most && oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(key, value)
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }
}

/** Where a session was seen last, and where before. Of those alone that were seen in more than one network. */
interface Way {
  readonly network: string
  at: number
  readonly before: string
  readonly beforeAt: number
}

/** Follows sessions from network to network, in this process. */
export class Ways {
  readonly #ways: BoundedMap<Way>
  readonly #within: number

  constructor(most: number, within: number) {
    this.#ways = new BoundedMap(most)
    this.#within = within
  }

  /** Whether this session was ever seen in another network here. */
  knows(id: string): boolean {
    return this.#ways.has(id)
  }

  /** Notes where a session is. `true`: it was in another network a moment ago, and before that in this one. */
  note(id: string, network: string, now: number, kept: Pick<Way, 'network' | 'at'>): boolean {
    const way = this.#ways.get(id) ?? { ...kept, before: '', beforeAt: 0 }
    if (way.network === network) {
      way.at = Math.max(way.at, now)
      return false
    }
    const isBack = way.before === network && now - way.beforeAt <= this.#within
    this.#ways.set(id, { network, at: now, before: way.network, beforeAt: way.at })
    return isBack
  }
}
