/** Amounts as people write them on a command line, and as they read them in a table. */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const SPAN = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/
const SHARE = /^(\d{1,3}(?:\.\d{1,6})?)%$/

/** Milliseconds of `250ms`, `1.5s`, `5m`, `1h`; `undefined` where it is none of these. */
export function toMilliseconds(text: string): number | undefined {
  const [, number, unit] = SPAN.exec(text) ?? []
  return number === undefined ? undefined : Number(number) * (UNITS[unit ?? ''] ?? 1)
}

/** The share, 0 to 1, that `0.1%` is; `undefined` where it is none. */
export function toShare(text: string): number | undefined {
  const share = Number(SHARE.exec(text)?.[1] ?? 'none') / 100
  return share <= 1 ? share : undefined
}

/** `0.42 ms`, `12.3 ms`, `456 ms`, `7.89 s`: three digits that count. */
export function spanText(milliseconds: number): string {
  if (milliseconds >= 999.5) return `${threeDigits(milliseconds / 1_000)} s`
  return `${threeDigits(milliseconds)} ms`
}

/** `0%`, `0.03%`, `12.5%`, `100%`; what is not nothing never reads as nothing. */
export function shareText(share: number): string {
  const percent = share * 100
  if (percent > 0 && percent < 0.01) return '<0.01%'
  return `${String(Number(percent.toFixed(2)))}%`
}

/** `512 B`, `1.5 kB`, `2.34 MB`: powers of 1,000. */
export function bytesText(bytes: number): string {
  const at = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3))
  if (at === 0) return `${String(Math.round(bytes))} B`
  return `${threeDigits(bytes / 1_000 ** at)} ${['', 'k', 'M', 'G', 'T'][at] ?? ''}B`
}

/** `1,234,567`. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** Requests a second: `0.4`, `12.3`, `1,234`. */
export function rateText(perSecond: number): string {
  return perSecond >= 100 ? countText(perSecond) : threeDigits(perSecond)
}

function threeDigits(value: number): string {
  if (value >= 99.95) return String(Math.round(value))
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2)
}
