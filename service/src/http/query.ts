import type { Request, RequestHandler } from 'express'
import type { z } from 'zod'
import { Problem } from './problem.js'
import { closedShape, validate, type Schema } from './validate.js'

const MOST_PARAMETERS = 100

/**
 * Parses the part of an address after `?`. Each parameter may be given once, and brackets in a name are
 * no structure: of two readers, one would take the first value and another the last, or a list.
 *
 * To be set as Express' `query parser`, so that `request.query` follows the same rule.
 *
 * @throws Problem 400 `query_invalid`
 */
export function parseQuery(text: string | null | undefined): Record<string, string> {
  const parameters = new Map<string, string>()
  const parts = (text ?? '').split('&').filter((part) => part !== '')
  if (parts.length > MOST_PARAMETERS) throw invalid()
  for (const part of parts) {
    const at = part.indexOf('=')
    const name = unescape(at === -1 ? part : part.slice(0, at))
    if (parameters.has(name) || /[[\]]/.test(name)) throw invalid()
    parameters.set(name, at === -1 ? '' : unescape(part.slice(at + 1)))
  }
  return Object.fromEntries(parameters)
}

/** Refuses requests whose query is not plain, whether or not a route looks at it. */
export const strictQuery: RequestHandler = (request, _response, next) => {
  parseQuery(textOf(request))
  next()
}

/**
 * The parameters of a request that a schema names; others are left aside.
 *
 * @throws Problem 400 `query_invalid`, `field_invalid`
 */
export function queryOf<Fields extends Schema>(request: Request, schema: Fields): z.output<Fields> {
  return validate(schema, Object.fromEntries(knownOf(request, schema)))
}

/**
 * The same of a form that is sent by GET: a field that was left empty counts as left out.
 *
 * @throws Problem 400 `query_invalid`, `field_invalid`
 */
export function formQueryOf<Fields extends Schema>(
  request: Request,
  schema: Fields,
): z.output<Fields> {
  const filled = knownOf(request, schema).filter(([, value]) => value !== '')
  return validate(schema, Object.fromEntries(filled))
}

function knownOf(request: Request, schema: Schema): readonly (readonly [string, string])[] {
  const shape = closedShape(schema)
  return Object.entries(parseQuery(textOf(request))).filter(
    ([name]) => shape === undefined || Object.hasOwn(shape, name),
  )
}

function textOf({ url }: Request): string {
  const at = url.indexOf('?')
  return at === -1 ? '' : url.slice(at + 1)
}

/** Addresses are typed by hand and cut by mail programs: a broken encoding stays as it is. */
function unescape(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}

function invalid(): Problem {
  const detail = 'Each parameter may be given once.'
  return new Problem({ status: 400, code: 'query_invalid', detail })
}
