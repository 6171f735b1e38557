import type { CsurfRequest } from './request.js'
import { serializeAsCsurf, type CookieRules } from './secret-cookie.js'

/** The cookie that holds the secret, in cookie mode. */
export interface CsurfCookieOptions {
  /** Its name. Default `'_csrf'`. With `secure` and without a domain, `'__Host-csrf'` keeps sibling hosts from planting it. */
  readonly key?: string | undefined
  /** The part of the site that gets the cookie. Default `'/'`. */
  readonly path?: string | undefined
  /** Signed with cookie-parser's secret, which must be set. Default `false`. */
  readonly signed?: boolean | undefined
  /** Sent over HTTPS only. Default `false`. */
  readonly secure?: boolean | undefined
  /** **Seconds** for which a browser keeps it. Default: until the browser closes. */
  readonly maxAge?: number | undefined
  /** When the cookie ends; `maxAge` wins where both are given. Default: when the browser closes. */
  readonly expires?: Date | undefined
  /** Kept from scripts, which have no use for it. Default `true` (csurf: `false`). */
  readonly httpOnly?: boolean | undefined
  /** `true` is `'strict'`. Default `'lax'` (csurf: `false`, no attribute). */
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined
  /** Shares it with all subdomains of a domain, each of which can then replace it. Default: this host alone. */
  readonly domain?: string | undefined
}

/** csurf's options, and at the end those that are ours. */
export interface CsurfOptions {
  /** Keep the secret in a cookie: `true`, or how. Needs cookie-parser in front. Default `false`: in the session. */
  readonly cookie?: boolean | CsurfCookieOptions | undefined
  /** Methods that are let through unchecked. Default `['GET', 'HEAD', 'OPTIONS']`. */
  readonly ignoreMethods?: readonly string[] | undefined
  /** The property of the request that holds the session. Default `'session'`. */
  readonly sessionKey?: string | undefined
  /** Reads the token. Default: `body._csrf`, `query._csrf`, then the headers `csrf-token`, `xsrf-token`, `x-csrf-token`, `x-xsrf-token`. */
  value?(request: CsurfRequest): unknown
  /** Of csurf: checked, and without effect. Salts have a length of their own. */
  readonly saltLength?: number | undefined
  /** Bytes of a secret that is kept in a cookie or in a session without id. Default 18. */
  readonly secretLength?: number | undefined

  /** Ours: the origin people see, such as `https://app.example`. Default: the Host header. */
  readonly origin?: string | undefined
  /** Ours: other origins whose pages may send requests, with a token. Compared exactly. Default none. */
  readonly trustedOrigins?: readonly string[] | undefined
  /** Ours: whether tokens that csurf itself made still count. Default `true`; turn it off when the last old session is over. */
  readonly acceptCsurfTokens?: boolean | undefined
}

/** What the options come to. */
export interface CsurfRules {
  readonly cookie: CookieRules | undefined
  readonly sessionKey: string
  readonly ignored: ReadonlySet<string>
  readonly secretLength: number
  readonly acceptsCsurf: boolean
  readonly origin: string | undefined
  readonly trustedOrigins: readonly string[]
  readonly value: (request: CsurfRequest) => unknown
}

/** Reads the options. Throws what csurf throws, for the cookie's attributes at once and not at the first request. */
export function readOptions(options: CsurfOptions | undefined): CsurfRules {
  const given = options ?? {}
  checkLength('saltLength', given.saltLength)
  checkLength('secretLength', given.secretLength)
  return {
    cookie: readCookieRules(given.cookie),
    sessionKey:
      given.sessionKey === undefined || given.sessionKey === '' ? 'session' : given.sessionKey,
    ignored: readMethods(given.ignoreMethods),
    secretLength: given.secretLength ?? 18,
    acceptsCsurf: given.acceptCsurfTokens ?? true,
    origin: given.origin,
    trustedOrigins: given.trustedOrigins ?? [],
    value: (request) => (given.value ?? defaultValue)(request),
  }
}

function readMethods(methods: unknown): ReadonlySet<string> {
  if (methods === undefined) return new Set(['GET', 'HEAD', 'OPTIONS'])
  if (!Array.isArray(methods)) throw new TypeError('option ignoreMethods must be an array')
  return new Set((methods as string[]).map((method) => method.toUpperCase()))
}

/** In csurf's words, also where they say 1 and mean 0. */
function checkLength(name: string, length: unknown): void {
  if (length === undefined) return
  if (typeof length !== 'number' || !Number.isFinite(length) || length < 1) {
    throw new TypeError(`option ${name} must be finite number > 1`)
  }
}

function readCookieRules(option: unknown): CookieRules | undefined {
  if (option !== true && (typeof option !== 'object' || option === null)) return undefined
  const given = Object.entries(option === true ? {} : option).filter(
    ([, value]) => value !== undefined,
  )
  const defaults = { key: '_csrf', path: '/', httpOnly: true, sameSite: 'lax' as const }
  const rules: CookieRules = { ...defaults, ...Object.fromEntries(given) }
  serializeAsCsurf('probe', rules)
  return rules
}

interface Fields {
  readonly _csrf?: unknown
}

function defaultValue({ body, query, headers }: CsurfRequest): unknown {
  const candidates = [
    (body as Fields | undefined)?._csrf,
    (query as Fields | undefined)?._csrf,
    headers['csrf-token'],
    headers['xsrf-token'],
    headers['x-csrf-token'],
    headers['x-xsrf-token'],
  ]
  return candidates.find(Boolean)
}
