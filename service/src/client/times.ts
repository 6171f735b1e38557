import { createRelativeTime, type TimeWords } from './relative-time.js'
import { say } from './words.js'

const EVERY = 5_000

/** How the page tells time: `3 minutes ago` goes on by itself, counted from what the service's clock said. */
export interface Times {
  /** Takes the page's `data-now` as the present. @param age - milliseconds since the service said so */
  readonly set: (now: string | undefined, age?: number) => void
  /** Says all times on the page anew. */
  readonly tell: () => void
}

/** The computer's own clock has no part in it: it may be wrong by a day. */
export function tellTimes(words: TimeWords): Times {
  const relativeTime = createRelativeTime(words)
  let startedAt = NaN
  const times: Times = {
    set(now, age = 0) {
      startedAt = Number(now) - performance.now() + age
    },
    tell() {
      const now = startedAt + performance.now()
      if (Number.isNaN(now)) return
      for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-ago]')) {
        const phrase = time.dataset['ago'] === '' ? '{}' : (time.dataset['ago'] ?? '{}')
        const text = say(phrase, relativeTime(Date.parse(time.dateTime), now))
        // Somebody may have marked it to copy it.
        if (time.textContent !== text) time.textContent = text
      }
    },
  }
  const [visit] = performance.getEntriesByType('navigation')
  const cameAt = visit instanceof PerformanceNavigationTiming ? visit.responseStart : 0
  times.set(document.body.dataset['now'], performance.now() - cameAt)
  setInterval(() => {
    if (document.visibilityState === 'visible') times.tell()
  }, EVERY)
  document.addEventListener('visibilitychange', times.tell)
  return times
}
