/**
 * http/ owns what is the same for every route: reading bodies and queries strictly, choosing between page
 * and JSON, and answering errors. It knows no session and keeps nothing; routes and `server` use it.
 */
import type { Request, RequestHandler } from 'express'
import type { z } from 'zod'
import { isUtf8, parseMediaType, type MediaType } from './media-type.js'
import { Problem } from './problem.js'
import { BODY_LIMITS, readBody, type BodyLimits } from './read-body.js'
import { parseForm } from './strict-form.js'
import { parseJsonObject } from './strict-json.js'
import { fits, validate, type Schema } from './validate.js'

/** How a body is read. */
export interface BodyOptions extends Partial<BodyLimits> {
  /** A request without a body counts as one without fields. */
  readonly isOptional?: boolean
  /** Further media types that are JSON, such as `application/merge-patch+json`. */
  readonly jsonTypes?: readonly string[]
}

/** Middleware whose `request.body` has the type of a schema in the handlers after it. */
export type BodyHandler<Fields extends Schema> = RequestHandler<
  Record<string, string>,
  unknown,
  z.output<Fields>
>

/** The field in which a form carries its CSRF token. Every form may have it; it stays in the body. */
export const CSRF_FIELD = '_csrf'

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** Takes JSON alone. Errors: see {@link body}. */
export function jsonBody<Fields extends Schema>(
  schema: Fields,
  options: BodyOptions = {},
): BodyHandler<Fields> {
  return handler(schema, options, [JSON_TYPE, ...(options.jsonTypes ?? [])])
}

/** Takes forms alone, as pages without JavaScript send them. Errors: see {@link body}. */
export function formBody<Fields extends Schema>(
  schema: Fields,
  options: BodyOptions = {},
): BodyHandler<Fields> {
  return handler(schema, options, [FORM_TYPE])
}

/**
 * Takes JSON or a form, by its content type, and puts what the schema makes of it into `request.body`.
 * Errors go to the error handler: 415 `media_type`, 413 `body_too_large`, 408 `timeout`, 400
 * `body_malformed`, `field_unknown`, `field_invalid`.
 */
export function body<Fields extends Schema>(
  schema: Fields,
  options: BodyOptions = {},
): BodyHandler<Fields> {
  return handler(schema, options, [JSON_TYPE, FORM_TYPE, ...(options.jsonTypes ?? [])])
}

function handler<Fields extends Schema>(
  schema: Fields,
  options: BodyOptions,
  types: readonly string[],
): BodyHandler<Fields> {
  const limits = { ...BODY_LIMITS, ...options }
  return async (request, _response, next) => {
    if (options.isOptional === true && !hasBody(request)) {
      request.body = validate(schema, {})
    } else {
      const type = typeOf(request, types)
      const bytes = await readBody(request, limits)
      const isForm = type.name === FORM_TYPE
      request.body = isForm
        ? validateForm(schema, parseForm(bytes))
        : validate(schema, parseJsonObject(bytes))
    }
    next()
  }
}

/** A request has a body when it says how long it is, or that it comes in pieces (RFC 9112 section 6). */
function hasBody({ headers }: Pick<Request, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function typeOf({ headers }: Pick<Request, 'headers'>, accepted: readonly string[]): MediaType {
  const type = parseMediaType(headers['content-type'])
  const isForm = accepted[0] === FORM_TYPE
  if (type === undefined || !accepted.includes(type.name)) {
    throw wrongType(`Send ${isForm ? 'a form' : JSON_TYPE}.`)
  }
  if (!isUtf8(type)) {
    throw wrongType(`Only UTF-8 ${type.name === FORM_TYPE ? 'forms are' : 'JSON is'} accepted.`)
  }
  return type
}

function wrongType(detail: string): Problem {
  // The body is still on its way, and nobody will read it.
  const headers = { Connection: 'close' }
  return new Problem({ status: 415, code: 'media_type', detail, headers })
}

/** A form knows only text: an empty field may mean none, and a checkbox sends `on`. */
function validateForm<Fields extends Schema>(
  schema: Fields,
  form: Readonly<Record<string, string>>,
): z.output<Fields> {
  const { [CSRF_FIELD]: token, ...rest } = form
  const entries = Object.entries(rest)
    .filter(([name, value]) => value !== '' || !fits(schema, name, undefined))
    .map(([name, value]) => [name, isCheckbox(schema, name, value) ? true : value] as const)
  const valid = validate(schema, Object.fromEntries(entries))
  return token === undefined ? valid : { ...valid, [CSRF_FIELD]: token }
}

function isCheckbox(schema: Schema, name: string, value: string): boolean {
  return value === 'on' && fits(schema, name, true) && !fits(schema, name, value)
}
