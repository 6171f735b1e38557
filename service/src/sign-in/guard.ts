import { createSignInGuard, type SignInGuard } from 'sojourn'
import type { Config } from '../config/config.js'
import type { Parts } from '../parts.js'

/** The guard of every way in, by the limits of the configuration. */
export function createGuard(
  sojourn: Parts['sojourn'],
  { limits, mode, server }: Pick<Config, 'limits' | 'mode' | 'server'>,
): SignInGuard {
  const isSecure = mode === 'production' && server.isSecure
  return createSignInGuard(sojourn, {
    maxAttempts: limits.maxLoginAttempts,
    lockout: limits.lockout,
    // `whoIs` has brought all spellings and names of a person to one text already.
    normalise: (account) => account,
    deviceCookie: isSecure ? { secure: true } : {},
  })
}
