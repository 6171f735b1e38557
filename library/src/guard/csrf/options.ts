import { InvalidOption } from '../../errors.js'
import { isSafeMethod, type CrossOriginOptions } from '../cross-origin.js'

/** A request that is let through unjudged. */
export interface CsrfExemption {
  /** Such as `POST`. */
  readonly method: string
  /** Path as clients send it, such as `/hooks/payment`: the whole, no pattern. A query does not matter. */
  readonly path: string
}

/** How requests that another site's page may have caused are told from others. */
export interface CsrfOptions extends CrossOriginOptions {
  /**
   * When a token is asked for. `'fallback'`: for forms and plain text with a cookie, where the client sends neither
   * `Sec-Fetch-Site` nor `Origin`. `'always'`: for every unsafe request with a cookie, JSON too, whatever the browser
   * says of its page. Default `'fallback'`.
   */
  readonly tokens?: 'fallback' | 'always'
  /**
   * What a session's tokens are made of. `'signed'`: of its id, by a key of the application; nothing is stored. `'record'`:
   * of a secret that is kept in the session's record (the synchronizer token pattern). Default `'signed'`.
   */
  readonly mode?: 'signed' | 'record'
  /**
   * Paths where somebody who has no cookie yet signs in: there a form needs a token without any cookie, too, so that
   * nobody is signed in as somebody else (login CSRF). Default none.
   */
  readonly signInPaths?: readonly string[]
  /** What is let through unjudged: webhooks, which have no cookie and no business with the session. Default none. */
  readonly exempt?: readonly CsrfExemption[]
  /** `false`: refuse nothing, and tell of what would have been by `request.refused` with `isEnforced: false`. Default `true`. */
  readonly enforce?: boolean
}

/** What the options come to. */
export interface CsrfRules extends CrossOriginOptions {
  readonly isAlways: boolean
  readonly isInRecord: boolean
  readonly isEnforced: boolean
  isSignIn(target: string): boolean
  isExempt(method: string, target: string): boolean
}

const KNOWN: ReadonlySet<string> = new Set<keyof CsrfOptions>([
  'origin',
  'trustedOrigins',
  'tokens',
  'mode',
  'signInPaths',
  'exempt',
  'enforce',
])
/** A scheme and a host, perhaps a port; apps have schemes of their own (`capacitor://localhost`). */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\\*@\s,]+$/
const METHOD = /^[A-Z]+$/
/** What nobody has to encode, so that a path has one spelling: no pattern, no dots that lead elsewhere. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/

/** Checks the options. Throws {@link InvalidOption} for what could never match, or would match more than it says. */
export function readCsrfOptions(options: CsrfOptions): CsrfRules {
  const stranger = Object.keys(options).find((name) => !KNOWN.has(name))
  if (stranger !== undefined) throw new InvalidOption(`csrf has no option ${stranger}.`)
  const { origin, trustedOrigins = [], tokens, mode, enforce = true } = options
  const exempt = new Set((options.exempt ?? []).map(readExemption))
  const signIn = new Set((options.signInPaths ?? []).map(readPath).map(loosely))
  return {
    trustedOrigins: trustedOrigins.map((one) => readOrigin('trustedOrigins', one)),
    ...(origin === undefined ? {} : { origin: readOrigin('origin', origin) }),
    isAlways: oneOf('tokens', tokens, 'always', 'fallback'),
    isInRecord: oneOf('mode', mode, 'record', 'signed'),
    isEnforced: enforce,
    isSignIn: (target) => signIn.has(loosely(pathOf(target))),
    isExempt: (method, target) => exempt.has(`${method} ${pathOf(target)}`),
  }
}

/** Whether it is the first of two words; the other is the default. */
function oneOf(name: string, value: string | undefined, one: string, other: string): boolean {
  if (value !== undefined && value !== one && value !== other) {
    throw new InvalidOption(`csrf: ${name} is '${other}' or '${one}'.`)
  }
  return value === one
}

function readOrigin(name: string, text: string): string {
  const isWeb = /^https?:/.test(text)
  if (ORIGIN.test(text) && (!isWeb || (URL.canParse(text) && new URL(text).origin === text))) {
    return text
  }
  throw new InvalidOption(
    `csrf: ${name} needs origins such as https://app.example: lower case, no path, no slash at the end, no *, no default port.`,
  )
}

function readPath(path: string): string {
  if (PATH.test(path)) return path
  throw new InvalidOption('csrf: a path is such as /hooks/payment, in full and without patterns.')
}

function readExemption({ method, path }: CsrfExemption): string {
  if (!METHOD.test(method) || isSafeMethod(method)) {
    throw new InvalidOption('csrf: exempt needs a method that changes something, such as POST.')
  }
  return `${method} ${readPath(path)}`
}

function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

/** Routers may take `/Login/` for `/login`: of what needs more care, rather one too many. */
function loosely(path: string): string {
  return decoded(path).toLowerCase().replaceAll(/\/+/g, '/').replace(/\/$/, '')
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
