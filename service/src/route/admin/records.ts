import type { Request, Response, Router } from 'express'
import type { AuditRecord } from 'sojourn/telemetry'
import type { z } from 'zod'
import {
  formQueryOf,
  parseQuery,
  Problem,
  text,
  textThat,
  wholeNumberText,
} from '../../http/index.js'
import { paths, renderEvents, texts, withQuery, type EventFilterValues } from '../../page/index.js'
import type { TrailPage } from '../../audit/trail.js'
import type { Parts } from '../../parts.js'
import { createCursors, type Cursors } from '../cursor.js'
import { sendPage } from '../respond.js'
import { createRouter } from '../router.js'
import { instant, run, told, type Act } from './act.js'
import { administratorOf, requireAdmin } from './guard.js'
import { pageProps, wantsPage } from './page.js'
import { exportRecords, MOST_EXPORTED } from './record-export.js'
import { personOr, recordFilters, toWanted, type RecordFilters } from './record-filters.js'
import { shownRecords } from './record-shown.js'

export const recordPage = recordFilters.extend({
  limit: wholeNumberText(1, 100).optional(),
  cursor: textThat((value) => /^\w{9}-[\w-]{12}$/.test(value), 'is not valid').optional(),
  follow: text().optional(),
})

type RecordPage = z.infer<typeof recordPage>

/** `/admin/audit`: what happened. */
export function recordRoutes(parts: Parts): Router {
  const router = createRouter()
  const secrets = parts.config.secrets.session.map((secret) => secret.reveal())
  const cursors = createCursors(secrets)
  router.get(
    paths.consoleEvents,
    requireAdmin(parts),
    run(parts, (...given) => showRecords(cursors, ...given)),
  )
  router.get(
    paths.consoleExport,
    requireAdmin(parts, { isRecent: true }),
    run(parts, exportRecords),
  )
  return router
}

/** What a page of the feed is made of. */
interface Found {
  readonly records: readonly AuditRecord[]
  readonly next: string | null
  readonly follow: string | undefined
}

async function showRecords(cursors: Cursors, ...given: Parameters<Act>): Promise<void> {
  const [parts, request, response] = given
  if (!wantsPage(request)) {
    const { records, ...rest } = await findRecords(cursors, parts, request)
    const shown = records.map((record) => ({ ...record, at: instant(record.at) }))
    response.json({ records: shown, ...rest })
    return
  }
  try {
    await sendFeed(parts, request, response, await findRecords(cursors, parts, request))
  } catch (error) {
    // Whoever mistyped a filter gets the form back.
    if (!(error instanceof Problem) || error.status >= 500) throw error
    const found = { records: [], next: null, follow: undefined }
    await sendFeed(parts, request, response, found, error)
  }
}

async function findRecords(cursors: Cursors, parts: Parts, request: Request): Promise<Found> {
  const page = formQueryOf(request, recordPage)
  const { limit: most = 50, cursor: before, follow } = page
  const wanted = await toWanted(parts, page)
  const whose = followedBy(request, page)
  if (follow !== undefined) {
    const after = openSeal(cursors, whose, follow)
    return newerRecords(parts, { ...wanted, after, limit: most }, (id) => cursors.seal(whose, id))
  }
  const found = await parts.trail.list({ ...wanted, limit: most + 1, before })
  told(parts, request, 'audit.read', personOr(wanted.subject, 'audit'))
  const records = found.slice(0, most)
  const last = found.length > most ? records.at(-1)?.id : undefined
  const seal = cursors.seal(whose, records[0]?.id ?? START)
  return { records, next: last ?? null, follow: before === undefined ? seal : undefined }
}

/** Who follows goes on with what was told when they began; each look would be an event for the next to find. */
async function newerRecords(
  { trail }: Parts,
  page: TrailPage & { readonly after: string },
  seal: (id: string) => string,
): Promise<Found> {
  const records = await trail.list(page)
  return { records, next: null, follow: seal(records[0]?.id ?? page.after) }
}

/** Before every record. */
const START = '0'

/** A seal is good for who was given it, and for the filters that were told. */
function followedBy(request: Request, page: RecordPage): string {
  return `${administratorOf(request).actor}\n${withQuery('', filtersIn(page))}`
}

function openSeal(cursors: Cursors, whose: string, follow: string): string {
  const id = cursors.open(whose, follow)
  if (id !== undefined) return id
  const detail = 'follow is not valid.'
  throw new Problem({ status: 400, code: 'field_invalid', detail, extra: { field: 'follow' } })
}

const FILTERS = Object.keys(recordFilters.shape) as (keyof RecordFilters)[]

function filtersIn(page: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = page[name]
      return typeof value === 'string' && value !== '' ? [[name, value] as const] : []
    }),
  )
}

async function sendFeed(
  parts: Parts,
  request: Request,
  response: Response,
  { records, next, follow }: Found,
  problem?: Problem,
): Promise<void> {
  const given = parseQuery(request.url.split('?')[1])
  const filters = filtersIn(given)
  const at = (path: string, more: Readonly<Record<string, string>> = {}): string =>
    withQuery(path, { ...filters, ...more })
  const html = renderEvents({
    ...(await pageProps(parts, request)),
    filters: personIn(filters),
    problem: problem === undefined ? undefined : problemWords(problem),
    records: await shownRecords(parts, records),
    next: next === null ? undefined : at(paths.consoleEvents, { cursor: next }),
    first: given['cursor'] === undefined ? undefined : at(paths.consoleEvents),
    follow: follow === undefined ? undefined : at(paths.consoleEvents, { follow }),
    exportPath: at(paths.consoleExport),
    mostExported: MOST_EXPORTED,
  })
  sendPage(response, html, problem?.status)
}

/** A link from elsewhere names a person by id; in the form it is the same field. */
function personIn({ userId, ...filters }: Record<string, string>): EventFilterValues {
  return userId === undefined ? filters : { person: userId, ...filters }
}

function problemWords({ code, detail }: Problem): string {
  const words = texts.console.feed
  return code === 'user_unknown' ? words.personUnknown : `${words.problem}: ${detail}`
}
