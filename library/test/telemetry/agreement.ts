import type { SeriesText } from '../../src/telemetry/index.js'
import { samplesOf } from './samples.js'

interface Exposed {
  readonly kind: string
  readonly help: string
  readonly labels: Map<string, Set<string>>
}

/**
 * Where a text and a catalogue differ, in words: a series that only one of them has, another kind, help or label, a word that
 * is not foreseen, or one that is and does not show. `isShown` says which series must be in the text.
 */
export function disagreements(
  text: string,
  catalogue: readonly SeriesText[],
  isShown: (series: SeriesText) => boolean = () => true,
): string[] {
  const exposed = read(text)
  const found: string[] = []
  const names = new Set(catalogue.map(({ name }) => name))
  if (names.size < catalogue.length) found.push('a name is in the catalogue twice')
  for (const name of exposed.keys()) {
    if (!names.has(name)) found.push(`${name} is not in the catalogue`)
  }
  for (const series of catalogue) {
    const shown = exposed.get(series.name)
    if (shown !== undefined) found.push(...compare(series, shown))
    else if (isShown(series)) found.push(`${series.name} is not exposed`)
  }
  return found
}

function compare({ name, kind, help, labels }: SeriesText, shown: Exposed): string[] {
  const found: string[] = []
  if (shown.kind !== kind) found.push(`${name} is a ${shown.kind}`)
  if (shown.help !== help) found.push(`${name} has another help`)
  const expected = Object.keys(labels).sort().join()
  if ([...shown.labels.keys()].sort().join() !== expected) found.push(`${name} has other labels`)
  for (const [label, words] of Object.entries(labels)) {
    const seen = shown.labels.get(label) ?? new Set()
    if (typeof words === 'string') continue
    const foreign = [...seen].filter((word) => !words.includes(word))
    const missing = words.filter((word) => !seen.has(word))
    if (foreign.length > 0) found.push(`${name} has ${label}=${foreign.join()}`)
    // Methods and classes of status show as they come.
    if (missing.length > 0 && !name.startsWith('http_')) {
      found.push(`${name} lacks ${label}=${missing.join()}`)
    }
  }
  return found
}

function read(text: string): Map<string, Exposed> {
  const exposed = new Map<string, Exposed>()
  for (const [, name = '', help = ''] of text.matchAll(/^# HELP (\S+) (.*)$/gm)) {
    const kind = new RegExp(`^# TYPE ${name} (\\w+)$`, 'm').exec(text)?.[1] ?? ''
    exposed.set(name, { kind, help: help.replaceAll('\\\\', '\\'), labels: new Map() })
  }
  for (const key of samplesOf(text).keys()) {
    const [, sample = '', inside = ''] = /^([^{]*)(?:\{(.*)\})?$/.exec(key) ?? []
    const family = exposed.get(sample) ?? exposed.get(sample.replace(/_(?:bucket|sum|count)$/, ''))
    for (const [, label = '', value = ''] of inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      if (label === 'le' && family?.kind === 'histogram') continue
      const values = family?.labels.get(label) ?? new Set()
      family?.labels.set(label, values.add(value))
    }
  }
  return exposed
}
