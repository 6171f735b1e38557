import { Busy } from './errors.js'

/** Work that waits for its turn. */
export interface Queue {
  /** How many wait now. */
  readonly length: number
  /**
   * Does `work` as soon as fewer than `atOnce` others are being done.
   *
   * @throws Busy at once where `waiting` others wait already.
   */
  run<Value>(work: () => Promise<Value>): Promise<Value>
}

/** Who hears how long work waited, how long it took, and what was refused. Milliseconds. */
export interface QueueObserver {
  waited(milliseconds: number): void
  done(milliseconds: number): void
  refused(): void
}

const NOBODY: QueueObserver = {
  waited: () => undefined,
  done: () => undefined,
  refused: () => undefined,
}

/** A queue of bounded length: what does not fit is refused now rather than answered too late. */
export function createQueue(
  bounds: { readonly atOnce: number; readonly waiting: number },
  observer: QueueObserver = NOBODY,
): Queue {
  const line: (() => void)[] = []
  let running = 0
  return {
    get length() {
      return line.length
    },
    async run(work) {
      const cameAt = performance.now()
      if (running < bounds.atOnce) running += 1
      else if (line.length < bounds.waiting)
        await new Promise<void>((resolve) => line.push(resolve))
      else {
        observer.refused()
        throw new Busy()
      }
      const begunAt = performance.now()
      observer.waited(begunAt - cameAt)
      try {
        return await work()
      } finally {
        observer.done(performance.now() - begunAt)
        // The place is handed on, so that nobody who comes in between can take it.
        const next = line.shift()
        if (next === undefined) running -= 1
        else next()
      }
    },
  }
}
