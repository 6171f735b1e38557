import type { Config } from '../../config/config.js'
import { estimateBits } from '../../config/entropy.js'
import type { Secret } from '../../config/secret.js'
import { answer, type Check, type Finding } from '../finding.js'

const about = { group: 'configuration', box: 'secret' } as const

const STRENGTH: Check = {
  ...about,
  id: 'config.secret.strength',
  asvs: ['11.2.3', '13.2.3'],
  title: 'Secrets are long and cannot be guessed',
}
const OWN: Check = {
  ...about,
  id: 'config.secret.reuse',
  asvs: ['13.2.3'],
  title: 'Each secret has one purpose and one environment',
}

/** Length, entropy and reuse of every secret, never a character of one. What is too bad does not even start. */
export function judgeSecrets(config: Config): readonly Finding[] {
  const kinds = kindsOf(config)
  return [judgeStrength(kinds), judgeReuse(config, kinds)]
}

type Kind = readonly [name: string, secrets: readonly Secret[]]

function kindsOf({ secrets, tokens, operation }: Config): readonly Kind[] {
  const shared = tokens.keys.filter(({ algorithm }) => algorithm === 'HS256')
  const kinds: readonly Kind[] = [
    ['SESSION_SECRET', secrets.session],
    ['JWT_SECRET', shared.map(({ secret }) => secret)],
    ['REFRESH_SECRET', secrets.refresh],
    ['METRICS_TOKEN', operation.metricsToken === undefined ? [] : [operation.metricsToken]],
    ['ADMIN_TOKEN', operation.adminToken === undefined ? [] : [operation.adminToken]],
    ...[...tokens.clients].map(([id, own]): Kind => [`OAUTH_CLIENTS ${id}`, own]),
  ]
  return kinds.filter(([, own]) => own.length > 0)
}

function judgeStrength(kinds: readonly Kind[]): Finding {
  const texts = kinds.map(([name, secrets]) => {
    const sizes = secrets.map((secret) => {
      const text = secret.reveal()
      return `${String(Buffer.byteLength(text))} bytes, about ${String(estimateBits(text))} bits`
    })
    return `${name}: ${sizes.join('; ')}`
  })
  // Fewer than 32 bytes or 128 bits were refused when the configuration was read.
  return answer(STRENGTH).pass(texts.join('. '))
}

function judgeReuse({ secrets, mode }: Config, kinds: readonly Kind[]): Finding {
  const say = answer(OWN)
  const owners = new Map<string, string>()
  for (const [name, own] of kinds) {
    for (const text of new Set(own.map((secret) => secret.reveal()))) {
      const owner = owners.get(text)
      if (owner !== undefined) return say.fail(`${name} equals ${owner}.`, 'Use two secrets.')
      owners.set(text, name)
    }
  }
  if (secrets.development === undefined)
    return say.pass(`${String(owners.size)} secrets, no two alike`)
  const seen = `development secrets from ${secrets.development.file} are in use (${mode}).`
  return say.warn(seen, 'Give production its own: sojourn secret --env SESSION_SECRET.')
}
