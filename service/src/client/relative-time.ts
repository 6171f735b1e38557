const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Instants outside this are not dates (ECMA-262 §21.4.1.1), and nobody's session. */
const LAST_INSTANT = 8_640_000_000_000_000
const STEPS = [
  { unit: 'day', size: DAY, from: 36 * HOUR },
  { unit: 'hour', size: HOUR, from: 90 * MINUTE },
  { unit: 'minute', size: MINUTE, from: 45 * SECOND },
] as const

/** What cannot be said by a number. */
export interface TimeWords {
  /** Such as `en`: Intl knows the rest. */
  readonly language: string
  readonly justNow: string
  readonly inAMoment: string
  readonly never: string
}

/** Whether a number names a date at all. */
export function isInstant(at: number): boolean {
  return Math.abs(at) <= LAST_INSTANT
}

/**
 * Says an instant as people do: `3 minutes ago`, `in 7 days`, `just now`. The pages are rendered with it, and the script
 * goes on with it from there, so the two cannot differ. Both instants in epoch milliseconds of the service's clock.
 */
export function createRelativeTime(words: TimeWords): (at: number, now: number) => string {
  // Made when it is first needed: its language takes the start of a process a few milliseconds.
  let relative: Intl.RelativeTimeFormat | undefined
  return (at, now) => {
    if (!isInstant(at) || !isInstant(now)) return words.never
    const distance = Math.abs(at - now)
    const step = STEPS.find(({ from }) => distance >= from)
    if (step === undefined) return at > now ? words.inAMoment : words.justNow
    const amount = Math.max(1, Math.round(distance / step.size))
    relative ??= new Intl.RelativeTimeFormat(words.language, { numeric: 'auto' })
    return relative.format(at > now ? amount : -amount, step.unit)
  }
}
