import type { StoreHealth } from 'sojourn'
import { answer, type Finding } from '../finding.js'
import { knownHoles } from './advisories.js'

/** What is known of a Redis, and how it is to be judged. */
export interface StoreCase {
  readonly details: StoreHealth['details']
  readonly isEvictionAllowed: boolean
  readonly isProduction: boolean
  /** This host's clock when the answer came, in epoch milliseconds. */
  readonly now: number
}

/** Two clocks that differ by more make instants in logs and tokens wrong. */
const MOST_SKEW = 60_000
/** With less than this share of the memory free, the next rush of sign-ins fails. */
const LEAST_HEADROOM = 0.15
const NOT_TOLD = 'INFO tells nothing of it: the user has no right to it (+info), or it is not Redis'

/**
 * What INFO says of the server, judged. Start-up refuses in production what fails here (rows env-18, env-19 and
 * env-34 of the bad inputs), and the doctor prints all of it.
 */
export function judgeStore(given: StoreCase): readonly Finding[] {
  return [
    judgeEviction(given),
    judgeDurability(given),
    judgeHeadroom(given),
    judgeEvicted(given),
    judgeSkew(given),
    judgeVersion(given),
    judgeClients(given),
  ]
}

function judgeEviction({ details, isEvictionAllowed, isProduction }: StoreCase): Finding {
  const say = answer({
    id: 'store.eviction',
    group: 'store',
    asvs: ['13.1.2'],
    box: 'redis',
    title: 'Redis keeps every session until its time is over',
  })
  const policy = details['evictionPolicy']
  if (policy === undefined) return say.skipped(NOT_TOLD)
  const seen = `maxmemory-policy ${String(policy)}`
  if (!/^(?:allkeys|volatile)-/.test(String(policy))) return say.pass(seen)
  // What is nearest its end goes first: people are signed out, and nobody comes back. Good enough outside production.
  if (policy === 'volatile-ttl' && !isProduction) return say.pass(seen)
  // All our keys have a time to live, so the other volatile policies take them as well.
  const words = `Redis may evict sessions (${seen}).`
  const fix = 'Use noeviction, or set STORE_ALLOW_EVICTION=1.'
  return isProduction && !isEvictionAllowed ? say.fail(words, fix) : say.warn(words, fix)
}

function judgeDurability({ details }: StoreCase): Finding {
  const say = answer({
    id: 'store.durability',
    group: 'store',
    asvs: ['7.4.1'],
    box: 'redis',
    title: 'What was ended stays ended after a crash of Redis',
  })
  const { appendOnly, replicas } = details
  if (appendOnly === undefined) return say.skipped(NOT_TOLD)
  if (appendOnly === 1) return say.pass('it keeps an AOF')
  if (details['role'] === 'slave') return say.pass('it is a replica, and a copy by itself')
  if (Number(replicas) > 0) return say.pass(`no AOF, but ${String(replicas)} replicas`)
  return say.warn(
    'Redis keeps no AOF: a crash can bring revoked sessions back.',
    'Set appendonly yes, or run a replica.',
  )
}

function judgeHeadroom({ details }: StoreCase): Finding {
  const say = answer({
    id: 'store.memory',
    group: 'store',
    asvs: ['13.1.2'],
    box: 'redis',
    title: 'There is memory left for more sessions',
  })
  const [used, limit] = [Number(details['memoryUsed']), Number(details['memoryLimit'])]
  if (Number.isNaN(used) || Number.isNaN(limit)) return say.skipped(NOT_TOLD)
  const amount = `${megabytes(used)} of memory in use`
  if (limit === 0) {
    return say.warn(
      `${amount}, and no maxmemory: when the machine has none left, the kernel ends Redis.`,
      'Set maxmemory to what the machine can spare.',
    )
  }
  const seen = `${amount} of ${megabytes(limit)}`
  if (1 - used / limit >= LEAST_HEADROOM) return say.pass(seen)
  const percent = `${String(Math.round((used / limit) * 100))} %`
  return say.warn(`${seen} (${percent}).`, 'Raise maxmemory: a full Redis starts no sessions.')
}

function judgeEvicted({ details }: StoreCase): Finding {
  const say = answer({
    id: 'store.evicted',
    group: 'store',
    asvs: [],
    title: 'Redis has thrown nothing away',
  })
  const evicted = details['evictedKeys']
  if (evicted === undefined) return say.skipped(NOT_TOLD)
  if (evicted === 0) return say.pass('evicted_keys 0')
  return say.warn(
    `evicted_keys ${String(evicted)} since it started: people were signed out, or revocations forgotten.`,
    'Use maxmemory-policy noeviction and more memory.',
  )
}

function judgeSkew({ details, now }: StoreCase): Finding {
  const say = answer({
    id: 'store.clock',
    group: 'store',
    asvs: ['16.2.2'],
    title: "This host's clock and that of Redis agree",
  })
  const time = Number(details['time'])
  if (Number.isNaN(time)) return say.skipped(NOT_TOLD)
  const seconds = Math.round(Math.abs(now - time) / 1_000)
  if (Math.abs(now - time) <= MOST_SKEW) return say.pass(`they differ by ${String(seconds)} s`)
  return say.warn(
    `This host's clock differs from Redis by ${String(seconds)} s.`,
    'Let NTP set both clocks.',
  )
}

function judgeVersion({ details }: StoreCase): Finding {
  const say = answer({
    id: 'store.version',
    group: 'store',
    asvs: ['15.2.1'],
    box: 'redis',
    title: 'The server has no hole that is known',
  })
  const { version, valkeyVersion } = details
  if (version === undefined) return say.skipped(NOT_TOLD)
  const kind = valkeyVersion === undefined ? 'redis' : 'valkey'
  const release = String(valkeyVersion ?? version)
  const holes = knownHoles(kind, release)
  if (holes.length === 0) return say.pass(`${kind} ${release}`)
  return say.warn(
    `${kind} ${release} is affected by ${holes.join(' and ')}.`,
    'Update it, or make sure that your distribution has closed the hole in this version.',
  )
}

function judgeClients({ details }: StoreCase): Finding {
  const say = answer({
    id: 'store.clients',
    group: 'store',
    asvs: ['13.1.2'],
    title: 'There is room for more connections',
  })
  const [clients, limit] = [Number(details['clients']), Number(details['clientLimit'])]
  if (Number.isNaN(clients) || Number.isNaN(limit)) return say.skipped(NOT_TOLD)
  const seen = `${String(clients)} of ${String(limit)} connections in use`
  if (clients < limit * 0.8) return say.pass(seen)
  return say.warn(`${seen}.`, 'Raise maxclients, or find out who holds so many.')
}

function megabytes(bytes: number): string {
  return `${String(Math.round(bytes / 1_048_576))} MB`
}
