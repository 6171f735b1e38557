import type { Attributes, Span, SpanKind, SpanStatusCode, Tracer } from '@opentelemetry/api'
import { SojournError, StoreUnavailable } from '../../errors.js'

// Only types are taken from the package, whose numbers are these.
export const INTERNAL = 0 as SpanKind
export const CLIENT = 2 as SpanKind
const ERROR = 2 as SpanStatusCode

/** What a span is opened with. */
export interface SpanFacts {
  readonly kind: SpanKind
  readonly attributes?: Attributes
}

/**
 * Does `work` in a span of its own, below the active one. What it comes to is told in words of ours: `sojourn.outcome`
 * where the answer has one, `error.type` where it throws. Only a fault is an error of the span; a refusal is an answer.
 */
export async function inSpan<Answer>(
  tracer: Tracer,
  name: string,
  facts: SpanFacts,
  work: () => Promise<Answer>,
): Promise<Answer> {
  return tracer.startActiveSpan(name, facts, async (span) => {
    try {
      const answer = await work()
      const outcome = outcomeOf(answer)
      if (outcome !== undefined) span.setAttribute('sojourn.outcome', outcome)
      return answer
    } catch (error) {
      noteError(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

/** A word such as `found`, `gone` or `reused`: never a text from outside. */
const WORD = /^[a-z][a-zA-Z_-]{0,31}$/

function outcomeOf(answer: unknown): string | undefined {
  if (typeof answer === 'boolean') return String(answer)
  if (typeof answer !== 'object' || answer === null) return undefined
  const { status } = answer as { readonly status?: unknown }
  return typeof status === 'string' && WORD.test(status) ? status : undefined
}

/** The message stays out: a fault of a client may quote what it was sent. */
function noteError(span: Span, error: unknown): void {
  const isOurs = error instanceof SojournError
  span.setAttribute('error.type', isOurs ? error.code : 'unknown')
  if (!isOurs || error instanceof StoreUnavailable) span.setStatus({ code: ERROR })
}
