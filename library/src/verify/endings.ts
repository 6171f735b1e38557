import type { AccessClaims } from '../credential/jwt/index.js'

/** What a feed answers: see `Endings` in store/change-feed.ts. Instants are epoch milliseconds by the store's clock. */
export interface FeedAnswer {
  /** From when on the answer is complete. */
  readonly since: number
  /** When it was given; the next `since`. */
  readonly now: number
  readonly sessions: readonly EndedSession[]
  readonly subjects: readonly EndedSubject[]
}

export interface EndedSession {
  readonly id: string
  readonly endedAt: number
}

export interface EndedSubject {
  readonly subject: string
  readonly epoch: number
  readonly except: string | undefined
  readonly endedAt: number
}

/** What is known of ends. */
export interface KnownEndings {
  /** Takes in what was answered to a question for `asked` and later. */
  learn(answer: FeedAnswer, asked: number): void
  /** Whether the session of a token is known to have ended. */
  hasEnded(claims: AccessClaims): boolean
  /** Whether it may have ended at a time of which nothing is known. */
  isBeforeMemory(claims: AccessClaims): boolean
  /** How many ends are remembered. */
  readonly size: number
}

/** For how much longer than a token lives its end is remembered: clocks differ. */
const MARGIN = 300_000
const SWEEP_EVERY = 60_000

/** Remembers ends for as long as a token from before them may live. `longestLifetime` in milliseconds. */
export function createEndings(longestLifetime: number): KnownEndings {
  const sessions = new Map<string, number>()
  const subjects = new Map<string, EndedSubject>()
  let completeFrom = 0
  let sweptAt = 0

  const sweep = (now: number): void => {
    if (now - sweptAt < SWEEP_EVERY) return
    sweptAt = now
    const oldest = now - longestLifetime - MARGIN
    for (const [id, endedAt] of sessions) if (endedAt < oldest) sessions.delete(id)
    for (const [name, { endedAt }] of subjects) if (endedAt < oldest) subjects.delete(name)
  }
  return {
    learn(answer, asked) {
      if (answer.since > asked) completeFrom = Math.max(completeFrom, answer.since)
      for (const { id, endedAt } of answer.sessions) sessions.set(id, endedAt)
      for (const one of answer.subjects) {
        if (one.epoch >= (subjects.get(one.subject)?.epoch ?? 0)) subjects.set(one.subject, one)
      }
      sweep(answer.now)
    },
    hasEnded(claims) {
      if (sessions.has(claims.sessionId)) return true
      const ended = subjects.get(claims.subject)
      if (ended === undefined || ended.except === claims.sessionId) return false
      return ended.epoch > epochOf(claims.version)
    },
    isBeforeMemory: ({ issuedAt }) => issuedAt * 1000 < completeFrom,
    get size() {
      return sessions.size + subjects.size
    },
  }
}

/** The first number of `<epoch>.<version>`; a token that does not say is older than any. */
function epochOf(version: string | undefined): number {
  return version === undefined ? -1 : Number.parseInt(version, 10)
}

/** Reads an answer, or `undefined` where it is not one. What the session and subject are called is left as it is. */
export function readFeedAnswer(bytes: Uint8Array): FeedAnswer | undefined {
  const { since, now, sessions, subjects } = parse(bytes)
  if (!isInstant(since) || !isInstant(now)) return undefined
  if (!Array.isArray(sessions) || !sessions.every(isEndedSession)) return undefined
  if (!Array.isArray(subjects) || !subjects.every(isEndedSubject)) return undefined
  return { since, now, sessions, subjects }
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

function isEndedSession(value: unknown): value is EndedSession {
  return isRecord(value) && typeof value['id'] === 'string' && isInstant(value['endedAt'])
}

function isEndedSubject(value: unknown): value is EndedSubject {
  if (!isRecord(value)) return false
  const { subject, epoch, except, endedAt } = value
  const isSpared = except === undefined || except === null || typeof except === 'string'
  return typeof subject === 'string' && isInstant(epoch) && isSpared && isInstant(endedAt)
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
