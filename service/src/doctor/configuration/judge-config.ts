import { POLICIES } from 'sojourn/policies'
import type { Config } from '../../config/config.js'
import { durationText } from '../../config/duration.js'
import { answer, type Finding } from '../finding.js'
import { judgeSecrets } from './judge-secrets.js'

type Judge = (config: Config) => Finding

/** What the configuration says by itself. It was read before: what is refused at start never comes here. */
export function judgeConfig(config: Config): readonly Finding[] {
  return [...judgeSecrets(config), ...JUDGES.map((judge) => judge(config))]
}

const judgeMode: Judge = ({ mode, warnings }) => {
  const say = answer({
    id: 'config.mode',
    group: 'configuration',
    asvs: ['13.4.2'],
    title: 'Production rules hold, and nothing looks like a slip',
  })
  const odd = warnings.find(({ code }) => code === 'CONFIG_UNKNOWN')
  if (odd !== undefined) return say.warn(odd.message, 'Correct the name, or take it out.')
  if (mode === 'production') return say.pass('NODE_ENV=production')
  return say.warn(`the rules of ${mode} hold.`, 'Set NODE_ENV=production.')
}

const judgeHttps: Judge = ({ server }) => {
  const say = answer({
    id: 'config.https',
    group: 'configuration',
    asvs: ['12.2.1'],
    title: 'People come by https',
  })
  const by = server.https === undefined ? 'a proxy in front' : 'the service itself'
  if (server.isSecure) return say.pass(`${server.publicUrl}, TLS by ${by}`)
  return say.warn(`PUBLIC_URL is ${server.publicUrl}.`, 'Set PUBLIC_URL to the https address.')
}

const judgeProxy: Judge = ({ server }) => {
  const say = answer({
    id: 'config.proxy',
    group: 'configuration',
    asvs: ['4.1.3'],
    title: 'Forwarded headers are believed from your proxies alone',
  })
  const { trustProxy, https, isSecure } = server
  if (trustProxy === undefined) {
    return https === undefined && isSecure
      ? say.warn(
          'no proxy is trusted, and nobody else ends TLS.',
          'Set TRUST_PROXY to the number or the addresses of your proxies.',
        )
      : say.pass('nobody is trusted')
  }
  const who = typeof trustProxy === 'number' ? `${String(trustProxy)} hops` : trustProxy.join(', ')
  return say.pass(`TRUST_PROXY: ${who}`)
}

const judgeRedis: Judge = ({ redis, mode }) => {
  const say = answer({
    id: 'config.redis',
    group: 'configuration',
    asvs: ['12.3.1', '13.2.3'],
    box: 'redis',
    title: 'Redis asks for a password, and the way there is encrypted',
  })
  if (redis === undefined) return say.skipped('no Redis: sessions rest in DATA_DIR')
  const isLocal = redis.nodes.every(({ host }) => /^(?:localhost|127\.|::1)/.test(host))
  const seen = `${redis.isTls ? 'TLS' : 'no TLS'}, ${redis.password === undefined ? 'no password' : 'a password'}`
  const fix = 'Use rediss:// with a user and a password.'
  if (redis.isTls && redis.password !== undefined) return say.pass(seen)
  if (isLocal && mode !== 'production') return say.pass(`${seen}, on this machine`)
  return isLocal || redis.isTls ? say.warn(`${seen}.`, fix) : say.fail(`${seen}.`, fix)
}

const judgeCors: Judge = ({ server, mode }) => {
  const say = answer({
    id: 'config.cors',
    group: 'configuration',
    asvs: ['3.4.2'],
    box: 'cors',
    title: 'Other origins that may call are named, and https',
  })
  const plain = server.corsOrigins.find((origin) => origin.startsWith('http:'))
  if (plain !== undefined && mode === 'production') {
    return say.warn(`CORS_ORIGIN lists ${plain}, which anybody on the way can be.`, 'Use https.')
  }
  const { length } = server.corsOrigins
  return say.pass(length === 0 ? 'none: pages of this origin alone' : server.corsOrigins.join(', '))
}

const judgeLimits: Judge = ({ limits }) => {
  const say = answer({
    id: 'config.limits',
    group: 'configuration',
    asvs: ['6.3.1'],
    box: 'limits',
    title: 'Passwords cannot be tried out',
  })
  const lockout = durationText(limits.lockout)
  const seen = `${String(limits.maxLoginAttempts)} attempts, then ${lockout}`
  // NIST SP 800-63B-4 section 3.2.2: no more than 100 failed attempts in a row.
  if (limits.maxLoginAttempts > 100) {
    return say.fail(`${seen}.`, 'Set MAX_LOGIN_ATTEMPTS to 10 or less.')
  }
  const isLax = limits.maxLoginAttempts > 10 || limits.lockout < 60
  return isLax
    ? say.warn(`${seen}.`, 'Set MAX_LOGIN_ATTEMPTS to 10 or less, and LOCKOUT_TIME to 60 or more.')
    : say.pass(seen)
}

