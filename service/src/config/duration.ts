import { quoted, Refusal } from './refusal.js'
import type { Reader } from './readers.js'

const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
}
const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d|w|y)$/
const WHOLE = /^[1-9]\d{0,9}$/

/** How a duration is read. */
export interface DurationRule {
  /** The shortest allowed, as text: it stands in the refusal. */
  readonly least: string
  /** The longest allowed, as text. */
  readonly most: string
  /** Why there is a longest one, as a sentence, where that is not plain. */
  readonly why?: string
  /** Whether digits alone mean seconds: the source documents write some variables so. */
  readonly isSecondsAllowed?: boolean
}

/** A span of time with its unit, in seconds: `90s`, `15m`, `12h`, `7d`. */
export function duration(rule: DurationRule): Reader<number> {
  const least = secondsOf(rule.least) ?? 0
  const most = secondsOf(rule.most) ?? Infinity
  const range = `must lie between ${rule.least} and ${rule.most}.`
  return (text, name) => {
    const isWhole = WHOLE.test(text)
    if (isWhole && rule.isSecondsAllowed !== true) return withoutUnit(text, name)
    const seconds = isWhole ? Number(text) : secondsOf(text)
    if (seconds === undefined) return notADuration(text, name)
    if (seconds >= least && seconds <= most) return Math.round(seconds)
    return new Refusal('CONFIG_RANGE', [`${name} ${range}`, rule.why ?? ''].join(' ').trim())
  }
}

/** Seconds of a duration with a unit; `undefined` where it is none. */
export function secondsOf(text: string): number | undefined {
  const match = DURATION.exec(text)
  const unit = SECONDS[match?.[2] ?? '']
  return match?.[1] === undefined || unit === undefined ? undefined : Number(match[1]) * unit
}

/** Seconds as short text: `15m`, `24h`, `7d`. The largest unit that leaves no rest. */
export function durationText(seconds: number): string {
  const unit = ['d', 'h', 'm'].find((name) => seconds >= 1 && seconds % (SECONDS[name] ?? 1) === 0)
  if (unit === undefined) return `${String(seconds)}s`
  return seconds === 86_400 ? '24h' : `${String(seconds / (SECONDS[unit] ?? 1))}${unit}`
}

function withoutUnit(text: string, name: string): Refusal {
  return new Refusal('CONFIG_DURATION', `${name}=${text} has no unit. Write ${text}m or ${text}s.`)
}

function notADuration(text: string, name: string): Refusal {
  return new Refusal(
    'CONFIG_DURATION',
    `${name}=${quoted(text)} is not a duration. Examples: 90s, 15m, 12h, 7d.`,
  )
}
