import { InvalidOption } from '../errors.js'
import type { EndReason } from '../store/end-reason.js'
import type { Store } from '../store/store.js'
import type { Events } from './events.js'

/** How many sessions ended, and of how many people; guests count as sessions alone. */
export interface EverybodyRevoked {
  readonly sessions: number
  readonly subjects: number
}

/** Sessions that are looked at in one go. */
const STEP = 200
/** Calls at the same time: more would make requests of people wait for the store. */
const AT_ONCE = 16

/**
 * Ends every session that lives now. There is no epoch of everybody, which each request would have to read: all
 * sessions are walked over, and each person's end with one write. So it takes as long as there are people.
 */
export async function revokeEverybody(
  store: Store,
  events: Events,
  reason: EndReason,
): Promise<EverybodyRevoked> {
  const walk = store.walk?.bind(store)
  if (walk === undefined) {
    throw new InvalidOption(`The store ${store.name} cannot walk over its sessions.`)
  }
  const seen = new Set<string>()
  let sessions = 0
  let cursor: string | undefined
  do {
    const { records, next } = await walk({ limit: STEP, cursor })
    const jobs: (() => Promise<number>)[] = []
    for (const { id, subject } of records) {
      if (subject === undefined) jobs.push(() => endGuest(store, events, id, reason))
      else if (!seen.has(subject)) jobs.push(() => endPerson(store, events, subject, reason))
      if (subject !== undefined) seen.add(subject)
    }
    sessions += await runSome(jobs)
    cursor = next
  } while (cursor !== undefined)
  return { sessions, subjects: seen.size }
}

async function endPerson(
  store: Store,
  events: Events,
  subject: string,
  reason: EndReason,
): Promise<number> {
  const { count } = await store.endAll(subject, reason)
  events.emit('subject.revoked', { subject, reason, count })
  // Here, and not beside the answer: tidying up after everybody at once would be a burst of its own.
  for (let hasMore = true; hasMore;) {
    const result = await store.reap(subject, STEP)
    for (const { id, reason: why } of result.reaped) {
      events.emit('session.ended', { id, subject, reason: why })
    }
    hasMore = result.hasMore
  }
  return count
}

async function endGuest(
  store: Store,
  events: Events,
  id: string,
  reason: EndReason,
): Promise<number> {
  const result = await store.end(id, reason)
  if (result.status !== 'ended') return 0
  events.emit('session.ended', { id, subject: undefined, reason })
  return 1
}

/** The sum of what the jobs answer. */
async function runSome(jobs: readonly (() => Promise<number>)[]): Promise<number> {
  let sum = 0
  const rest = jobs.values()
  const worker = async (): Promise<void> => {
    for (const job of rest) {
      const count = await job()
      sum += count
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, () => worker()))
  return sum
}
