import { texts } from './texts.js'

/** How an ended session is told to its owner. */
export interface EndWords {
  readonly title: string
  readonly body: string
  /** What to do where somebody else may have been at work. */
  readonly advice?: string
}

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
