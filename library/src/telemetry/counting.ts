import type { Metrics } from './metrics.js'

/** Name and help text of a counter. */
export interface CounterText {
  readonly name: string
  readonly help: string
}

/** A counter with one label, and the values of it that are known beforehand. */
export interface WordCounterText extends CounterText {
  readonly label: string
  readonly words: readonly string[]
}

/** Declares a counter without labels, and answers what adds to it. */
export function declareCount(
  metrics: Metrics,
  { name, help }: CounterText,
): (amount?: number) => void {
  const series = metrics.counter(name, help).series({})
  return (amount) => {
    series.add(amount)
  }
}

/**
 * Declares a counter with one label and shows all its words at 0; the answer counts one of them. A word that
 * was not foreseen counts as `other`, whatever it says.
 */
export function declareWordCount(
  metrics: Metrics,
  { name, help, label, words }: WordCounterText,
): (word: string) => void {
  const family = metrics.counter(name, help, [label])
  const bound = new Map(words.map((word) => [word, family.series({ [label]: word })]))
  return (word) => {
    const series = bound.get(word) ?? family.series({ [label]: 'other' })
    series.add()
  }
}
