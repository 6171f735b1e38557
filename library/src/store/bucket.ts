import { randomBelow } from '../system/random.js'
import { createHmac } from '../system/digest.js'
import type { SessionId } from './record.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** The key where none is chosen: the same for all stores that keep, so that sessions can be moved from one to another. */
export const ROUTING_KEY = 'sojourn'
/** 12 bits: enough to spread users over every shard, few enough to tell nothing about a user. */
const BUCKETS = 4096

/**
 * Assigns subjects to buckets. The key must stay the same for the life of the stored data (it is not
 * one of the secrets that rotate): with another key, a person's sessions would no longer be found by subject.
 */
export function createRouting(key: string): (subject: string | undefined) => string {
  const mac = createHmac(key)
  return (subject) =>
    nameOf(
      subject === undefined ? randomBelow(BUCKETS) : mac.sign(subject).readUInt16BE(0) % BUCKETS,
    )
}

/** All of them. */
export function allBuckets(): string[] {
  return Array.from({ length: BUCKETS }, (_, bucket) => nameOf(bucket))
}

/** The name of a bucket, by its number from 0 to 4095. */
export function nameOf(bucket: number): string {
  return `${ALPHABET[bucket >> 6] ?? ''}${ALPHABET[bucket & 63] ?? ''}`
}

/** The bucket in `bucket.id`. */
export function bucketPart(id: SessionId): string {
  return id.slice(0, Math.max(id.indexOf('.'), 0))
}
