/**
 * Watches over sessions as `ANOMALY` and the fingerprinting variables say. By default it only writes lines to the log.
 */
import type { Request, RequestHandler } from 'express'
import type { AnomalyOptions } from 'sojourn'
import type { Config } from './config/config.js'
import type { Parts } from './parts.js'

const ANSWERS: Readonly<
  Record<Exclude<Config['limits']['anomaly'], 'off'>, NonNullable<AnomalyOptions['answers']>>
> = {
  observe: { low: 'observe', medium: 'observe', high: 'observe' },
  'step-up': { low: 'observe', medium: 'step-up', high: 'step-up' },
  revoke: { low: 'observe', medium: 'step-up', high: 'revoke' },
}

/** What the configuration asks for; `undefined`: nothing is watched. */
export function watchOptions({
  limits,
  tokens,
}: Pick<Config, 'limits' | 'tokens'>): AnomalyOptions | undefined {
  const { isFingerprinted, isFingerprintStrict } = tokens
  const binding = isFingerprinted && isFingerprintStrict ? 'agent' : 'none'
  if (limits.anomaly === 'off') {
    return binding === 'none' ? undefined : { binding, weights: NOTHING }
  }
  return {
    answers: ANSWERS[limits.anomaly],
    binding,
    ...(isFingerprinted ? {} : { weights: { agent_changed: 0, client_hints: 0 } }),
  }
}

/** Only the binding counts. */
const NOTHING: NonNullable<AnomalyOptions['weights']> = {
  network_changed: 0,
  agent_changed: 0,
  client_hints: 0,
  unusual_hour: 0,
  alternating_networks: 0,
  impossible_travel: 0,
  refresh_replay: 0,
  failed_attempts: 0,
}

/** Documents that are the same for everybody and may be kept on the way: whose session came along is not asked. */
const FOR_EVERYBODY = /^\/(?:assets|\.well-known)\//

/** The step of the application. */
export function watchSessions({ config, web }: Parts): RequestHandler {
  const options = watchOptions(config)
  const watch = options === undefined ? undefined : web.watch(options)
  return (request, response, next) => {
    if (watch === undefined || FOR_EVERYBODY.test(request.path) || isByToken(request)) next()
    else watch(request, response, next)
  }
}

/** Programs come to the console with ADMIN_TOKEN, which is no credential of a session and not to be taken for a bad one. */
function isByToken({ path, headers }: Request): boolean {
  return /^\/admin(?:\/|$)/.test(path) && /^bearer +[^. ]+$/i.test(headers.authorization ?? '')
}
