/**
 * A cautious guess at how many bits a secret is worth to somebody who guesses. It cannot prove that a
 * text is random; it finds the texts that plainly are not: repeats, runs, few different characters, words.
 */

/** What one word is worth, however long: people choose from a few thousand. */
const BITS_PER_WORD = 10

/** Words that secrets typed by people are made of. Three letters and more. */
const WORDS =
  'access account admin alpha apple auth backend base battery beta bits bytes cat change char characters cloud ' +
  'company cookie correct crypto data database default demo dev development dragon enough example express food for from ' +
  'hash hello here hmac horse jwt key keyboard least letmein local login long longer master minimum monkey must my-app ' +
  'node not only pass passphrase password phrase please private prod production project public qwerty random really ' +
  'redis refresh replace safe sample secret secure security server service session should sign signing simple sojourn ' +
  'some staging staple string strong summer super test than that the this token top user value very welcome winter with ' +
  'word world your'
const WORD = new RegExp(
  WORDS.split(' ')
    .sort((a, b) => b.length - a.length)
    .join('|'),
  'gi',
)

/** Bits, at most `log2(alphabet)` for each character. */
export function estimateBits(text: string): number {
  const words = text.match(WORD)?.length ?? 0
  // What stands between the words still counts, character by character.
  const rest = text.replace(WORD, '')
  const free = Math.max(0, rest.length - surplus(rest))
  return Math.floor(free * bitsPerCharacter(rest) + words * BITS_PER_WORD)
}

/** How many characters are foreseeable from those before, beyond what chance brings about. */
function surplus(text: string): number {
  const seen = new Set<string>()
  let foreseen = 0
  for (let index = 2; index < text.length; index += 1) {
    const three = text.slice(index - 2, index + 1)
    if (seen.has(three) || isRun(three)) foreseen += 1
    seen.add(three)
  }
  // The first two characters of a repeated or running text are no surprise either.
  const byChance = Math.ceil(text.length / 8)
  return foreseen > byChance ? foreseen : 0
}

/** `aaa`, `abc`, `321`: three characters in steps of -1, 0 or 1. */
function isRun(three: string): boolean {
  const step = three.charCodeAt(1) - three.charCodeAt(0)
  return Math.abs(step) <= 1 && three.charCodeAt(2) - three.charCodeAt(1) === step
}

const CLASSES: readonly (readonly [RegExp, number])[] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[-_+/=]/, 2],
  [/[^A-Za-z0-9\-_+/=]/, 32],
]

function bitsPerCharacter(text: string): number {
  const distinct = new Set(text).size
  if (distinct < 2) return 0
  const alphabet = alphabetOf(text)
  // So many different characters a random text of this length would show, on average.
  const expected = alphabet * (1 - (1 - 1 / alphabet) ** text.length)
  return Math.log2(distinct < expected * 0.6 ? distinct : alphabet)
}

function alphabetOf(text: string): number {
  if (/^[0-9]+$/.test(text)) return 10
  if (/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(text)) return 16
  return CLASSES.reduce((sum, [pattern, size]) => sum + (pattern.test(text) ? size : 0), 0)
}
