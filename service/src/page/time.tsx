import type { JSX } from 'preact'

import { createRelativeTime, isInstant } from '../client/relative-time.js'
import { texts } from './texts.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `at` as people say it: `3 minutes ago`, `in 7 days`, `just now`. Both in epoch milliseconds. */
export const relativeTime: (at: number, now: number) => string = createRelativeTime({
  language: texts.language,
  ...texts.time,
})

/** A length of time in its largest fitting unit: `30 minutes`, `12 hours`, `7 days`. In milliseconds. */
export function durationWords(milliseconds: number): string {
  const length = Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0
  if (length >= 2 * DAY) return amountOf(length / DAY, 'day')
  if (length >= HOUR) return amountOf(length / HOUR, 'hour')
  return length >= MINUTE
    ? amountOf(length / MINUTE, 'minute')
    : amountOf(length / SECOND, 'second')
}

function amountOf(amount: number, unit: string): string {
  const style = { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 0 } as const
  return new Intl.NumberFormat(texts.language, style).format(Math.ceil(amount))
}

/** The exact instant for a tooltip, always in UTC: `2026-02-03 14:05:09 UTC`. */
export function exactTime(at: number): string {
  return isInstant(at) ? `${iso(at).slice(0, 19).replace('T', ' ')} UTC` : texts.time.never
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

interface WhenProps {
  readonly at: number
  readonly now: number
  /** Wraps the words in a phrase: `Seen 3 minutes ago`. Default: the words alone. */
  readonly phrase?: (words: string) => string
}

/** An instant: words for people, the exact UTC in the tooltip, ISO 8601 for machines. Scripts go on counting. */
export function When({ at, now, phrase }: WhenProps): JSX.Element {
  const told = relativeTime(at, now)
  const words = phrase?.(told) ?? told
  if (!isInstant(at)) return <span>{words}</span>
  return (
    <time dateTime={iso(at)} title={exactTime(at)} data-ago={phrase?.('{}') ?? ''}>
      {words}
    </time>
  )
}
