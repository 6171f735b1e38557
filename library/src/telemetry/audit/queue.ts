/** Takes what is to be kept, some at a time. What it throws or rejects with is tried again later. */
export type Sink<Item> = (items: readonly Item[]) => unknown

/** How a queue before a sink behaves. */
export interface QueueOptions {
  /** How many may wait; what comes then is dropped and counted. */
  readonly limit: number
  /** How many go to the sink at once. */
  readonly batch: number
  /** Milliseconds for which items are gathered before they go. */
  readonly gather: number
}

/** How a queue does. */
export interface QueueStats {
  readonly written: number
  /** What did not fit. */
  readonly dropped: number
  /** Calls of the sink that failed. */
  readonly failures: number
  readonly waiting: number
}

/** Stands between those who have something to tell and a sink that may be slow, away or stuck: nobody waits for it. */
export interface Queue<Item> {
  push(item: Item): void
  /** Resolves when all is written (`true`), or so many milliseconds later (`false`). */
  flush(within: number): Promise<boolean>
  stats(): QueueStats
}

/** Milliseconds between two calls of the sink while there is more than one can take. */
const BREATH = 10
/** Milliseconds to the next try after a failure; twice as many after each further one. */
const RETRY = { first: 500, most: 30_000 }

/** `missed` makes the item that stands for what was dropped; it goes to the sink once there is room again. */
export function createQueue<Item>(
  sink: Sink<Item>,
  options: QueueOptions,
  missed: (count: number) => Item,
): Queue<Item> {
  return new BoundedQueue(sink, options, missed)
}

class BoundedQueue<Item> implements Queue<Item> {
  readonly #sink: Sink<Item>
  readonly #options: QueueOptions
  readonly #missed: (count: number) => Item
  readonly #waiting: Item[] = []
  #timer: NodeJS.Timeout | undefined
  #isWriting = false
  /** Dropped since that was told last. */
  #untold = 0
  #failuresInARow = 0
  #written = 0
  #dropped = 0
  #failures = 0

  constructor(sink: Sink<Item>, options: QueueOptions, missed: (count: number) => Item) {
    this.#sink = sink
    this.#options = options
    this.#missed = missed
  }

  push(item: Item): void {
    if (this.#waiting.length >= this.#options.limit) {
      this.#dropped += 1
      this.#untold += 1
      return
    }
    this.#waiting.push(item)
    this.#schedule()
  }

  async flush(within: number): Promise<boolean> {
    const deadline = startDeadline(within)
    while (this.#waiting.length > 0 && !deadline.isOver()) {
      await Promise.race([this.#writeSome(), deadline.over])
      if (this.#isWriting || this.#failuresInARow > 0) await pause(POLL)
    }
    deadline.cancel()
    return this.#waiting.length === 0
  }

  stats(): QueueStats {
    return {
      written: this.#written,
      dropped: this.#dropped,
      failures: this.#failures,
      waiting: this.#waiting.length,
    }
  }

  #schedule(): void {
    if (this.#isWriting || this.#timer !== undefined || this.#waiting.length === 0) return
    this.#timer = setTimeout(() => void this.#writeSome(), this.#pause()).unref()
  }

  #pause(): number {
    const { gather, batch } = this.#options
    if (this.#failuresInARow > 0) {
      return Math.min(RETRY.first * 2 ** (this.#failuresInARow - 1), RETRY.most)
    }
    // A heap is not gathered any further, but others get a turn in between.
    return this.#waiting.length >= batch ? Math.min(BREATH, gather) : gather
  }

  async #writeSome(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#isWriting) return
    this.#isWriting = true
    // They stay in front until they are written: a failure loses and reorders nothing.
    const some = this.#waiting.slice(0, this.#options.batch)
    try {
      await this.#sink(some)
      this.#waiting.splice(0, some.length)
      this.#written += some.length
      this.#failuresInARow = 0
      this.#tellDropped()
    } catch {
      this.#failures += 1
      this.#failuresInARow += 1
    }
    this.#isWriting = false
    this.#schedule()
  }

  #tellDropped(): void {
    if (this.#untold === 0) return
    this.#waiting.push(this.#missed(this.#untold))
    this.#untold = 0
  }
}

/** Milliseconds between two looks at a queue that is being emptied. */
const POLL = 10

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function startDeadline(milliseconds: number) {
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      isOver = true
      resolve()
    }, milliseconds)
  })
  return {
    over,
    isOver: () => isOver,
    cancel() {
      clearTimeout(timer)
    },
  }
}
