import type { SpanContext } from '@opentelemetry/api'

const TRACE_PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const NOTHING = /^0+$/

/** The span that a request says it belongs to (W3C Trace Context). `undefined` for what is none: then a trace begins here. */
export function readTraceParent(header: string | string[] | undefined): SpanContext | undefined {
  if (typeof header !== 'string' || header.length > 256) return undefined
  const match = TRACE_PARENT.exec(header)
  if (match === null) return undefined
  const [version, traceId, spanId, flags] = match.slice(1) as [string, string, string, string]
  // Later versions may say more behind a hyphen (section 4.3).
  const isKnown = version !== 'ff' && (version !== '00' || match[5] === undefined)
  if (!isKnown || NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined
  // Of the flags only the first is known: whether the caller records its part.
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
}
