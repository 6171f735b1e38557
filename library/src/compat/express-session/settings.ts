import { randomToken } from '../../system/random.js'
import type { ClassicCookieOptions } from './cookie.js'
import { isKeeping, type ClassicStore, type SessionRequest } from './contract.js'
import { deprecate } from './deprecate.js'
import { MemoryStore } from './memory.js'
import { checkSlips } from './option-slips.js'
import type { ExpressSessionOptions, PreviousCookie } from './options.js'
import { toClassicStore } from './own-store.js'
import { checkSigningSecret } from './production-secret.js'
import type { CookieSecret } from './signed-cookie.js'

/** The options as the request path reads them. */
export interface Settings {
  readonly name: string
  /** The present name, then those of before. */
  readonly names: readonly string[]
  readonly cookieFor: (request: SessionRequest) => ClassicCookieOptions
  readonly generateId: (request: SessionRequest) => string
  readonly store: ClassicStore
  /** The store can extend a session without writing it. */
  readonly storeTouches: boolean
  readonly proxy: boolean | undefined
  readonly isResaved: boolean
  readonly isRolling: boolean
  readonly savesUninitialized: boolean
  readonly destroysUnset: boolean
  /** `undefined`: every request brings its own. */
  readonly secrets: readonly CookieSecret[] | undefined
  readonly clearsCookie: boolean
  readonly previousCookies: readonly PreviousCookie[]
}

const MEMORY_WARNING =
  'Warning: connect.session() MemoryStore is not\n' +
  'designed for a production environment, as it will leak\n' +
  'memory, and will not scale past a single process.'

/** Checks the options and fills in the defaults. Throws `TypeError` where express-session does. */
export function toSettings(options: ExpressSessionOptions): Settings {
  const { previousCookies = [] } = options
  const generateId: unknown = options.genid || generateToken
  const name = options.name || options.key || 'connect.sid'
  if (typeof generateId !== 'function') throw new TypeError('genid option must be a function')
  const isResaved = orDeprecated(options.resave, 'resave')
  const savesUninitialized = orDeprecated(options.saveUninitialized, 'saveUninitialized')
  checkUnset(options.unset)
  const secrets = toSecrets(options.secret)
  const store = options.store ? toClassicStore(options.store) : new MemoryStore()
  checkSlips(options, store)
  checkProduction(store, secrets)
  return {
    name,
    names: [...new Set([name, ...previousCookies.map((previous) => previous.name ?? name)])],
    cookieFor: toCookieFor(options.cookie || {}),
    generateId: generateId as Settings['generateId'],
    store,
    storeTouches: typeof store.touch === 'function',
    proxy: options.proxy,
    isResaved,
    isRolling: Boolean(options.rolling),
    savesUninitialized,
    destroysUnset: options.unset === 'destroy',
    secrets,
    clearsCookie: options.clearCookie ?? isKeeping(store),
    previousCookies,
  }
}

/** 24 random bytes, as 32 characters that may stand anywhere. */
function generateToken(): string {
  return randomToken(24)
}

function toCookieFor(cookie: ExpressSessionOptions['cookie'] & object): Settings['cookieFor'] {
  return typeof cookie === 'function' ? (cookie as unknown as Settings['cookieFor']) : () => cookie
}

function orDeprecated(value: boolean | undefined, name: string): boolean {
  if (value === undefined) deprecate(`undefined ${name} option; provide ${name} option`)
  return value ?? true
}

function checkUnset(unset: unknown): void {
  if (unset && unset !== 'destroy' && unset !== 'keep') {
    throw new TypeError('unset option must be "destroy" or "keep"')
  }
}

function toSecrets(secret: ExpressSessionOptions['secret']): readonly CookieSecret[] | undefined {
  if (Array.isArray(secret)) {
    if (secret.length === 0) {
      throw new TypeError('secret option array must contain one or more strings')
    }
    return secret
  }
  if (!secret) {
    deprecate('req.secret; provide secret option')
    return undefined
  }
  return [secret as CookieSecret]
}

function checkProduction(store: ClassicStore, secrets: readonly CookieSecret[] | undefined): void {
  if (process.env['NODE_ENV'] !== 'production') return
  if (store instanceof MemoryStore) warnOfMemory()
  if (secrets?.[0] !== undefined) checkSigningSecret(secrets[0], isKeeping(store))
}

function warnOfMemory(): void {
  // eslint-disable-next-line no-console -- where express-session says it, and where its users look
  console.warn(MEMORY_WARNING)
}
