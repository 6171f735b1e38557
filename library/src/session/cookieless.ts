import type { Clock } from '../system/clock.js'

/** So many new sessions for one address and browser, within this time: it keeps no cookies. People behind one NAT are fewer. */
const MANY = 10
const WITHIN = 60_000
/** What was said is not said again for so long. */
const SAID_FOR = 3_600_000
const MOST_CLIENTS = 1_000
const MOST_SAID = 100

/** Notices what goes wrong with cookies, and says each thing once. In bounded memory, for this process alone. */
export interface CookieWatch {
  /** A client that presented no cookie got a new session. Answers whether it has been getting many. */
  isCookieless(client: string): boolean
  /** Whether `message` was not said in the last hour. */
  isNew(message: string): boolean
}

export function createCookieWatch(clock: Clock): CookieWatch {
  const starts = new Map<string, { count: number; since: number }>()
  const said = new Map<string, number>()
  return {
    isCookieless(client) {
      const now = clock.elapsed()
      const known = starts.get(client)
      starts.delete(client)
      const isOld = known === undefined || now - known.since >= WITHIN
      const seen = isOld ? { count: 1, since: now } : { ...known, count: known.count + 1 }
      // The client that was seen least recently goes first: a map keeps the order of insertion.
      if (starts.size >= MOST_CLIENTS) starts.delete(starts.keys().next().value ?? '')
      starts.set(client, seen)
      return seen.count === MANY
    },
    isNew(message) {
      const now = clock.elapsed()
      const at = said.get(message)
      if (at !== undefined && now - at < SAID_FOR) return false
      said.delete(message)
      if (said.size >= MOST_SAID) {
        const [oldest, since] = said.entries().next().value ?? ['', 0]
        // Somebody invents hosts to fill the log.
        if (now - since < SAID_FOR) return false
        said.delete(oldest)
      }
      said.set(message, now)
      return true
    },
  }
}
