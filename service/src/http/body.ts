import type { IncomingMessage } from 'node:http'
import type { Request, RequestHandler } from 'express'
import type { z } from 'zod'
import { fields, text } from './fields.js'
import { isUtf8, parseMediaType, type MediaType } from './media-type.js'
import { Problem } from './problem.js'
import { BODY_LIMITS, readBody, type BodyLimits } from './read-body.js'
import { parseForm } from './strict-form.js'
import { parseJsonObject } from './strict-json.js'
import { closedShape, fits, validate, type Schema } from './validate.js'

/** How a body is read. */
export interface BodyOptions extends Partial<BodyLimits> {
  /** A request without a body counts as one without fields. */
  readonly isOptional?: boolean
  /** Further media types that are JSON, such as `application/merge-patch+json`. */
  readonly jsonTypes?: readonly string[]
}

/** The field in which a form carries its CSRF token. Every form may have it; it stays in the body. */
export const CSRF_FIELD = '_csrf'

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** Takes JSON alone. Errors: see {@link jsonOrForm}. */
export function jsonBody(schema: Schema, options: BodyOptions = {}): RequestHandler {
  return bodyHandler(schema, options, [JSON_TYPE, ...(options.jsonTypes ?? [])])
}

/** Takes forms alone, as pages without JavaScript send them. Errors: see {@link jsonOrForm}. */
export function formBody(schema: Schema, options: BodyOptions = {}): RequestHandler {
  return bodyHandler(schema, options, [FORM_TYPE])
}

/**
 * Takes JSON or a form, by its content type, and puts what the schema makes of it into `request.body`; read
 * it with {@link bodyOf}. Errors go to the error handler: 415 `media_type`, 413 `body_too_large`, 408
 * `timeout`, 400 `body_malformed`, `field_unknown`, `field_invalid`.
 */
export function jsonOrForm(schema: Schema, options: BodyOptions = {}): RequestHandler {
  return bodyHandler(schema, options, [JSON_TYPE, FORM_TYPE, ...(options.jsonTypes ?? [])])
}

/** A body with nothing in it but what every form of ours may have. */
const nothing = fields({ returnTo: text().optional() })

/** The same for requests that may come without a body: signing out, ending a device. */
export function optionalBody(schema: Schema = nothing, options: BodyOptions = {}): RequestHandler {
  return jsonOrForm(schema, { ...options, isOptional: true })
}

/** What {@link jsonOrForm} or one of its like has found, as `z.infer` of its schema. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the schema stands at the route
export function bodyOf<Fields>(request: Request): Fields {
  return request.body as Fields
}

/** What a handler of this file takes, for the description of the API. */
export interface BodyFacts {
  readonly schema: Schema
  /** Media types. */
  readonly types: readonly string[]
  readonly isOptional: boolean
  /** The most bytes. */
  readonly bytes: number
}

const FACTS = new WeakMap<RequestHandler, BodyFacts>()

/** What a handler reads, where it is one that reads a body. */
export function bodyFactsOf(handler: RequestHandler): BodyFacts | undefined {
  return FACTS.get(handler)
}

function bodyHandler(
  schema: Schema,
  options: BodyOptions,
  types: readonly string[],
): RequestHandler {
  const limits = { ...BODY_LIMITS, ...options }
  const isOptional = options.isOptional === true
  const handler: RequestHandler = async (request, _response, next) => {
    request.body =
      isOptional && !hasBody(request)
        ? validate(schema, {})
        : await readFields(request, schema, limits, types)
    next()
  }
  FACTS.set(handler, { schema, types, isOptional, bytes: limits.bytes })
  return handler
}

async function readFields(
  request: Request,
  schema: Schema,
  limits: BodyLimits,
  types: readonly string[],
): Promise<Record<string, unknown>> {
  const type = typeOf(request, types)
  const bytes = await (READ_BEFORE.get(request) ?? readBody(request, limits))
  return type.name === FORM_TYPE
    ? validateForm(schema, parseForm(bytes))
    : validate(schema, parseJsonObject(bytes))
}

/** Bodies that were read before their route did. */
const READ_BEFORE = new WeakMap<IncomingMessage, Promise<Buffer>>()

/**
 * The CSRF token in a form that its route has yet to read, which then gets the same bytes; `undefined` where there is none.
 * Errors: those of a form, see {@link jsonOrForm}.
 */
export async function readFormToken(request: IncomingMessage): Promise<string | undefined> {
  if (parseMediaType(request.headers['content-type'])?.name !== FORM_TYPE) return undefined
  const bytes = READ_BEFORE.get(request) ?? readBody(request)
  READ_BEFORE.set(request, bytes)
  const form = parseForm(await bytes)
  return Object.hasOwn(form, CSRF_FIELD) ? form[CSRF_FIELD] : undefined
}

/** A request has a body when it says how long it is, or that it comes in pieces (RFC 9112 section 6). */
function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function typeOf({ headers }: Request, accepted: readonly string[]): MediaType {
  const type = parseMediaType(headers['content-type'])
  if (type === undefined || !accepted.includes(type.name)) {
    throw wrongType(`Send ${accepted.includes(JSON_TYPE) ? JSON_TYPE : FORM_TYPE}.`)
  }
  if (isUtf8(type)) return type
  throw wrongType(`Only UTF-8 ${type.name === FORM_TYPE ? 'forms are' : 'JSON is'} accepted.`)
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
  const isForUs = !Object.hasOwn(closedShape(schema) ?? {}, CSRF_FIELD)
  const { [CSRF_FIELD]: token, ...rest } = form
  const entries = Object.entries(isForUs ? rest : form)
    .filter(([name, value]) => value !== '' || !fits(schema, name, undefined))
    .map(([name, value]) => [name, isCheckbox(schema, name, value) ? true : value] as const)
  const valid = validate(schema, Object.fromEntries(entries))
  return token === undefined ? valid : { ...valid, [CSRF_FIELD]: token }
}

function isCheckbox(schema: Schema, name: string, value: string): boolean {
  return value === 'on' && fits(schema, name, true) && !fits(schema, name, value)
}