const judgeLifetimes: Judge = ({ session }) => {
  const say = answer({
    id: 'config.lifetimes',
    group: 'configuration',
    asvs: ['7.1.1', '7.3.1', '7.3.2'],
    box: 'cookies',
    title: 'Sessions end by a written policy',
  })
  const times = `idle ${durationText(session.idle)}, absolute ${durationText(session.absolute)}`
  if (session.policy !== undefined) return say.pass(`${times} under ${session.policy}`)
  const { idle, absolute } = POLICIES['asvs-l2']
  const fits = session.idle * 1_000 <= idle.most && session.absolute * 1_000 <= absolute.most
  return fits
    ? say.pass(`${times}: no policy is set, and asvs-l2 would allow it`)
    : say.warn(`${times}, which asvs-l2 does not allow.`, 'Set SESSION_POLICY, and what it allows.')
}

const judgeCookie: Judge = ({ cookie, server }) => {
  const say = answer({
    id: 'config.cookie',
    group: 'configuration',
    asvs: ['3.3.1', '3.3.2', '3.3.3', '3.5.4'],
    box: 'cookies',
    title: 'The session cookie is for this host alone',
  })
  if (cookie.domain !== undefined) {
    const seen = `COOKIE_DOMAIN=${cookie.domain}: every subdomain gets the cookie, and can set one.`
    return say.warn(seen, 'Leave COOKIE_DOMAIN out.')
  }
  if (cookie.sameSite === 'none') {
    return say.warn('COOKIE_SAMESITE=none: other sites send it along.', 'Use lax or strict.')
  }
  const name = cookie.name ?? (server.isSecure ? '__Host-sid-…' : 'sid-…')
  return say.pass(`${name}, SameSite=${cookie.sameSite}, no Domain`)
}

const judgeMonitoring: Judge = ({ operation, mode }) => {
  const say = answer({
    id: 'config.monitoring',
    group: 'configuration',
    asvs: ['13.4.5', '16.3.1'],
    box: 'monitoring',
    title: 'Somebody can watch: a log, and metrics that are not open to all',
  })
  if (operation.logLevel === 'silent' || operation.logLevel === 'fatal') {
    return say.fail(`LOG_LEVEL=${operation.logLevel}: no sign-in is logged.`, 'Set LOG_LEVEL=info.')
  }
  const { metricsPort, metricsToken } = operation
  if (metricsPort !== undefined) return say.pass(`metrics on port ${String(metricsPort)}`)
  if (metricsToken !== undefined) return say.pass('metrics by token')
  return mode === 'production'
    ? say.warn('nobody can read /metrics.', 'Set METRICS_TOKEN or METRICS_PORT.')
    : say.pass('metrics are open outside production')
}

const MOST_FORGIVING = 3_600

const judgeRefresh: Judge = ({ tokens }) => {
  const say = answer({
    id: 'config.refresh',
    group: 'configuration',
    asvs: ['10.4.5', '10.4.8'],
    box: 'refresh',
    title: 'Refresh tokens are exchanged each time, and end',
  })
  const { refreshLifetime, refreshGrace, refreshForgive } = tokens
  const seen = `rotation always, at most ${durationText(refreshLifetime)}, grace ${durationText(refreshGrace)}`
  if (refreshForgive > MOST_FORGIVING) {
    const forgives = `a copy is forgiven for ${durationText(refreshForgive)}`
    return say.warn(`${seen}; ${forgives}.`, 'Leave REFRESH_FORGIVE out, or set an hour at most.')
  }
  return say.pass(seen)
}

const judgeTokens: Judge = ({ tokens }) => {
  const say = answer({
    id: 'config.tokens',
    group: 'configuration',
    asvs: ['9.1.2', '11.2.3'],
    title: 'Who verifies access tokens cannot make them',
  })
  const algorithms = [...new Set(tokens.keys.map(({ algorithm }) => algorithm))].join(', ')
  return algorithms === 'HS256'
    ? say.warn('HS256: whoever verifies can sign.', 'Use an Ed25519 key in JWT_SECRET.')
    : say.pass(algorithms)
}

const judgeSignOut: Judge = ({ session }) => {
  const say = answer({
    id: 'config.sign-out',
    group: 'configuration',
    asvs: ['7.4.1'],
    box: 'sign-out',
    title: 'A sign-out counts everywhere at once',
  })
  const bound = `${String(session.cacheStaleness)} ms`
  return session.cacheStaleness > 1_000
    ? say.warn(`other processes may miss it for ${bound}.`, 'Set SESSION_CACHE_STALENESS=500.')
    : say.pass(
        `POST /logout ends the session and all its tokens; other processes know within ${bound}`,
      )
}

const JUDGES: readonly Judge[] = [
  judgeMode,
  judgeHttps,
  judgeProxy,
  judgeRedis,
  judgeCors,
  judgeLimits,
  judgeLifetimes,
  judgeCookie,
  judgeMonitoring,
  judgeRefresh,
  judgeTokens,
  judgeSignOut,
]
