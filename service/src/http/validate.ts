import type { z } from 'zod'
import { Problem } from './problem.js'
import { shownField, unknownField } from './strict-json.js'

/** What {@link fields} makes. */
export type Schema = z.ZodObject

/**
 * Holds values against a schema.
 *
 * @throws Problem 400 `field_unknown` or `field_invalid`, naming the field; `errors` lists all of them
 */
export function validate<Fields extends Schema>(
  schema: Fields,
  values: Readonly<Record<string, unknown>>,
): z.output<Fields> {
  const stranger = isOpen(schema)
    ? undefined
    : Object.keys(values).find((name) => !Object.hasOwn(schema.shape, name))
  if (stranger !== undefined) throw unknownField(stranger)
  const result = schema.safeParse(values)
  if (result.success) return result.data
  const errors = result.error.issues.map(({ path, message }) => {
    const field = shownField(path.join('.'))
    return { field, message: `${field} ${message}.` }
  })
  const [first] = errors
  throw new Problem({
    status: 400,
    code: 'field_invalid',
    detail: first?.message ?? 'A field is not valid.',
    extra: { field: first?.field, errors },
  })
}

/** Whether a schema takes fields it does not name. */
function isOpen(schema: Schema): boolean {
  return schema.def.catchall !== undefined && schema.def.catchall._zod.def.type !== 'never'
}

/** Whether `value` fits the field `name` of a schema. */
export function fits(schema: Schema, name: string, value: unknown): boolean {
  const field = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined
  return field !== undefined && (field as z.ZodType).safeParse(value).success
}
