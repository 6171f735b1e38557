import type { AuditRecord } from 'sojourn/telemetry'

/** The columns of an exported trail, in their order. */
const COLUMNS = [
  'id',
  'at',
  'event',
  'outcome',
  'subject',
  'actor',
  'sessionId',
  'address',
  'agent',
  'code',
  'requestId',
  'method',
  'path',
  'details',
] as const satisfies readonly (keyof AuditRecord)[]

/** A spreadsheet takes a cell that begins so for a formula; behind an apostrophe it is text. */
const FORMULA = /^[=+\-@\t\r]/
const SPECIAL = /[",\r\n]/

/** The first line (RFC 4180 section 2). */
export const CSV_HEAD: string = csvLine(COLUMNS)

/** A record as one line. */
export function recordLine(record: AuditRecord): string {
  const { details } = record
  const whole: Readonly<Partial<Record<(typeof COLUMNS)[number], string | undefined>>> = {
    ...record,
    at: new Date(record.at).toISOString(),
    details: details === undefined ? undefined : JSON.stringify(details),
  }
  return csvLine(COLUMNS.map((name) => whole[name] ?? ''))
}

/** Cells of one line; RFC 4180, with its line end. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
