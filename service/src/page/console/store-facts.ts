import type { StoreServer } from '../../console/index.js'
import { texts } from '../texts.js'
import { durationWords, relativeTime } from '../time.js'
import { numberWords, sizeWords } from './numbers.js'

const words = texts.console.store
const { facts } = words

type Details = StoreServer['details']
/** What a fact is called, and how it is told. `undefined`: nothing is known of it. */
type Fact = readonly [name: string, value: (details: Details, now: number) => string | undefined]

/** What one server told of itself, in plain words; only what it did tell. */
export function serverFacts(
  { role, details }: StoreServer,
  now: number,
): readonly (readonly [string, string])[] {
  const known = role === 'embedded' ? OF_FILE : OF_REDIS
  return known.flatMap(([name, tell]) => {
    const value = tell(details, now)
    return value === undefined ? [] : [[name, value] as const]
  })
}

const OF_REDIS: readonly Fact[] = [
  [facts.version, versionOf],
  [facts.uptime, withNumber('uptimeSeconds', (seconds) => durationWords(seconds * 1_000))],
  [facts.memory, memoryOf],
  [facts.full, policyOf],
  [facts.log, logOf],
  [facts.snapshot, snapshotOf],
  [facts.replicas, replicasOf],
  [facts.clients, clientsOf],
  [facts.load, withNumber('opsPerSecond', words.perSecond)],
  [facts.keys, withNumber('keys', (keys) => numberWords(keys, 'count'))],
  [facts.evicted, withNumber('evictedKeys', (keys) => numberWords(keys, 'count'))],
]

const OF_FILE: readonly Fact[] = [
  [facts.version, (details) => textIn(details, 'version')],
  [facts.size, withNumber('fileBytes', sizeWords)],
  [facts.walSize, withNumber('logBytes', sizeWords)],
  [facts.journalMode, (details) => textIn(details, 'journalMode')],
  [facts.writable, (details) => yesOrNo(details['isWritable'])],
  [facts.busy, withNumber('busy', (times) => numberWords(times, 'count'))],
]

function withNumber(name: string, tell: (value: number) => string): Fact[1] {
  return (details) => {
    const value = numberIn(details, name)
    return value === undefined ? undefined : tell(value)
  }
}

function versionOf(details: Details): string | undefined {
  const valkey = textIn(details, 'valkeyVersion')
  return valkey === undefined ? textIn(details, 'version') : `Valkey ${valkey}`
}

function memoryOf(details: Details): string | undefined {
  const used = numberIn(details, 'memoryUsed')
  if (used === undefined) return undefined
  const limit = numberIn(details, 'memoryLimit') ?? 0
  if (limit === 0) return words.memoryUnlimited(sizeWords(used))
  return words.memory(sizeWords(used), sizeWords(limit), numberWords(used / limit, 'share'))
}

function policyOf(details: Details): string | undefined {
  const policy = textIn(details, 'evictionPolicy')
  if (policy === undefined) return undefined
  return policy === 'noeviction' ? words.refusesWhenFull : words.evictsWhenFull(policy)
}

function logOf(details: Details): string | undefined {
  const isOn = numberIn(details, 'appendOnly')
  if (isOn === undefined) return undefined
  if (isOn === 0) return words.logOff
  if (textIn(details, 'appendOnlyWrite') === 'err') return words.logBroken
  const flushing = textIn(details, 'appendFsync') ?? ''
  return words.logOn(wordFor(words.flushing, flushing) ?? '')
}

function snapshotOf(details: Details, now: number): string | undefined {
  const at = numberIn(details, 'lastSaveAt')
  if (at === undefined) return undefined
  const when = relativeTime(at * 1_000, now)
  const changes = numberWords(numberIn(details, 'changesSinceSave') ?? 0, 'count')
  return textIn(details, 'saveStatus') === 'err'
    ? words.snapshotBroken(when)
    : words.snapshot(when, changes)
}

function replicasOf(details: Details): string | undefined {
  const replicas = numberIn(details, 'replicas')
  if (replicas === undefined) return undefined
  const [own, read] = [numberIn(details, 'replicationOffset'), numberIn(details, 'replicaOffset')]
  if (replicas === 0 || own === undefined || read === undefined) {
    return numberWords(replicas, 'count')
  }
  const silence = numberWords(numberIn(details, 'replicaSilence') ?? 0, 'seconds')
  return words.behind(numberWords(replicas, 'count'), sizeWords(Math.max(0, own - read)), silence)
}

function clientsOf(details: Details): string | undefined {
  const clients = numberIn(details, 'clients')
  if (clients === undefined) return undefined
  const limit = numberIn(details, 'clientLimit')
  const count = numberWords(clients, 'count')
  return limit === undefined ? count : words.of(count, numberWords(limit, 'count'))
}

function numberIn(details: Details, name: string): number | undefined {
  const value = details[name]
  if (value === undefined || value === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function textIn(details: Details, name: string): string | undefined {
  const value = details[name]
  return value === undefined ? undefined : String(value)
}

/** A word of a server, in ours; `undefined`: it is not known. */
export function wordFor(known: Readonly<Record<string, string>>, word: string): string | undefined {
  return Object.hasOwn(known, word) ? known[word] : undefined
}

function yesOrNo(value: unknown): string | undefined {
  if (value === undefined) return undefined
  return value === true ? words.yes : words.no
}
