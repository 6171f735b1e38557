import type { EndWords } from '../client/words.js'
import { texts } from './texts.js'

export type { EndWords } from '../client/words.js'

/** Ended because something better took its place, or with an account that cannot come back by itself. */
export const NO_RETURN: readonly string[] = [
  'signed_in',
  'signed_in_again',
  'replaced',
  'subject_disabled',
]

/** The words for an end reason; a reason from a newer version, or no reason at all, reads as `unknown`. */
export function endWords(reason: string): EndWords {
  return Object.hasOwn(texts.ends, reason)
    ? texts.ends[reason as keyof typeof texts.ends]
    : texts.ends.unknown
}

/** Title and explanation of an HTTP error; a status without words of its own borrows those of its class. */
export function errorWords(status: number): { readonly title: string; readonly body: string } {
  if (Object.hasOwn(texts.errors, status)) return texts.errors[status as keyof typeof texts.errors]
  return status >= 500 ? texts.errors[500] : texts.errors[400]
}

/** An authentication method (RFC 8176) in words; an unknown one stays as it is. */
export function methodWords(method: string): string {
  return Object.hasOwn(texts.methods, method)
    ? texts.methods[method as keyof typeof texts.methods]
    : method
}

/** A network, and where it is if that is known: `203.0.113.0/24 (Lisbon, Portugal)`. */
export function networkWords(address: string, place: string | undefined): string {
  return place === undefined ? address : `${address} (${place})`
}
