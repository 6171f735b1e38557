import { adviseOn, verdictOf } from '../load/advice.js'
import { bytesText, countText, rateText, shareText, spanText } from '../load/amounts.js'
import type { OperationFacts } from '../load/recorder.js'
import type { LoadReport } from '../load/report.js'
import { renderTable } from './table.js'

const HEAD = [
  'operation',
  'count',
  'rate',
  'errors',
  'p50',
  'p90',
  'p99',
  'p99.9',
  'max',
  'received',
]

/** The report of a run, for people to read. */
export function toLoadText(report: LoadReport, isForPerson: boolean): string {
  const rows = [...report.operations.filter(({ count }) => count > 0), report.all]
  const table = renderTable(
    HEAD,
    rows.map((facts) => toRow(facts, report.lasted)),
    isForPerson,
  )
  const advice = adviseOn(report).map((words) => `- ${words}\n`)
  const next = advice.length === 0 ? [] : ['\nWhat to look at next:\n', ...advice]
  return [headOf(report), table, errorsOf(report), ...next, `\n${verdictOf(report)}\n`].join('')
}

function headOf({ conditions, lasted, isInterrupted, served }: LoadReport): string {
  const { target, rate, connections, users, mix, sender, duration } = conditions
  const loop =
    rate === null
      ? 'closed loop (latency counts from sending)'
      : `open loop, ${rateText(rate)}/s (latency counts from the instant a request was due)`
  const people = mix === null ? '' : `${countText(users)} people, mix ${mix}, `
  const lines = [
    `${target}: ${people}${countText(connections)} connections, ${spanText(lasted)}, ${sender}`,
    loop,
  ]
  if (rate !== null) lines.push(`counted from sending, p99 would be ${spanText(served.p99)}`)
  if (!isInterrupted && lasted < 0.95 * duration) {
    lines.push('Given up early: no connection could be made, again and again.')
  }
  if (isInterrupted) lines.push('Interrupted: this is what was measured until then.')
  return `${lines.join('\n')}\n\n`
}

function toRow(
  { operation, count, errors, latency, bytes }: OperationFacts,
  lasted: number,
): string[] {
  const failed = Object.values(errors).reduce((sum, times) => sum + times, 0)
  const { p50, p90, p99, p999, max } = latency
  return [
    operation,
    countText(count),
    // What never left is an error, and no throughput.
    `${rateText((1_000 * (count - (errors['not-sent'] ?? 0))) / Math.max(1, lasted))}/s`,
    failed === 0 ? '0' : `${countText(failed)} (${shareText(failed / count)})`,
    ...[p50, p90, p99, p999, max].map(spanText),
    bytesText(bytes.received),
  ]
}

/** `read: 12 × 503`, a line for each operation with errors. */
function errorsOf({ operations, all }: LoadReport): string {
  const known = operations.flatMap(({ operation, errors }) => lineOf(operation, errors))
  return lineOf('errors', all.errors).concat(known).join('')
}

function lineOf(name: string, errors: Readonly<Record<string, number>>): string[] {
  const kinds = Object.entries(errors)
    .sort(([, one], [, other]) => other - one)
    .map(([kind, times]) => `${countText(times)} × ${kind}`)
  return kinds.length === 0 ? [] : [`${name}: ${kinds.join(', ')}\n`]
}
