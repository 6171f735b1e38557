/** What is refused as a new password because guessers try it first. Longer than these no list goes. */
const LONGEST = 128
/** Of names shorter than this too many good passwords are made. */
const SHORTEST_NAME = 3
/** A word of the list that is as short as this says nothing about what stands around it. */
const SHORTEST_CORE = 4
/** Digits and signs of ASCII, at both ends. */
const AROUND = /^[\x20-\x40[-`{-~]+|[\x20-\x40[-`{-~]+$/g

/** The list, made a set at first need: 9 MB and 30 ms that a service without registrations never spends. */
let common: Promise<ReadonlySet<string>> | undefined

async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  return new Set(dictionary.passwords)
}

/**
 * Whether a password is one of the 49,233 most common ones (ASVS 6.2.4), in upper or lower case, or one of them with digits
 * and signs around it, or repeated: what people make of them where a longer one is asked for.
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  if (password.length > LONGEST) return false
  const list = await (common ??= load())
  return isMonotonous(password) || formsOf(password).some((form) => list.has(form))
}

/**
 * Whether a password is made of `words` and nothing else but digits and signs: the name of its owner, or of this service
 * (ASVS 6.2.11, NIST SP 800-63B section 3.1.1.2).
 */
export function isMadeOfWords(password: string, words: readonly string[]): boolean {
  const known = words
    .map((word) => word.toLowerCase())
    .filter((word) => word.length >= SHORTEST_NAME)
  return formsOf(password).some((form) => known.includes(form))
}

/** The password itself, without the digits and signs around it, and once where it is a repetition. All in lower case. */
function formsOf(password: string): readonly string[] {
  const lower = password.toLowerCase()
  const core = lower.replace(AROUND, '')
  const others = [core, unitOf(lower), unitOf(core)].filter((form) => form.length >= SHORTEST_CORE)
  return [lower, ...others]
}

/** `abcabc` is twice `abc`. */
function unitOf(text: string): string {
  const length = (text + text).indexOf(text, 1)
  return length === -1 ? text : text.slice(0, length)
}

/** One or two characters, over and over. */
function isMonotonous(password: string): boolean {
  return [...unitOf(password)].length <= 2
}
