/** What a number counts or measures, as the page says it. */
export type Unit = 'count' | 'seconds' | 'share'

const { lang } = document.documentElement
const plain = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 })
const percent = new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 1 })
const milliseconds = measure('millisecond')
const seconds = measure('second')

function measure(unit: string): Intl.NumberFormat {
  return new Intl.NumberFormat(lang, { style: 'unit', unit, maximumSignificantDigits: 3 })
}

/** A number as the service writes it: page/console/numbers.ts. */
export function numberWords(value: number, unit: Unit): string {
  if (unit === 'count') return plain.format(value)
  if (unit === 'share') return percent.format(value)
  return value < 1 ? milliseconds.format(value * 1_000) : seconds.format(value)
}

/** The time of day, in UTC. */
export function clockTime(at: number): string {
  return new Date(at).toISOString().slice(11, 19)
}
