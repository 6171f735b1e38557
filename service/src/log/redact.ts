/**
 * What must never reach a log. Fields are judged by their names; text is searched for what looks like a
 * credential, because messages, addresses and stacks come from everywhere.
 */

const HIDDEN = '[redacted]'

/** Names of fields whose value is a credential, compared without case and punctuation. */
const SECRET_NAME =
  /^(?:authorization|proxyauthorization|cookies?|setcookie|dpop|xcsrftoken|csrf|xapikey|apikey|otp|pin)$|passw|pwd|passphrase|secret|credential|token|privatekey|signature|jwt/
/** Names that only sound so. */
const HARMLESS_NAME =
  /^(?:tokentype|tokenlength|secretbytes|hastoken|passwordchangedat|passwordminimum)$/

/** Names of parameters of an address whose value is a credential. */
const PARAMETER =
  /([?&;#](?:[^?=&;#\s]*(?:token|secret|passw|pwd|credential|session|signature|csrf|jwt|api_?key)[^?=&;#\s]*|sid|code|key|auth)=)[^&;#\s"'<>]*/gi
/** `scheme://user:password@host` */
const USER_INFO = /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@:]*:[^\s/@]*@/gi
/** `Bearer …`, `Basic …`, `DPoP …` */
const SCHEME = /\b(bearer|basic|dpop)(?:\s|%20|\+)+[A-Za-z0-9._~+/=-]{8,}/gi
/** A JWS or JWE in compact form. What stands before it may be an escaped character, whose last digit is no end of a word. */
const JWT = /(?:\b|(?<=%[0-9A-Fa-f]{2}))eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){2,4}/g
/** A refresh token, or most of one. */
const REFRESH = /(?:\b|(?<=%[0-9A-Fa-f]{2}))rt\.[\w-]{2}\.[\w-]{16,}[\w.-]*/g
/** A session token: parts of which the last is long and random. */
const TOKEN = /(?<![\w.-])[\w-]{1,24}(?:\.[\w-]{16,128}){2,3}(?![\w-])/g
/** What is no visible text, or turns the text beside it: a log line must be one line, and read as it is. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

/** Text without any of this holds nothing of the above; most text does not, and is spared the search. */
const SUSPECT = /[=@]|bearer|basic|dpop|eyJ|\.[\w-]{16}|[^\x20-\x7e]/i

const DEEPEST = 8
const MOST_TEXT = 8_192

/** Text without what looks like a credential, and at most 8 KB of it. */
export function redactText(text: string): string {
  if (!SUSPECT.test(text) && text.length <= MOST_TEXT) return text
  const short = text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}...` : text
  return short
    .replace(PARAMETER, `$1${HIDDEN}`)
    .replace(USER_INFO, `$1${HIDDEN}@`)
    .replace(SCHEME, `$1 ${HIDDEN}`)
    .replace(JWT, HIDDEN)
    .replace(REFRESH, HIDDEN)
    .replace(TOKEN, HIDDEN)
    .replace(UNPRINTABLE, (character) => {
      return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
    })
}

/** A copy of a value in which no credential is left. Errors become plain objects. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value !== 'object' || value === null) return plain(value)
  if (depth >= DEEPEST) return '[too deep]'
  if (value instanceof Error) return redactError(value, depth)
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  if (ArrayBuffer.isView(value)) return '[bytes]'
  if (hasToJson(value)) return redact(value.toJSON(), depth + 1)
  return redactFields(Object.entries(value), depth)
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
}

function redactFields(entries: readonly (readonly [string, unknown])[], depth: number): object {
  return Object.fromEntries(
    entries.map(([name, value]) => [
      redactText(name),
      isSecretName(name) && value !== undefined && value !== null
        ? HIDDEN
        : redact(value, depth + 1),
    ]),
  )
}

function redactError(error: Error, depth: number): object {
  const { name, message, stack, cause } = error
  const own = Object.entries(error).filter(([field]) => field !== 'name')
  const told: [string, unknown][] = [
    ['type', name],
    ['message', message],
    ['stack', stack],
  ]
  return redactFields([...told, ...own, ['cause', cause]], depth)
}

/** The names in a log are few; those beyond belong to somebody else's data and are judged anew each time. */
const judged = new Map<string, boolean>()
const MOST_JUDGED = 500

function isSecretName(name: string): boolean {
  const known = judged.get(name)
  if (known !== undefined) return known
  const isSecret = judgeName(name)
  if (judged.size < MOST_JUDGED) judged.set(name, isSecret)
  return isSecret
}

function judgeName(name: string): boolean {
  const bare = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  return SECRET_NAME.test(bare) && !HARMLESS_NAME.test(bare)
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function'
}
