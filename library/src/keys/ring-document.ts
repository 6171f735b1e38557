import { KEY_ALGORITHMS } from './jwk.js'
import type { RingKey } from './timeline.js'

/** The form of the text in the store. A reader leaves any other alone. */
const VERSION = 1
const KID = /^[\w.~:+/=-]{1,64}$/

/** Every member of a key, and what it has to be. */
const MEMBERS: readonly (readonly [keyof RingKey, (value: unknown) => boolean])[] = [
  ['kid', (value) => typeof value === 'string' && KID.test(value)],
  ['algorithm', (value) => KEY_ALGORITHMS.some((name) => name === value)],
  ['origin', (value) => value === 'option' || value === 'stored'],
  ['createdAt', isNoneOrInstant],
  ['activeAt', isInstant],
  ['retiredAt', isNoneOrInstant],
  ['acceptedUntil', isNoneOrInstant],
  ['refusedAt', isNoneOrInstant],
  ['sealed', (value) => value === undefined || typeof value === 'string'],
]

/** The keys as the store keeps them: what is undefined is left out. */
export function writeRing(keys: readonly RingKey[]): string {
  return JSON.stringify({ version: VERSION, keys })
}

/** The keys in a text; `undefined` where it is damaged, or of another version. */
export function readRing(text: string): readonly RingKey[] | undefined {
  const keys = listIn(text)
  const read = keys?.map(readKey)
  if (read === undefined || !read.every((key) => key !== undefined)) return undefined
  return new Set(read.map(({ kid }) => kid)).size === read.length ? read : undefined
}

function listIn(text: string): readonly unknown[] | undefined {
  try {
    const ring: unknown = JSON.parse(text)
    if (!isRecord(ring) || ring['version'] !== VERSION) return undefined
    return Array.isArray(ring['keys']) ? ring['keys'] : undefined
  } catch {
    return undefined
  }
}

function readKey(entry: unknown): RingKey | undefined {
  return isRecord(entry) && MEMBERS.every(([name, isGood]) => isGood(entry[name]))
    ? (Object.fromEntries(MEMBERS.map(([name]) => [name, entry[name]])) as unknown as RingKey)
    : undefined
}

function isInstant(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isNoneOrInstant(value: unknown): boolean {
  return value === undefined || isInstant(value)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
