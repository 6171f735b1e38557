/**
 * How old the secrets in use are (ASVS 13.3.4). A secret does not say when it was made, so the store remembers when each was first
 * seen, under a digest that only the secret itself can make. A signing key that the ring made knows its own age.
 */
import { createHmac } from 'node:crypto'
import type { Store } from 'sojourn'
import { declareGauge, showFrom, type Metrics } from 'sojourn/telemetry'
import type { Config } from './config/config.js'
import type { Logger } from './log/index.js'
import { OWN_SERIES } from './metrics/index.js'
import { openKeyRing } from './open-key-ring.js'

const DOCUMENT = 'secret-ages'
const DAY = 86_400_000
/** A secret is due after a year. Rotation takes a new one in front of the list, and nobody is signed out. */
export const MOST_AGE: number = 365 * DAY
const TRIES = 3

type Documents = Pick<Store, 'readDocument' | 'writeDocument'>

/** Secrets whose age is known. */
export type SecretName = 'SESSION_SECRET' | 'REFRESH_SECRET' | 'JWT_SECRET'

/** What the ages are made from. */
export interface SecretSources {
  readonly config: Config
  readonly documents: Documents
  readonly now: () => number
}

/** What watches them. */
export interface SecretAgesParts extends SecretSources {
  readonly metrics: Metrics
  readonly log: Logger
}

/** Looks once, and then every day; shows the ages and warns of what is due. The answer stops it. */
export function watchSecretAges(parts: SecretAgesParts): () => void {
  showFrom(parts.metrics, OWN_SERIES.secretAgeLimit, () => MOST_AGE / 1_000)
  const look = (): void => {
    lookAtSecrets(parts).catch((error: unknown) => {
      // The store is away, or full: others say so.
      parts.log.debug(
        { event: 'secret.unknown', err: error },
        'Ages of secrets cannot be looked up',
      )
    })
  }
  look()
  const timer = setInterval(look, DAY).unref()
  return () => {
    clearInterval(timer)
  }
}

/** One look. Throws where the store does not answer. */
export async function lookAtSecrets(parts: SecretAgesParts): Promise<void> {
  const { metrics, log, now } = parts
  for (const [secret, since] of await firstSeen(parts)) {
    declareGauge(metrics, OWN_SERIES.secretAge)
      .series({ secret })
      .readFrom(() => Math.round((now() - since) / 1_000))
    const days = Math.floor((now() - since) / DAY)
    if (now() - since < MOST_AGE) continue
    const words = `${secret} is ${String(days)} days old: put a new one in front of it`
    log.warn({ event: 'secret.old', secret, days }, words)
  }
}

/** When each secret in use was first seen, in epoch milliseconds. Throws where the store does not answer. */
export async function firstSeen(sources: SecretSources): Promise<ReadonlyMap<SecretName, number>> {
  const { config, documents, now } = sources
  const kinds = new Map<SecretName, string>()
  for (const [name, own] of [
    ['SESSION_SECRET', config.secrets.session],
    ['REFRESH_SECRET', config.secrets.refresh],
  ] as const) {
    const text = own[0]?.reveal()
    if (text !== undefined) kinds.set(name, digest(text))
  }
  const ring = openKeyRing(config, documents)
  await ring.ready()
  const signer = ring.describe(now()).find(({ isSigning }) => isSigning)
  if (signer !== undefined) kinds.set('JWT_SECRET', signer.kid)
  const seen = await remember(documents, [...kinds.values()], now())
  const ages = new Map([...kinds].map(([name, key]) => [name, seen[key] ?? now()]))
  if (signer?.createdAt !== undefined) ages.set('JWT_SECRET', signer.createdAt)
  return ages
}

function digest(secret: string): string {
  return createHmac('sha256', secret)
    .update('sojourn secret age v1')
    .digest('base64url')
    .slice(0, 22)
}

/** Others that are remembered too: another process may have them still, or already. */
const MOST_OTHERS = 50

/** When each of `keys` was first seen; those that are new now are seen now. */
async function remember(
  documents: Documents,
  keys: readonly string[],
  now: number,
): Promise<Readonly<Record<string, number>>> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const document = await documents.readDocument(DOCUMENT)
    const known = read(document?.text)
    const seen = Object.fromEntries(keys.map((key) => [key, known.get(key) ?? now]))
    if (keys.every((key) => known.has(key))) return seen
    const written = await documents.writeDocument(
      DOCUMENT,
      JSON.stringify({ ...Object.fromEntries([...known].slice(-MOST_OTHERS)), ...seen }),
      document?.revision ?? 0,
    )
    if (written !== undefined) return seen
  }
  throw new Error('another process writes the ages at every attempt')
}

function read(text: string | undefined): ReadonlyMap<string, number> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    if (typeof value !== 'object' || value === null) return new Map()
    return new Map(
      Object.entries(value).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
    )
  } catch {
    return new Map()
  }
}
