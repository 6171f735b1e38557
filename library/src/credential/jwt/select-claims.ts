import { InvalidOption, SojournError } from '../../errors.js'
import { REGISTERED_CLAIMS } from './read-claims.js'
import { looksSecret, secretNameIn } from './secret-name.js'
import { readStrictJson } from './strict-json.js'

/** Registered with IANA for something that nobody should take for what the application means. */
const RESERVED = new Set(
  'azp nonce at_hash c_hash s_hash may_act typ alg kid crit jwk jku x5u x5c enc zip htm htu ath events txn roles_hash __proto__ constructor prototype'.split(
    ' ',
  ),
)
const NAME = /^[A-Za-z][\w.:/-]{0,63}$/
const MAX_NAMES = 64
const DEFAULT_MAX_BYTES = 1024

const encoder = new TextEncoder()
const checked = new WeakSet<readonly string[]>()

/**
 * Checks the list of claims that an application may put into tokens. Call it when the application is set up.
 *
 * @throws {InvalidOption} for a name that is no name, that only this library writes, or that looks like a secret
 */
export function checkAllowedClaims(allowed: readonly string[]): void {
  if (!Array.isArray(allowed) || allowed.length > MAX_NAMES) {
    throw new InvalidOption(`allowed claims must be a list of at most ${MAX_NAMES} names.`)
  }
  for (const name of allowed as readonly unknown[]) {
    if (typeof name !== 'string' || !NAME.test(name)) {
      throw new InvalidOption('An allowed claim must be a name of letters, digits and _ . : / -')
    }
    if (REGISTERED_CLAIMS.has(name) || RESERVED.has(name)) {
      throw new InvalidOption(`The claim ${name} is not for the application to set.`)
    }
    if (looksSecret(name)) {
      throw new InvalidOption(`The claim ${name} looks like a secret; anybody can read a token.`)
    }
  }
}

/**
 * The claims of `source` that are allowed, as plain frozen values: what is not named does not get out. Absent and `undefined`
 * ones are left out.
 *
 * @param maxBytes the most that they may take as JSON, UTF-8
 * @throws {InvalidOption} where `allowed` is wrong, see {@link checkAllowedClaims}
 * @throws {SojournError} `ERR_TOKEN_CLAIMS`: over the size, not JSON, too deep, or a secret by its name inside a value
 */
export function selectClaims(
  source: Readonly<Record<string, unknown>>,
  allowed: readonly string[],
  maxBytes: number = DEFAULT_MAX_BYTES,
): Readonly<Record<string, unknown>> {
  if (!checked.has(allowed)) {
    checkAllowedClaims(allowed)
    if (Object.isFrozen(allowed)) checked.add(allowed)
  }
  const bytes = encoder.encode(toJson(source, allowed))
  if (bytes.length > maxBytes) {
    throw refusal(`The claims take ${bytes.length} bytes; at most ${maxBytes} may be in a token.`)
  }
  const claims = readStrictJson(bytes)?.value as Readonly<Record<string, unknown>> | undefined
  if (claims === undefined) throw refusal('The claims are nested too deeply, or no plain JSON.')
  const secret = secretNameIn(claims)
  if (secret === undefined) return claims
  throw refusal(`${secret}, inside a claim, looks like a secret; anybody can read a token.`)
}

function toJson(source: Readonly<Record<string, unknown>>, allowed: readonly string[]): string {
  const names = allowed.filter((name) => Object.hasOwn(source, name))
  try {
    return JSON.stringify(Object.fromEntries(names.map((name) => [name, source[name]])))
  } catch (cause) {
    throw refusal('A claim is something that JSON cannot keep.', cause)
  }
}

function refusal(message: string, cause?: unknown): SojournError {
  return new SojournError('ERR_TOKEN_CLAIMS', message, { cause })
}
