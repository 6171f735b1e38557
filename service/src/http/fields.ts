/**
 * The kinds of fields that bodies and queries are made of. Each says what is wrong in the words that stand
 * after the name of the field: `username must be a string.`
 */
import { z } from 'zod'
// Its words for `meta`: what the description of the API says of a field that JSON Schema cannot read off.
import type {} from 'zod-openapi'

/** Any text. */
export function text() {
  return z.string('must be a string')
}

/** Text of at most `most` characters (code points). */
export function shortText(most: number) {
  const isShort = (value: string): boolean => [...value].length <= most
  return text()
    .refine(isShort, { error: `must be at most ${String(most)} characters` })
    .meta({ maxLength: most })
}

/** Text that `isValid` accepts; `rule` says what it wants. */
export function textThat(isValid: (value: string) => boolean, rule: string) {
  return text().refine(isValid, { error: rule }).meta({ description: rule })
}

/** A whole number from `least` to `most`. Not `-0`, nothing that a number cannot hold exactly. */
export function wholeNumber(least: number, most: number) {
  return z
    .custom<number>((value) => isWhole(value) && value >= least && value <= most, {
      error: `must be a whole number from ${String(least)} to ${String(most)}`,
    })
    .meta(described({ type: 'integer', minimum: least, maximum: most }))
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0)
}

/** The same, written in digits, as queries have it. */
export function wholeNumberText(least: number, most: number) {
  const digits = /^(?:0|[1-9]\d{0,15})$/
  return z
    .unknown()
    .transform((value) => (typeof value === 'string' && digits.test(value) ? Number(value) : value))
    .pipe(wholeNumber(least, most))
    .meta(described({ type: 'integer', minimum: least, maximum: most }))
}

/** `true` or `false`. In a form, a checkbox: `on`, or left out. */
export function flag() {
  return z.boolean('must be true or false')
}

/** One of `words`. */
export function oneOf<const Word extends string>(words: readonly Word[]) {
  return z.enum(words as readonly [Word, ...Word[]], {
    error: `must be one of ${words.join(', ')}`,
  })
}

/** At most `most` entries of a kind. */
export function listOf<Field extends z.ZodType>(field: Field, most: number) {
  return z
    .array(field, 'must be a list')
    .max(most, { error: `may hold at most ${String(most)} entries` })
}

/** At most `most` texts of a kind: a list, or one text with commas between them. */
export function textsOf(field: z.ZodType<string>, most: number) {
  return z
    .preprocess(
      (value) => (typeof value === 'string' ? value.split(',').map((one) => one.trim()) : value),
      listOf(field, most),
    )
    .meta(
      described({
        type: ['array', 'string'],
        items: { type: 'string' },
        description: 'a list, or one text with commas between them',
      }),
    )
}

/** What the description says of a kind that JSON Schema cannot be read off. */
function described(override: Readonly<Record<string, unknown>>) {
  return { override }
}

/** The fields of a body or query: no others are accepted. */
export function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape)
}

/** The same, and others are let through unread: RFC 6749 section 3.2 wants that of its endpoints. */
export function fieldsAmongOthers<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.looseObject(shape)
}

/** A body with any fields, for data that belongs to the application. */
export const anyFields = z.looseObject({})
