import { InvalidOption } from '../errors.js'
import { toMilliseconds, type Duration } from '../system/duration.js'

/** A duration in milliseconds, or `otherwise` where none is given. Throws {@link InvalidOption}. */
export function duration(name: string, given: Duration | undefined, otherwise: number): number {
  if (given === undefined) return otherwise
  const milliseconds = toMilliseconds(given)
  if (milliseconds === undefined) {
    throw new InvalidOption(
      `option ${name}=${String(given)} is not a duration. Examples: 900 (seconds), '90s', '15m', '12h', '7d'.`,
    )
  }
  return milliseconds
}

/** A whole number within bounds. Throws {@link InvalidOption}. */
export function whole(
  name: string,
  given: number | undefined,
  otherwise: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  const value = given ?? otherwise
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    const range =
      most === Number.MAX_SAFE_INTEGER
        ? `${String(least)} or more`
        : `${String(least)} to ${String(most)}`
    throw new InvalidOption(`option ${name} must be a whole number, ${range}.`)
  }
  return value
}

/** Secrets as a list, each at least 32 bytes. Throws {@link InvalidOption}. */
export function checkSecrets(name: string, given: unknown): readonly string[] {
  const secrets: unknown[] = Array.isArray(given) ? given : [given]
  if (secrets.length === 0 || !secrets.every(isFilledText)) {
    throw new InvalidOption(`option ${name} must be a non-empty string or list of strings.`)
  }
  const short = secrets.find((secret) => Buffer.byteLength(secret) < 32)
  if (short !== undefined) {
    const bytes = String(Buffer.byteLength(short))
    throw new InvalidOption(`option ${name}: one has ${bytes} bytes; 32 or more are required.`)
  }
  return secrets
}

function isFilledText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
