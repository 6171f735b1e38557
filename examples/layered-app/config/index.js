/**
 * What the environment says, checked once, before anything else runs. A variable that is wrong ends the start with its name
 * and what to set; no message holds a secret.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = fileURLToPath(new URL('../.env', import.meta.url))
if (existsSync(file)) process.loadEnvFile(file)

const { env } = process
const problems = []

const mode = env.NODE_ENV || 'development'
const isProduction = mode === 'production'
// A typing error here would switch the protection of production off without a word.
if (!['production', 'development', 'test'].includes(mode)) {
  problems.push('NODE_ENV must be development or production.')
}

const port = portFrom('PORT', 3000)
const publicHost = env.PUBLIC_HOST || undefined
if (publicHost !== undefined && !/^[a-z\d.-]+(?::\d+)?$/i.test(publicHost)) {
  problems.push('PUBLIC_HOST must be a host such as app.example, without scheme and path.')
}

const sessionSecrets = secretsFrom('SESSION_SECRET')
const jwtSecrets = secretsFrom('JWT_SECRET')
if (sessionSecrets.some((secret) => jwtSecrets.includes(secret))) {
  problems.push('SESSION_SECRET and JWT_SECRET must differ: each opens a door of its own.')
}

export const config = Object.freeze({
  isProduction,
  port,
  sessionSecrets,
  jwtSecrets,
  redis: redisFrom(),
  publicHost,
  trustProxy: proxiesFrom(env.TRUST_PROXY),
  /** Who issues the tokens, as they say it. */
  issuer: publicHost === undefined ? `http://localhost:${port}` : `https://${publicHost}`,
})

if (problems.length > 0) {
  console.error(['This cannot start:', ...problems.map((text) => `- ${text}`)].join('\n'))
  process.exit(1)
}

function portFrom(name, usual) {
  const number = Number(env[name] || usual)
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number
  problems.push(`${name} must be a port number.`)
  return usual
}

/** Newest first. What cannot protect anybody is refused in production; elsewhere a random one takes its place. */
function secretsFrom(name) {
  const given = (env[name] ?? '').split(',').filter((secret) => secret !== '')
  const isSample = given.some((secret) => /^your_|^aVeryStrongSecret/i.test(secret))
  if (given.length > 0 && !isSample && given.every((secret) => secret.length >= 32)) return given
  const wanted = `${name} must be set to at least 32 random characters: openssl rand -base64 32`
  if (isProduction) problems.push(`${wanted} (the one that is set is missing, short, or a sample).`)
  else
    console.warn(`${wanted}. Until then a random one is used, and a restart signs everybody out.`)
  return [randomBytes(32).toString('base64url')]
}

function redisFrom() {
  const host = env.REDIS_HOST ?? ''
  if (host !== '' && host !== 'your_redis_host') return { host, port: portFrom('REDIS_PORT', 6379) }
  const wanted = 'REDIS_HOST (and REDIS_PORT, usually 6379) must name your Redis'
  if (isProduction) problems.push(`${wanted}.`)
  else
    console.warn(`${wanted}. Until then everything is kept in memory, and gone with this process.`)
  return undefined
}

/** A number of proxies, or their addresses. Nobody by default: whoever connects could claim to be anybody. */
function proxiesFrom(text = '') {
  if (text === '') return 0
  return /^\d+$/.test(text) ? Number(text) : text.split(',').map((address) => address.trim())
}
