/**
 * session/ owns what all credentials point to: starting, resolving, changing and ending sessions. sojourn.ts
 * and the adapters call it; it calls stores and credentials, and never a web framework.
 *
 * Lifetimes are plain functions of durations and instants (epoch milliseconds).
 */
import type { SessionRecord } from '../store/record.js'

/** The two limits of a kind of session, in milliseconds. */
export interface Lifetime {
  readonly idle: number
  readonly absolute: number
}

/** The lifetimes a session can have, chosen when it starts. */
export interface Lifetimes {
  readonly signedIn: Lifetime
  readonly remembered: Lifetime
  readonly anonymous: Lifetime
}

/** How often a session is marked as seen: often enough for its idle time, at most once in `every`. */
export function touchInterval(idle: number, every: number): number {
  return Math.min(every, idle / 10)
}

/** Whether it is time to mark a session as seen. */
export function isTouchDue(record: SessionRecord, now: number, every: number): boolean {
  return now - record.lastSeenAt >= touchInterval(record.idleTimeout, every)
}

/** Whether the secret has reached its age. `every` undefined: secrets do not age. */
export function isRenewalDue(
  record: SessionRecord,
  now: number,
  every: number | undefined,
): boolean {
  if (every === undefined) return false
  const renewed = record.traits.renewed
  const since = renewed === undefined ? record.createdAt : Number.parseInt(renewed, 36)
  return now - since >= every
}

/** Seconds for a cookie's Max-Age: as long as the record can live, or `undefined` for a browser-session cookie. */
export function cookieMaxAge(record: SessionRecord, now: number): number | undefined {
  if (record.traits.persistent !== '1') return undefined
  return Math.max(0, Math.floor((record.absoluteExpiresAt - now) / 1000))
}

/** Whether the person proved who they are less than `maxAge` milliseconds ago; who acts for somebody else never did. */
export function isRecent(record: SessionRecord, now: number, maxAge: number): boolean {
  if (record.traits.actor !== undefined) return false
  return record.authenticatedAt !== undefined && now - record.authenticatedAt <= maxAge
}
