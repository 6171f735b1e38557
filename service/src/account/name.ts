/**
 * How names of people are compared. One rule, used for accounts, for limits and for lookups alike:
 *
 * 1. what is no well-formed Unicode is replaced (U+FFFD), so that every store keeps the same text;
 * 2. compatibility composition (NFKC): full-width and ligature forms, composed and decomposed accents become one;
 * 3. white space around it is dropped;
 * 4. lower case by Unicode's own mapping, whatever the language of the machine; then NFKC once more, because
 *    lower case can bring forth what step 2 would have composed.
 *
 * Nothing else: a dot at the end counts, `ı` and `İ` are not `i`, and no look-alikes are merged.
 */

/** The longest name or address, in characters (code points). RFC 5321 has 254 for an address. */
export const LONGEST_NAME = 254

/** The text two names must have in common to be the same. */
export function nameKey(text: string): string {
  const lower = wellFormed(text).normalize('NFKC').trim().toLowerCase()
  return lower.normalize('NFKC').trim()
}

/** A name as it is kept for showing: as typed, without the white space around it. */
export function shownName(text: string): string {
  return wellFormed(text).trim()
}

function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}

// Controls, line and paragraph separators, and everything that changes the direction of its neighbours
// or cannot be seen; but not the joiners and selectors that scripts and emoji are written with.
const FORBIDDEN =
  /[\p{Cc}\u2028\u2029\p{Bidi_Control}]|(?!\p{Join_Control}|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/u
const VISIBLE = /[^\p{White_Space}\p{Cf}\p{M}\u2800]/u

/** Whether `text` has 1 to {@link LONGEST_NAME} characters, all of which a reader can see or foresee. */
export function isVisibleName(text: string): boolean {
  return isVisible(text, LONGEST_NAME) && nameKey(text) !== '' && isVisible(nameKey(text), Infinity)
}

/** Whether `text` has 1 to `most` characters and something to see, and nothing that hides or turns text. */
export function isVisible(text: string, most: number): boolean {
  const shown = shownName(text)
  return !FORBIDDEN.test(shown) && VISIBLE.test(shown) && [...shown].length <= most
}

/**
 * Whether a key is an address rather than a user name: the two never meet, because only one of them holds
 * an `@`. So nobody can take another person's address for a user name.
 */
export function isAddressKey(key: string): boolean {
  return key.includes('@')
}

/** Whether `text` can be an e-mail address. Only sending to it can tell whether it is one. */
export function isAddress(text: string): boolean {
  return isVisibleName(text) && /^[^@\s]+@[^@\s]+$/u.test(nameKey(text))
}
