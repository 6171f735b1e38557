/** Lets so many into a room at once, in this process; the others stand in a line. */
export interface Turnstile {
  /** Resolves inside, with the way out. */
  enter(room: string): Promise<() => void>
}

/** Whoever comes when the line is this long does not wait: the counters decide at once. */
const LONGEST_LINE = 100
/** Milliseconds. An attempt that nobody ever settles must not hold up the next. */
const LONGEST_STAY = 5_000

/**
 * Attempts are counted before their outcome is known, so several right passwords at once would use up what is meant for
 * wrong ones. Behind a turnstile the next attempt is counted when the one before is settled.
 */
export function createTurnstile(places: number): Turnstile {
  const rooms = new Map<string, { inside: number; readonly line: (() => void)[] }>()
  return {
    async enter(key) {
      const room = rooms.get(key) ?? { inside: 0, line: [] }
      rooms.set(key, room)
      if (room.inside < places) room.inside += 1
      else if (room.line.length < LONGEST_LINE)
        await new Promise<void>((resolve) => room.line.push(resolve))
      else return () => undefined
      const leave = (): void => {
        // The place is handed on, so that nobody who comes in between can take it.
        const next = room.line.shift()
        if (next !== undefined) next()
        else if ((room.inside -= 1) === 0) rooms.delete(key)
      }
      return once(leave)
    },
  }
}

function once(leave: () => void): () => void {
  let isInside = true
  const goOut = (): void => {
    if (!isInside) return
    isInside = false
    clearTimeout(timer)
    leave()
  }
  const timer = setTimeout(goOut, LONGEST_STAY).unref()
  return goOut
}
