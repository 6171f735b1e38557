import type { SessionId } from '../record.js'
import type { Store } from '../store.js'
import type { Book, EndedSession, EndedSubject } from './book.js'
import { repeatExchange, type Exchanges } from './exchanges.js'

/** How many entries are under way at once: enough to fill a connection, few enough to leave room for requests. */
const AT_ONCE = 32
/** An epoch is raised one by one. More than this, and somebody's record is not what we believe. */
const MOST_STEPS = 10_000

/** What became of a journal that was re-applied. */
export interface Replayed {
  /** Entries that the store had lost. */
  readonly restored: number
  /** Entries that it did not take. */
  readonly failed: number
}

/** What is re-applied. */
export interface Records {
  readonly book: Book
  readonly exchanges: Exchanges
  /** The present instant by the store's clock, as far as it is known. */
  readonly now: () => number
}

/** Makes the store end again what had ended, through its own verbs. Each of them is safe to repeat. */
export async function replay(store: Store, { book, exchanges, now }: Records): Promise<Replayed> {
  const jobs = [
    // A subject's end is many sessions' end.
    ...book.subjects.entries().map((entry) => () => raiseEpoch(store, ...entry)),
    ...book.sessions.entries().map((entry) => () => endAgain(store, now(), ...entry)),
    ...exchanges.entries().map((entry) => () => repeatExchange(store, ...entry)),
  ]
  let restored = 0
  let failed = 0
  const attempt = async (job: (() => Promise<boolean>) | undefined): Promise<void> => {
    try {
      if ((await job?.()) === true) restored += 1
    } catch {
      // Not the end of it: a part of a cluster may be away by itself, and the breaker keeps the rest short.
      failed += 1
    }
  }
  const work = async (): Promise<void> => {
    while (jobs.length > 0) await attempt(jobs.pop())
  }
  jobs.reverse()
  // A breaker that is open lets one through, and then all or none.
  await attempt(jobs.pop())
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return { restored, failed }
}

async function endAgain(
  store: Store,
  now: number,
  id: SessionId,
  { reason, liveUntil = 0 }: EndedSession,
): Promise<boolean> {
  const after = Math.max(liveUntil - now, 0)
  return (await store.end(id, reason, { after })).status === 'ended' && after === 0
}

/** Raises the epoch of a subject to the one that is known, and spares whom the last end spared. */
export async function raiseEpoch(
  store: Store,
  subject: string,
  { epoch, except, reason, isDisabled }: EndedSubject,
): Promise<boolean> {
  let known = (await store.readSubject(subject)).epoch
  if (known >= epoch) return false
  if (isDisabled) known = (await store.changeSubject(subject, { isDisabled })).epoch
  for (let step = 0; known < epoch && step < MOST_STEPS; step += 1) {
    known = (await store.endAll(subject, reason, except)).epoch
  }
  return true
}
