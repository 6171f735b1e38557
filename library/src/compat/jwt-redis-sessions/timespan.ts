/** What the words of a time span mean, in milliseconds; a year has 365.25 days. */
const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(?:ms|msecs?|milliseconds?)$/i, 1],
  [/^(?:s|secs?|seconds?)$/i, 1_000],
  [/^(?:m|mins?|minutes?)$/i, 60_000],
  [/^(?:h|hrs?|hours?)$/i, 3_600_000],
  [/^(?:d|days?)$/i, 86_400_000],
  [/^(?:w|weeks?)$/i, 604_800_000],
  [/^(?:y|yrs?|years?)$/i, 31_557_600_000],
]
const LONGEST = 100
const TEXT = /^(-?(?:\d+)?\.?\d+) *([a-z]*)$/i

/**
 * The seconds of a time span as jsonwebtoken reads them: a number is seconds, text has a unit (`'15m'`, `'2 days'`), and
 * text without one is milliseconds. `undefined`: neither.
 */
export function toSeconds(span: unknown): number | undefined {
  if (typeof span === 'number') return Number.isFinite(span) ? span : undefined
  return typeof span === 'string' ? readText(span) : undefined
}

function readText(text: string): number | undefined {
  const [, amount, unit = ''] = (text.length > LONGEST ? null : TEXT.exec(text)) ?? []
  const factor = unit === '' ? 1 : UNITS.find(([form]) => form.test(unit))?.[1]
  if (amount === undefined || factor === undefined) return undefined
  return (Number(amount) * factor) / 1_000
}
