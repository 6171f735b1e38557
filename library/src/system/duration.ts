/** A span of time: a number of **seconds**, or text with a unit such as `'90s'`, `'15m'`, `'12h'`, `'7d'`. */
export type Duration = number | DurationText

/** Text with a unit: `ms`, `s`, `m`, `h` or `d`. */
export type DurationText = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const TEXT = /^(\d{1,10}(?:\.\d{1,3})?)(ms|s|m|h|d)$/

/**
 * Turns a {@link Duration} into whole milliseconds, or `undefined` where it is not one: no unit on
 * text, negative, not finite, or an unknown unit. Callers name the option in their own error.
 */
export function toMilliseconds(duration: unknown): number | undefined {
  if (typeof duration === 'number') return fromSeconds(duration)
  if (typeof duration !== 'string') return undefined
  const match = TEXT.exec(duration)
  const unit = UNITS[match?.[2] ?? '']
  return match?.[1] === undefined || unit === undefined
    ? undefined
    : Math.round(Number(match[1]) * unit)
}

function fromSeconds(seconds: number): number | undefined {
  return Number.isFinite(seconds) && seconds >= 0 ? Math.round(seconds * 1_000) : undefined
}
