/** The environment, checked: the program starts with settings that are safe together, or says why not. */
import { problemsOf, secretsIn } from './secrets.mjs'

/** Throws an error that names everything that is wrong, and no secret. */
export function readSettings(environment) {
  const { NODE_ENV, PORT = '3000', PUBLIC_URL, TRUST_PROXY, COOKIE_DOMAIN } = environment
  const isProduction = NODE_ENV === 'production'
  const problems = problemsOf(environment)
  if (isProduction && !/^https:\/\/[^/]+\/?$/.test(PUBLIC_URL ?? '')) {
    problems.push('PUBLIC_URL must be the https address of this application in production')
  }
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return {
    isProduction,
    port: Number(PORT),
    origin: new URL(PUBLIC_URL ?? `http://localhost:${PORT}`).origin,
    trustProxy: TRUST_PROXY === undefined ? 0 : Number(TRUST_PROXY),
    cookieDomain: COOKIE_DOMAIN,
    secrets: {
      jwt: secretsIn(environment, 'JWT_SECRET'),
      refresh: secretsIn(environment, 'REFRESH_SECRET'),
      session: secretsIn(environment, 'SESSION_SECRET'),
    },
    warnings: warningsAbout(environment),
  }
}

/** A Domain is seldom needed and never free, so whoever sets one says which hosts it is for. */
function warningsAbout({ COOKIE_DOMAIN, COOKIE_DOMAIN_FOR = '' }) {
  if (COOKIE_DOMAIN === undefined) return []
  const parent = COOKIE_DOMAIN.replace(/^\.?/, '.')
  const hosts = COOKIE_DOMAIN_FOR.split(',').filter((host) => `.${host.trim()}`.endsWith(parent))
  if (new Set(hosts).size > 1) return []
  return [
    `COOKIE_DOMAIN=${COOKIE_DOMAIN} sends the session cookie to every subdomain, lets each of them replace it, and ` +
      'rules out the __Host- prefix. Leave it away, or name the hosts that need it in COOKIE_DOMAIN_FOR.',
  ]
}
