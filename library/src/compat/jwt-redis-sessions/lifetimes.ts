import { toSeconds } from './timespan.js'
import type { Config } from './types.js'

/** How long a refresh token lives, seconds, at least one. */
export function refreshSeconds({ jwt }: Config): number {
  return Math.max(toSeconds(jwt.refreshTokenExpiry) ?? 0, 1)
}

/** When something expires that is issued at `issuedAt`; both epoch seconds. Throws where the configured span is none. */
export function expiryAfter(issuedAt: number, span: string | number): number {
  const words = '"expiresIn" should be a number of seconds or string representing a timespan'
  if (typeof span === 'number' && !Number.isInteger(span)) throw new Error(words)
  const seconds = toSeconds(span)
  if (seconds === undefined) throw new Error(`${words} eg: "1d", "20h", 60`)
  return Math.floor(issuedAt + seconds)
}

/** Throws where no tokens could be issued, before anything is written that nobody would hear of. */
export function assertExpiries({ jwt }: Config): void {
  expiryAfter(0, jwt.accessTokenExpiry)
  expiryAfter(0, jwt.refreshTokenExpiry)
}
