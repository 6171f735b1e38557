import { z } from 'zod'
import { Problem } from './problem.js'
import { shownField, unknownField } from './strict-json.js'

/** What a body or query may hold: an object with known fields (`fields`), or a record. */
export type Schema = z.ZodType<Record<string, unknown>>

/**
 * Holds values against a schema. A field it does not name is refused, also by `z.object`, which would drop it.
 *
 * @throws Problem 400 `field_unknown` or `field_invalid`, naming the field; `errors` lists all of them
 */
export function validate<Fields extends Schema>(
  schema: Fields,
  values: Readonly<Record<string, unknown>>,
): z.output<Fields> {
  const shape = closedShape(schema)
  const stranger = shape && Object.keys(values).find((name) => !Object.hasOwn(shape, name))
  if (stranger !== undefined) throw unknownField(stranger)
  const result = schema.safeParse(values, { error: toRule })
  if (result.success) return result.data
  const errors = result.error.issues.map(({ path, message }) => toSentence(path, message))
  throw new Problem({
    status: 400,
    code: 'field_invalid',
    detail: errors[0]?.message ?? 'A field is not valid.',
    extra: { field: errors[0]?.field, errors },
  })
}

/** Whether `value` fits the field `name` of a schema. */
export function fits(schema: Schema, name: string, value: unknown): boolean {
  const shape = closedShape(schema)
  if (shape === undefined || !Object.hasOwn(shape, name)) return false
  return (shape[name] as z.ZodType).safeParse(value).success
}

/** The fields of a schema that names them all; `undefined` where others may come. */
export function closedShape(schema: Schema): z.core.$ZodShape | undefined {
  if (!(schema instanceof z.ZodObject)) return undefined
  const others = schema.def.catchall?._zod.def.type
  return others === undefined || others === 'never' ? schema.shape : undefined
}

/** What a field must be, where its schema does not say so itself: the words after its name. */
function toRule(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? 'is not valid'
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`
    case 'too_big':
      return issue.origin === 'array'
        ? `may hold at most ${String(issue.maximum)} entries`
        : `must be at most ${String(issue.maximum)}${issue.origin === 'string' ? ' characters' : ''}`
    case 'too_small':
      return `must be at least ${String(issue.minimum)}${issue.origin === 'string' ? ' characters' : ''}`
    default:
      return 'is not valid'
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'must be a string',
  number: 'must be a number',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be an object',
  record: 'must be an object',
}

/** A message that ends in a full stop is a sentence already. */
function toSentence(
  path: readonly PropertyKey[],
  message: string,
): Readonly<Record<'field' | 'message', string>> {
  const field = shownField(path.map(String).join('.'))
  return { field, message: message.endsWith('.') ? message : `${field} ${message}.` }
}
