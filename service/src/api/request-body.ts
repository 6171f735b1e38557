import { z } from 'zod'
import type { ZodOpenApiMediaTypeObject, ZodOpenApiRequestBodyObject } from 'zod-openapi'
import { CSRF_FIELD } from '../http/index.js'
import type { Operation } from './operation.js'
import { takenBy } from './refusals.js'

const FORM = 'application/x-www-form-urlencoded'
const csrf = z.string().optional().meta({ description: 'The token of `GET /csrf`.' })

/** The body of an operation, by the handler that reads it. */
export function requestBodyOf(operation: Operation): ZodOpenApiRequestBodyObject | undefined {
  const taken = takenBy(operation)
  if (taken === undefined) return undefined
  const { schema, types, isOptional, bytes } = taken
  const { example } = operation
  const content = types.map((type): [string, ZodOpenApiMediaTypeObject] => [
    type,
    {
      schema: type === FORM ? formOf(schema) : schema,
      ...(example === undefined ? {} : { example }),
    },
  ])
  return {
    required: !isOptional,
    description: `At most ${String(bytes / 1_024)} KB.`,
    content: Object.fromEntries(content),
  }
}

/** What a form sends for the same: text alone, `on` for a checkbox, and the CSRF token besides. */
function formOf(schema: z.ZodType): z.ZodType {
  if (!(schema instanceof z.ZodObject)) return schema
  const shape = Object.entries<z.ZodType>(schema.shape)
  const fields = shape.map(([name, field]) => [name, isFlag(field) ? checkbox : field] as const)
  const form = z.object({ ...Object.fromEntries(fields), [CSRF_FIELD]: csrf })
  const { id: _id, ...meta } = schema.meta() ?? {}
  const others: z.ZodType = schema.def.catchall instanceof z.ZodUnknown ? z.unknown() : z.never()
  return form.catchall(others).meta(meta)
}

const checkbox = z.literal('on').optional().meta({ description: 'A checkbox: `on`, or left out.' })

function isFlag(field: z.ZodType): boolean {
  return field.safeParse(true).success && !field.safeParse('on').success
}
