import * as fc from 'fast-check'
import type { oas31 } from 'zod-openapi'
import { exampleOf, operationsOf, resolved, type Listed } from '../../src/api/listing.js'

/** A request that may be good, or broken in any way that a description suggests. */
export interface Wild {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Whose credentials come with it. */
  readonly as: 'nobody' | 'cookie' | 'bearer' | 'admin' | 'client'
}

/** What fits nowhere, and what programs stumble over. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1e308, '', ' ', '\u0000', '\u202e', '__proto__', []),
  fc.constantFrom<unknown>('é'.repeat(300), 'x'.repeat(20_000), { $gt: '' }, [[[[]]]], '😀', '..'),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
)
const plain = fc.constantFrom(
  ...['ada', 'a long walk 2 the sea', 'x', '/dashboard', '//evil.example', 'https://evil.example'],
  ...['7d', 'rt.aa.b.c', 'eyJhbGciOiJub25lIn0.e30.', 'session.started', 'ada@example.com'],
)
const JSON_TYPE = 'application/json'
const FORM = 'application/x-www-form-urlencoded'
const typeHeader = fc.oneof(
  { weight: 8, arbitrary: fc.constant(JSON_TYPE) },
  { weight: 3, arbitrary: fc.constant(FORM) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['text/plain', 'application/json; charset=utf-16', 'multipart/form-data', ';', '*/*'],
      ...['application/merge-patch+json', 'application/json; charset=utf-8; charset=x', ''],
    ),
  },
)
const token = '[A-Za-z0-9._~-]{1,40}'
const headerValue = fc.oneof(
  plain,
  fc.constantFrom(
    '1',
    '',
    '*',
    '"',
    'x'.repeat(9_000),
    'Bearer',
    'Bearer ',
    'Basic !!',
    'DPoP x.y',
  ),
  fc.stringMatching(/^[\x21-\x7e]{0,60}$/),
  fc.stringMatching(new RegExp(`^Bearer ${token}$`)),
)
const headers = fc.dictionary(
  fc.constantFrom(
    ...['Authorization', 'Cookie', 'Origin', 'Referer', 'Sec-Fetch-Site', 'Sec-Fetch-Mode'],
    ...['Accept', 'Accept-Language', 'If-None-Match', 'Range', 'X-Forwarded-For', 'X-CSRF-Token'],
    ...['User-Agent', 'DPoP', 'Content-Encoding', 'X-Request-Id', 'Sojourn-Passive', 'Forwarded'],
    ...['Upgrade', 'Last-Event-ID', 'Idempotency-Key', 'Traceparent', 'X-HTTP-Method-Override'],
  ),
  headerValue,
  { maxKeys: 3, noNullPrototype: true },
)

/** Requests for every operation of a description; `ids` are some that exist. */
export function wildRequests(
  description: oas31.OpenAPIObject,
  ids: readonly string[],
): fc.Arbitrary<Wild> {
  // An answer that never ends would be waited for.
  const ending = operationsOf(description).filter(({ operation }) => !isStream(operation))
  return fc.oneof(...ending.map((one) => requestFor(one, description, ids)))
}

function isStream({ responses = {} }: oas31.OperationObject): boolean {
  const { content = {} } = (responses['200'] ?? {}) as oas31.ResponseObject
  return Object.hasOwn(content, 'text/event-stream')
}

function requestFor(
  listed: Listed,
  description: oas31.OpenAPIObject,
  ids: readonly string[],
): fc.Arbitrary<Wild> {
  const { id, method, path, operation } = listed
  const as = fc.constantFrom('nobody', 'cookie', 'cookie', 'bearer', 'admin', 'client')
  const hole = fc.oneof(fc.constantFrom(...ids), plain, fc.string({ unit: 'binary' }))
  const query = queryFor(operation)
  const taken = operation.requestBody as oas31.RequestBodyObject | undefined
  return fc
    .record({
      as,
      hole,
      query,
      headers,
      type: typeHeader,
      body: bodyFor(taken, description),
    })
    .map((made) => ({
      id,
      method,
      path: path.replace(/\{\w+\}/, encoded(made.hole)) + made.query,
      as: made.as,
      headers: {
        ...made.headers,
        ...(made.body === undefined ? {} : { 'Content-Type': made.type }),
      },
      body: made.body === undefined ? undefined : written(made.body, made.type),
    }))
}

/** An empty part would make another path of it, and Node sends no broken characters. */
function encoded(part: string): string {
  return part === '' ? '%20' : encodeURIComponent(Buffer.from(part).toString())
}

function queryFor({ parameters = [] }: oas31.OperationObject): fc.Arbitrary<string> {
  const names = parameters.flatMap((one) => ('name' in one && one.in === 'query' ? [one.name] : []))
  const name = fc.constantFrom(...names, 'x', 'a[b]', 'access_token')
  const value = fc.oneof(plain, fc.constantFrom('1', '0', '-1', '1e9', '%', '%00', '99999999999'))
  const pair = fc.tuple(name, value).map(([key, text]) => `${key}=${text.replaceAll(' ', '+')}`)
  const most = names.length === 0 ? 1 : 3
  return fc
    .array(pair, { maxLength: most })
    .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.join('&')}`))
}

/** The example with fields left out, replaced and added; or no object at all; or nothing. */
function bodyFor(
  taken: oas31.RequestBodyObject | undefined,
  description: oas31.OpenAPIObject,
): fc.Arbitrary<unknown> {
  const schema = taken?.content[JSON_TYPE]?.schema ?? {}
  const { properties = {} } = resolved<oas31.SchemaObject>(description, schema)
  const example = Object(exampleOf(taken?.content) ?? {}) as Record<string, unknown>
  const names = [...Object.keys(properties), ...Object.keys(example), 'extra', '__proto__']
  const change = fc.tuple(
    fc.constantFrom(...names),
    fc.oneof(plain, odd, fc.boolean(), fc.constant(undefined)),
  )
  const changed = fc.array(change, { maxLength: 3 }).map((changes) => {
    const body: Record<string, unknown> = { ...example }
    for (const [name, value] of changes) body[name] = value
    return body
  })
  const nothing = fc.constant(undefined)
  return fc.oneof({ weight: 6, arbitrary: changed }, odd, nothing)
}

function written(body: unknown, type: string): string {
  if (type !== FORM || typeof body !== 'object' || body === null) return JSON.stringify(body)
  const pairs = Object.entries(body).map(([name, value]) => [name, String(value)])
  return new URLSearchParams(pairs).toString()
}
