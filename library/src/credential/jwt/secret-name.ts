/** In any place of a name. */
const PARTS =
  /passw(?:or)?d|passphrase|passcode|secret|hash|token|credential|cookie|(?:private|api|access|signing|encryption|session|client|shared|master|secret)key/
/** As a word of its own: `pinned` is no PIN. */
const WORDS: ReadonlySet<string> = new Set(
  'pw pwd pass pin otp totp hotp salt pepper cvv cvc ssn jwt jwk pem bearer seed mnemonic'.split(
    ' ',
  ),
)
const WORD = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g

/** Whether a claim of that name is probably something that must not be in a token, which anybody can read. */
export function looksSecret(name: string): boolean {
  const plain = name.normalize('NFKC')
  const letters = plain.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase()
  if (PARTS.test(letters)) return true
  return (plain.match(WORD) ?? []).some((word) => WORDS.has(word.toLowerCase()))
}

/** The first name in `value`, at any depth, that {@link looksSecret}. */
export function secretNameIn(value: unknown, depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null || depth > 8) return undefined
  const isList = Array.isArray(value)
  for (const [name, member] of Object.entries(value)) {
    const found = !isList && looksSecret(name) ? name : secretNameIn(member, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}
