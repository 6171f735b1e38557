import type { Config, RedisConfig } from './config.js'
import { durationText } from './duration.js'

/** Lines for start-up that say what was decided. None of them holds a secret. */
export function describeConfig(config: Config): readonly string[] {
  const { session, secrets } = config
  const lines = [
    `mode: ${config.mode}`,
    `address: ${config.server.publicUrl}${listening(config)}`,
    `sessions: ${config.redis === undefined ? `embedded, in ${config.dataDir}` : redisText(config.redis)}`,
    `accounts: ${accountsText(config)}`,
    `lifetimes: idle ${durationText(session.idle)}, absolute ${durationText(session.absolute)}, ` +
      `at most ${String(session.maxPerUser)} sessions a person`,
  ]
  if (secrets.development !== undefined) {
    const verb = secrets.development.isNew ? 'created' : 'taken from'
    lines.push(`secrets: development secrets ${verb} ${secrets.development.file}`)
  }
  return [...lines, ...config.warnings.map(({ code, message }) => `warning: ${code}: ${message}`)]
}

function listening({ server }: Config): string {
  const host = server.host ?? 'every address'
  const scheme = server.https === undefined ? 'http' : 'https'
  return ` (listening for ${scheme} on ${host}, port ${String(server.port)})`
}

function redisText(redis: RedisConfig): string {
  const nodes = redis.nodes.map((node) => `${node.host}:${String(node.port)}`).join(', ')
  const kind = redis.topology === 'single' ? 'Redis' : `Redis ${redis.topology}`
  return `${kind} at ${nodes}, ${redis.isTls ? 'with TLS' : 'without TLS'}, keys ${redis.keyPrefix}*`
}

function accountsText({ database }: Config): string {
  if (database.kind === 'sqlite') return `SQLite in ${database.file}`
  const url = new URL(database.url.reveal())
  return `PostgreSQL at ${url.host}${url.pathname}`
}
