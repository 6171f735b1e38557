/**
 * Loaded before an example: its passwords are derived with a sixty-fourth of the work. What they cost is a figure of
 * OWASP's and no matter of these tests, which hash some hundred.
 */
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

const { scrypt, scryptSync } = crypto
/** @param {any} options */
const cheap = (options) => ({ ...options, N: options.N / 64 })
Object.assign(crypto, {
  /** @param {[any, any, number, any, any]} call */
  scrypt: (...[password, salt, length, options, done]) =>
    scrypt(password, salt, length, cheap(options), done),
  /** @param {[any, any, number, any]} call */
  scryptSync: (...[password, salt, length, options]) =>
    scryptSync(password, salt, length, cheap(options)),
})
syncBuiltinESMExports()

/** For who loads this into a process of many tests. */
export function costAsEver() {
  Object.assign(crypto, { scrypt, scryptSync })
  syncBuiltinESMExports()
}
