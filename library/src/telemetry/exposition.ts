/** The texts that Prometheus reads, and nothing else about metrics. */

/** `prometheus`: exposition format 0.0.4. `openmetrics`: OpenMetrics 1.0.0, which also has exemplars. */
export type MetricsFormat = 'prometheus' | 'openmetrics'

/** The `Content-Type` of {@link Metrics.text}'s answer, by format. */
export const METRICS_CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** What stands at the end of an OpenMetrics text, so that half a text is not taken for a whole one. */
export const OPENMETRICS_END = '# EOF\n'

/**
 * The format that an `Accept` header asks for. OpenMetrics only where it is named and not liked less than plain text:
 * Prometheus names it first.
 */
export function metricsFormat(accept: string | undefined): MetricsFormat {
  let open = 0
  let plain = 0
  for (const part of (accept ?? '').toLowerCase().split(',')) {
    const [type, ...parameters] = part.split(';').map((word) => word.trim())
    const quality = qualityOf(parameters)
    if (type === 'application/openmetrics-text') open = Math.max(open, quality)
    if (type === 'text/plain') plain = Math.max(plain, quality)
  }
  return open > 0 && open >= plain ? 'openmetrics' : 'prometheus'
}

/** RFC 9110 section 12.4.2. What cannot be read counts as nothing. */
function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith('q='))
  if (given === undefined) return 1
  const quality = Number(given.slice(2))
  return quality >= 0 && quality <= 1 ? quality : 0
}

/** Longer label values are cut: a series is a name for a kind of thing, never the thing itself. */
const LONGEST_VALUE = 128

/** The two comment lines that open a family. */
export function renderHead(
  name: string,
  kind: string,
  help: string,
  format: MetricsFormat,
): string {
  if (format === 'prometheus') {
    return `# HELP ${name} ${help.replace(/[\\\n]/g, escape)}\n# TYPE ${name} ${kind}\n`
  }
  // A family of counters is called without what its samples end in.
  const family = kind === 'counter' ? name.replace(/_total$/, '') : name
  return `# HELP ${family} ${help.replace(/[\\\n"]/g, escape)}\n# TYPE ${family} ${kind}\n`
}

/** `a="x",b="y"`, without braces. Two different sets of values never give the same text. */
export function renderLabels(names: readonly string[], values: readonly string[]): string {
  let text = ''
  for (const [index, name] of names.entries()) {
    text += `${index === 0 ? '' : ','}${name}="${toLabelValue(values[index] ?? '')}"`
  }
  return text
}

/** One line: `name{labels} value`, and perhaps an exemplar. */
export function renderSample(name: string, labels: string, value: number, exemplar = ''): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${renderNumber(value)}${exemplar}\n`
}

/** The request behind a value: the trace that can be looked up elsewhere. */
export interface Exemplar {
  /** 32 hexadecimal digits (W3C Trace Context). */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
}

const TRACE_ID = /^[0-9a-f]{32}$/
const SPAN_ID = /^[0-9a-f]{16}$/

/** The last request that fell into a bucket, its value, and when that was, in seconds since the Unix epoch. */
export interface SeenExemplar {
  readonly exemplar: Exemplar
  readonly value: number
  readonly at: number
}

/** Whether it is a trace: no other text can get into an exemplar. */
export function isTrace({ traceId, spanId }: Exemplar): boolean {
  return TRACE_ID.test(traceId) && SPAN_ID.test(spanId)
}

/** ` # {trace_id="…",span_id="…"} value instant` */
export function renderExemplar({ exemplar, value, at }: SeenExemplar): string {
  const { traceId, spanId } = exemplar
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${renderNumber(value)} ${String(at)}`
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
  return toLabelText(text).replace(/[\\\n"]/g, escape)
}

/** A label's value as it is kept, before anything in it is escaped. */
export function toLabelText(text: string): string {
  if (text.length <= LONGEST_VALUE && !NEEDS_WORK.test(text)) return text
  // A lone surrogate has no UTF-8 form, and one value that is not UTF-8 makes Prometheus refuse the whole text.
  return Buffer.from(text.slice(0, LONGEST_VALUE)).toString()
}

function escape(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`
}
