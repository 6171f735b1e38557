import { isKeeping, type ClassicStore } from './contract.js'
import type { ExpressSessionOptions } from './options.js'

/**
 * Refuses options that express-session takes and trips over later, at somebody's first request or in silence: with our own
 * stores always, with those of others in production, where it is the start that shall fail. Everywhere else they do
 * what they did.
 *
 * Throws `TypeError`, with the words of express-session where it has any.
 */
export function checkSlips(options: ExpressSessionOptions, store: ClassicStore): void {
  if (!isKeeping(store) && process.env['NODE_ENV'] !== 'production') return
  checkSecrets(options.secret)
  checkFlag('resave', options.resave)
  checkFlag('saveUninitialized', options.saveUninitialized)
  for (const verb of ['get', 'set', 'destroy', 'on'] as const) {
    if (typeof store[verb] !== 'function') throw new TypeError(`store.${verb} is not a function`)
  }
  checkMaxAge(options.cookie)
}

function checkMaxAge(cookie: ExpressSessionOptions['cookie']): void {
  const maxAge: unknown = typeof cookie === 'object' ? cookie?.maxAge : undefined
  if (maxAge && typeof maxAge !== 'number' && !(maxAge instanceof Date)) {
    throw new TypeError('maxAge must be a number or Date')
  }
}

/** What express-session takes for true: somebody wrote 'false', or read it from the environment. */
function checkFlag(name: string, value: unknown): void {
  if (typeof value === 'string') throw new TypeError(`${name} option must be a boolean`)
}

function checkSecrets(secret: unknown): void {
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret ?? '']
  secrets.forEach(checkSecret)
}

function checkSecret(secret: unknown): void {
  const isGood = typeof secret === 'string' || (typeof secret === 'object' && secret !== null)
  if (!isGood) throw new TypeError('secret option must be a string or a list of strings')
}
