/** Anything of ours that could be presented: a JWT, a refresh token, a session token, under whatever name. */
const CREDENTIAL =
  /eyJ[\w-]{8,}\.[\w-]{2,}(?:\.[\w-]*)?|rt\.[\w-]{2}\.[\w-]{16,}[\w.-]*|[\w-]{2}\.[\w-]{22}\.[\w-]{16,}|\b(?:bearer|basic|dpop)[ +]{1,8}[\w.~+/=-]{8,}/gi
/** What moves a cursor, colours a terminal, ends a line, turns or hides the text beside it; and halves of characters. */
const UNPRINTABLE =
  /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu
/** Most text has nothing to look for. */
const SUSPECT = /[^\x20-\x7e]|\.[\w-]{16}|eyJ|(?:bearer|basic|dpop)[ +]/i

/** One line that shows what it holds (ASVS 16.4.1), without a credential (ASVS 16.2.5), and at most `most` characters long. */
export function safeText(text: string, most: number): string {
  // Far more than is kept, so that a credential is not cut to something that looks like none.
  const near = text.length > most * 8 ? text.slice(0, most * 8) : text
  const safe = SUSPECT.test(near)
    ? near.replace(CREDENTIAL, '[redacted]').replace(UNPRINTABLE, escaped)
    : near
  return safe.length <= most ? safe : `${safe.slice(0, most - 3)}...`
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
