/**
 * The kinds of fields that bodies and queries are made of. Each says what is wrong in the words that stand
 * after the name of the field: `username must be a string.`
 */
import { z } from 'zod'

/** Any text. */
export function text() {
  return z.string('must be a string')
}

/** Text of at most `most` characters (code points). */
export function shortText(most: number) {
  return text().refine((value) => [...value].length <= most, {
    error: `must be at most ${String(most)} characters`,
  })
}

/** Text that `isValid` accepts; `rule` says what it wants. */
export function textThat(isValid: (value: string) => boolean, rule: string) {
  return text().refine(isValid, { error: rule })
}

/** A whole number from `least` to `most`. Not `-0`, nothing that a number cannot hold exactly. */
export function wholeNumber(least: number, most: number) {
  return z.custom<number>((value) => isWhole(value) && value >= least && value <= most, {
    error: `must be a whole number from ${String(least)} to ${String(most)}`,
  })
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
