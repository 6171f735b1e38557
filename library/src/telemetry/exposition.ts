/** The text that Prometheus reads: exposition format 0.0.4, and nothing else about metrics. */

/** The `Content-Type` of {@link Metrics.text}'s answer. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Longer label values are cut: a series is a name for a kind of thing, never the thing itself. */
const LONGEST_VALUE = 128

/** The two comment lines that open a family. */
export function renderHead(name: string, kind: string, help: string): string {
  return `# HELP ${name} ${help.replace(/[\\\n]/g, escape)}\n# TYPE ${name} ${kind}\n`
}

/** `a="x",b="y"`, without braces. Two different sets of values never give the same text. */
export function renderLabels(names: readonly string[], values: readonly string[]): string {
  let text = ''
  for (const [index, name] of names.entries()) {
    text += `${index === 0 ? '' : ','}${name}="${toLabelValue(values[index] ?? '')}"`
  }
  return text
}

/** One line: `name{labels} value`. */
export function renderSample(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${renderNumber(value)}\n`
}

/** A number as Go reads it; infinities have their own spelling. */
export function renderNumber(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}

/** Most values need no work: no escape, no half of a character. */
const NEEDS_WORK = /[\\\n"\ud800-\udfff]/

function toLabelValue(text: string): string {
  if (text.length <= LONGEST_VALUE && !NEEDS_WORK.test(text)) return text
  // A lone surrogate has no UTF-8 form, and one value that is not UTF-8 makes Prometheus refuse the whole text.
  const wellFormed = Buffer.from(text.slice(0, LONGEST_VALUE)).toString()
  return wellFormed.replace(/[\\\n"]/g, escape)
}

function escape(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`
}
