/**
 * `writeHead(status, headers)` overrules what `setHeader` set before (and then Node takes an array
 * pair by pair). Header effects set while the response was held must survive that: cookies and `Vary`
 * are merged, for any other header the application's word stands.
 */
import { linesOf, mergeVary } from '../../response/outgoing.js'

/** The part of a response whose headers are merged. */
export interface HeaderStore {
  getHeaders(): Readonly<Record<string, number | string | readonly string[] | undefined>>
  setHeader(name: string, value: string | string[]): unknown
}

/** A response's headers at one moment, by lower-case name. */
export type HeaderSnapshot = ReadonlyMap<string, readonly string[]>

export function snapshotOf(response: HeaderStore): HeaderSnapshot {
  // Copies the lists: appendHeader changes them in place.
  const entries = Object.entries(response.getHeaders())
  return new Map(entries.map(([name, value]) => [name.toLowerCase(), [...linesOf(value)]]))
}

/** Whether a call of writeHead names headers of its own. */
export function hasExplicitHeaders(args: readonly unknown[]): boolean {
  return typeof explicitHeaders(args) === 'object'
}

/**
 * The arguments with which `writeHead` is to be called, after `response` changed from `before`. They
 * are the very same where nothing changed. Otherwise the explicit headers move into the response,
 * merged, and the call that is left says the status alone.
 */
export function mergeExplicitHeaders(
  response: HeaderStore,
  before: HeaderSnapshot,
  args: unknown[],
): unknown[] {
  const pairs = toPairs(explicitHeaders(args))
  const after = snapshotOf(response)
  if (pairs === undefined || isSame(before, after)) return args
  const known = before.get('set-cookie') ?? []
  const cookies = (after.get('set-cookie') ?? []).filter((line) => !known.includes(line))
  for (const [lower, { name, values }] of groupByName(pairs)) {
    if (lower === 'set-cookie') response.setHeader(name, [...values, ...cookies])
    else if (lower === 'vary') response.setHeader(name, varyOf(before, after, values))
    else response.setHeader(name, values.length === 1 ? (values[0] as string) : values)
  }
  return typeof args[1] === 'string' ? args.slice(0, 2) : args.slice(0, 1)
}

function explicitHeaders(args: readonly unknown[]): unknown {
  return typeof args[1] === 'string' ? args[2] : (args[2] ?? args[1])
}

/** `undefined` for what Node itself will refuse. */
function toPairs(headers: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined
  if (!Array.isArray(headers)) return Object.entries(headers)
  if (Array.isArray(headers[0])) return headers as [string, unknown][]
  if (headers.length % 2 !== 0) return undefined
  return headers.flatMap((name, index) =>
    index % 2 === 0 ? [[String(name), headers[index + 1]] as const] : [],
  )
}

interface NamedValues {
  readonly name: string
  readonly values: string[]
}

function groupByName(pairs: readonly (readonly [string, unknown])[]): Map<string, NamedValues> {
  const groups = new Map<string, NamedValues>()
  for (const [name, value] of pairs) {
    const group = groups.get(name.toLowerCase()) ?? { name, values: [] }
    // Node refuses an undefined value; so does setHeader with what is put here.
    group.values.push(...((Array.isArray(value) ? value : [value]) as string[]))
    groups.set(name.toLowerCase(), group)
  }
  return groups
}

function varyOf(before: HeaderSnapshot, after: HeaderSnapshot, own: readonly string[]): string {
  const [earlier, now] = [before.get('vary')?.join(), after.get('vary')?.join()]
  return now === undefined || now === earlier ? own.join(', ') : mergeVary(own, now)
}

function isSame(before: HeaderSnapshot, after: HeaderSnapshot): boolean {
  if (before.size !== after.size) return false
  for (const [name, lines] of after) {
    const earlier = before.get(name)
    if (earlier?.length !== lines.length || lines.some((line, at) => line !== earlier[at])) {
      return false
    }
  }
  return true
}
