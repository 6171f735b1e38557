import type { AccessClaims } from '../credential/jwt/index.js'
import { createEndings, readFeedAnswer } from './endings.js'
import { fetchBytes } from './fetch-json.js'
import type { RevocationSettings, VerifySettings } from './options.js'

/** Knows which sessions have ended. */
export interface Revocations {
  /** Begins to listen, and resolves when there was a first answer, or none to be had. */
  ready(): Promise<void>
  /** What speaks against a token that is otherwise good. */
  judge(claims: AccessClaims): 'session_ended' | 'revocations_stale' | undefined
  /** How many tokens passed though it was not known whether their session still lived. */
  readonly unsurePasses: number
}

/** The first answer tells of a whole day. */
const MAX_BYTES = 16 * 1024 * 1024
const TIMEOUT = 5_000
/** Seconds; proxies in between cut what takes 30. */
const LONGEST_WAIT = 25
/** Milliseconds from one question to the next, where there was something to tell. */
const SHORTEST_ROUND = 100
const FIRST_RETRY = 250
const LAST_RETRY = 2_000

/**
 * Listens to a feed by long polling: one request at a time, each asking for what happened since the one before. What was
 * answered counts as known at the instant of the question, so that an answer held up on its way never looks fresher than
 * it is. Runs from the first `ready` until `signal`, and stops neither for faults nor while nobody verifies.
 */
export function listenForEndings(
  feed: RevocationSettings,
  settings: VerifySettings,
  signal: AbortSignal,
): Revocations {
  const { clock } = settings
  const endings = createEndings(settings.longestLifetime)
  const wait = Math.min(LONGEST_WAIT, Math.floor(feed.maxStaleness / 3_000))
  let knownAt = -Infinity
  let since: number | undefined
  let failures = 0
  let unsurePasses = 0
  let started: Promise<void> | undefined

  /** One question. Answers for how long to pause before the next. */
  const ask = async (): Promise<number> => {
    const askedAt = clock.elapsed()
    const asked = since ?? Math.max(0, clock.now() - settings.longestLifetime)
    const seconds = since === undefined || failures > 0 ? 0 : wait
    try {
      const answer = await request(feed, settings, signal, asked, seconds)
      endings.learn(answer, asked)
      since = answer.now
      knownAt = askedAt
      failures = 0
      const hasNews = answer.sessions.length + answer.subjects.length > 0
      const round = hasNews ? SHORTEST_ROUND : Math.min(1_000, feed.maxStaleness / 4)
      return round - (clock.elapsed() - askedAt)
    } catch (fault) {
      failures += 1
      if (!signal.aborted) settings.onFault(fault as Error)
      return Math.min(LAST_RETRY, FIRST_RETRY * 2 ** Math.min(failures - 1, 10))
    }
  }
  const listen = async (firstPause: number): Promise<void> => {
    await pause(firstPause, signal)
    while (!signal.aborted) await pause(await ask(), signal)
  }
  const start = async (): Promise<void> => {
    const rest = await ask()
    void listen(rest)
  }
  return {
    ready: () => (started ??= start()),
    judge(claims) {
      if (endings.hasEnded(claims)) return 'session_ended'
      const staleFor = clock.elapsed() - knownAt - feed.maxStaleness
      if (staleFor > feed.staleAllowedFor) return 'revocations_stale'
      const isInGap = endings.isBeforeMemory(claims)
      if (isInGap && !feed.isGapAllowed) return 'revocations_stale'
      if (staleFor > 0 || isInGap) unsurePasses += 1
      return undefined
    },
    get unsurePasses() {
      return unsurePasses
    },
  }
}

async function request(
  feed: RevocationSettings,
  { fetch }: VerifySettings,
  signal: AbortSignal,
  since: number,
  wait: number,
): Promise<NonNullable<ReturnType<typeof readFeedAnswer>>> {
  const url = new URL(feed.url)
  url.searchParams.set('since', String(Math.floor(since)))
  url.searchParams.set('wait', String(wait))
  const bytes = await fetchBytes({
    fetch,
    url,
    headers: feed.headers,
    maxBytes: MAX_BYTES,
    timeout: TIMEOUT + wait * 1000,
    signal,
  })
  const answer = readFeedAnswer(bytes)
  if (answer === undefined) throw new Error(`The answer of ${url.host} tells of no ends.`)
  return answer
}

/** Waits, without keeping a process alive for it. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, Math.max(0, milliseconds))
    // Only Node's timers keep a process alive; elsewhere they are numbers.
    ;(timer as { unref?: () => void }).unref?.()
    signal.addEventListener('abort', end)
  })
}
