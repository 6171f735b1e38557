import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { auditLine, type AuditRecord } from 'sojourn/telemetry'
import { CSV_HEAD, recordLine } from '../../audit/csv.js'
import type { Trail, TrailPage } from '../../audit/trail.js'
import { formQueryOf, oneOf, textThat, wholeNumberText } from '../../http/index.js'
import { instant, told, type Act } from './act.js'
import { personOr, recordFilters, toWanted } from './record-filters.js'

/** Records in one export: about 40 MB of JSON. */
export const MOST_EXPORTED = 100_000
/** Records in memory at once. */
const AT_ONCE = 500

export const recordExport = recordFilters.extend({
  format: oneOf(['csv', 'json', 'ndjson']).optional(),
  limit: wholeNumberText(1, MOST_EXPORTED).optional(),
  cursor: textThat((value) => /^\w{9}-[\w-]{12}$/.test(value), 'is not valid').optional(),
})

const FORMATS = {
  csv: { type: 'text/csv; charset=utf-8; header=present', write: writeCsv },
  json: { type: 'application/json; charset=utf-8', write: writeJson },
  ndjson: { type: 'application/x-ndjson; charset=utf-8', write: writeLines },
} as const

/**
 * `GET /admin/audit/export`: streams what fits, some records at a time, as fast as it is taken. Whoever goes away ends the
 * reading, too. Where there is more than the limit, the name of the file says so, and `Link` has the rest.
 */
export const exportRecords: Act = async (parts, request, response) => {
  const {
    format = 'json',
    limit = MOST_EXPORTED,
    cursor,
    ...filters
  } = formQueryOf(request, recordExport)
  const wanted = { ...(await toWanted(parts, filters)), before: cursor }
  const rest = await parts.trail.idAt(wanted, limit)
  told(parts, request, 'audit.exported', personOr(wanted.subject, format))
  const { type, write } = FORMATS[format]
  const day = instant(parts.now()).slice(0, 10)
  const name = `sojourn-audit-${day}${rest === undefined ? '' : `-newest-${limit}`}.${format}`
  response.set({
    'Content-Type': type,
    'Content-Disposition': `attachment; filename="${name}"`,
    ...(rest === undefined ? {} : { Link: `<${nextPath(request.originalUrl, rest)}>; rel="next"` }),
  })
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  await streamRecords(response, { trail: parts.trail, wanted, limit }, (records) =>
    write(records, rest ?? null),
  )
}

interface Source {
  readonly trail: Pick<Trail, 'list'>
  readonly wanted: Omit<TrailPage, 'limit'>
  readonly limit: number
}

/** Reads on as `response` takes it, and no longer than somebody is there. */
export async function streamRecords(
  response: ServerResponse,
  source: Source,
  write: (batches: AsyncIterable<Batch>) => AsyncIterable<string>,
): Promise<void> {
  const records = readRecords(source)
  // The first of them are read before the answer begins: a fault is an answer then, and not half of one.
  const first = await records.next()
  await send(response, write(startingWith(first, records)))
}

async function send(response: ServerResponse, lines: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(lines, { objectMode: true, highWaterMark: 2 }), response)
  } catch (error) {
    // Nobody is there any more.
    if (response.destroyed && !response.writableFinished && isAbort(error)) return
    throw error
  }
}

function isAbort(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_STREAM_PREMATURE_CLOSE'
}

type Batch = readonly AuditRecord[]

async function* readRecords(source: Source): AsyncGenerator<Batch, undefined> {
  const { trail, wanted, limit: most } = source
  let { before } = wanted
  for (let left = most; left > 0;) {
    const limit = Math.min(left, AT_ONCE)
    const batch = await trail.list({ ...wanted, before, limit })
    if (batch.length > 0) yield batch
    if (batch.length < limit) return
    before = batch.at(-1)?.id
    left -= batch.length
  }
}

async function* startingWith(
  first: IteratorResult<Batch, undefined>,
  others: AsyncGenerator<Batch, undefined>,
): AsyncGenerator<Batch, undefined> {
  if (first.done === true) return
  yield first.value
  yield* others
}

async function* writeCsv(batches: AsyncIterable<Batch>): AsyncGenerator<string> {
  yield CSV_HEAD
  for await (const batch of batches) yield batch.map(recordLine).join('')
}

export async function* writeLines(batches: AsyncIterable<Batch>): AsyncGenerator<string> {
  for await (const batch of batches) {
    yield batch.map((record) => `${auditLine(record)}\n`).join('')
  }
}

async function* writeJson(
  batches: AsyncIterable<Batch>,
  next: string | null,
): AsyncGenerator<string> {
  yield '{"records":['
  let isFirst = true
  for await (const batch of batches) {
    yield `${isFirst ? '' : ','}\n${batch.map(auditLine).join(',\n')}`
    isFirst = false
  }
  yield `\n],"next":${JSON.stringify(next)}}\n`
}

function nextPath(path: string, cursor: string): string {
  const url = new URL(path, 'http://localhost')
  url.searchParams.set('cursor', cursor)
  return url.pathname + url.search
}
