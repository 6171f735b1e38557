import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import type { oas31, ZodOpenApiResponseObject } from 'zod-openapi'
import type { Code } from './problems.js'
import { problem } from './shapes.js'

/** Describes a refusal: a problem with one of these codes, or a page that says the same to people. */
export type ProblemAnswers = (
  status: number,
  codes: readonly Code[],
  words?: string,
) => ZodOpenApiResponseObject

/** Those of one document: what many operations answer alike is described once. */
export function createProblemAnswers(): ProblemAnswers {
  const known = new Map<string, ZodOpenApiResponseObject>()
  const taken = new Map<string, number>()
  return (status, codes, words = '') => {
    const key = JSON.stringify([status, codes, words])
    const before = known.get(key)
    if (before !== undefined) return before
    const title = STATUS_CODES[status] ?? 'Problem'
    const name = title.replace(/\W/g, '')
    const count = (taken.get(name) ?? 0) + 1
    taken.set(name, count)
    const id = count === 1 ? name : `${name}${String(count)}`
    const answer = { id, ...toProblem(status, codes, words === '' ? `${title}.` : words) }
    known.set(key, answer)
    return answer
  }
}

const retryAfter: oas31.HeaderObject = {
  schema: { type: 'string', pattern: '^\\d+$' },
  required: true,
  description: 'Seconds to wait.',
}
const challenge: oas31.HeaderObject = {
  schema: { type: 'string' },
  required: true,
  description: 'What to send instead, with the `reason` (RFC 9110 section 11.6.1).',
}
const REQUIRED: Readonly<Record<number, Record<string, oas31.HeaderObject>>> = {
  401: { 'WWW-Authenticate': challenge },
  429: { 'Retry-After': retryAfter },
  503: { 'Retry-After': retryAfter },
}

function toProblem(
  status: number,
  codes: readonly Code[],
  description: string,
): Omit<ZodOpenApiResponseObject, 'id'> {
  const narrowed = { status: z.literal(status), code: z.enum(codes as [Code, ...Code[]]) }
  const schema = z.intersection(problem, z.looseObject(narrowed))
  const headers = REQUIRED[status]
  return {
    description,
    content: {
      'application/problem+json': { schema },
      // RFC 6749 section 5.2, to those who ask in its words.
      ...(codes.includes('invalid_grant') ? { 'application/json': { schema } } : {}),
      'text/html': { schema: z.string() },
    },
    ...(headers === undefined ? {} : { headers }),
  }
}
