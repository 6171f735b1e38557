import { texts } from '../texts.js'

/** What a number counts or measures. `seconds` are shown as milliseconds where they are few, `share` of 1 as percent. */
export type Unit = 'count' | 'seconds' | 'share'

const { language } = texts
const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 0 })
const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 })
const milliseconds = unit('millisecond')
const seconds = unit('second')
const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
const STEP = 1_024

function unit(name: string): Intl.NumberFormat {
  const style = { style: 'unit', unit: name, maximumSignificantDigits: 3 } as const
  return new Intl.NumberFormat(language, style)
}

/** A number as people read it: `1,204`, `0.42 ms`, `93.5%`. The script of the console writes them the same way. */
export function numberWords(value: number, of: Unit): string {
  if (of === 'count') return plain.format(value)
  if (of === 'share') return percent.format(value)
  return value < 1 ? milliseconds.format(value * 1_000) : seconds.format(value)
}

/** An amount of memory: `1.4 MB`. */
export function sizeWords(bytes: number): string {
  const place = bytes < STEP ? 0 : Math.floor(Math.log(bytes) / Math.log(STEP))
  const size = SIZES[Math.min(place, SIZES.length - 1)] ?? 'byte'
  return unit(size).format(bytes / STEP ** SIZES.indexOf(size))
}
