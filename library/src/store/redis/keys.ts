import { InvalidInput, InvalidOption } from '../../errors.js'
import { bucketPart } from '../bucket.js'
import type { SessionId } from '../record.js'

/**
 * Where everything rests. All keys of one bucket carry the bucket as their hash tag, so that they share
 * a slot of a cluster: what a script touches is always on one node. No colon beside the braces: that
 * keeps both keys of a session in the smaller of two memory classes (16 bytes each).
 *
 * What rests under each kind of key, and for how long, stands in key-kinds.ts.
 *
 * Changes are told on the channel `sj:changes`: see feed/message.ts.
 *
 * Scripts are handed one key and make the others from it, so that a prefix added by the client
 * (ioredis' and node-redis' `keyPrefix`) goes for all of them.
 */
export interface Keys {
  session(id: SessionId): string
  index(bucket: string, subject: string): string
  subject(bucket: string, subject: string): string
  document(bucket: string, name: string): string
  debt(bucket: string, key: string): string
  attempts(bucket: string, key: string): string
  /** Of a listener that asks: see scripts/listen.ts. Without a word there is never anything. */
  listening(bucket: string, word: string): string
  history(bucket: string, process: string): string
  /** The pattern of all keys of sessions, for SCAN. */
  readonly allSessions: string
  /** The same with those of subjects and documents. */
  readonly allThatRests: string
}

/** @throws InvalidOption where the prefix could be taken for a pattern, a separator or a hash tag. */
export function createKeys(prefix: string): Keys {
  if (!/^[A-Za-z0-9._:-]{0,64}$/.test(prefix)) {
    throw new InvalidOption(
      'option keyPrefix may hold at most 64 letters, digits, dots, underscores, hyphens and colons.',
    )
  }
  return {
    session: (id) => `${prefix}s{${encode(bucketPart(id))}}${encode(ownPart(id))}`,
    index: (bucket, subject) => `${prefix}u{${bucket}}${encodeSubject(subject)}`,
    subject: (bucket, subject) => `${prefix}g{${bucket}}${encodeSubject(subject)}`,
    allSessions: `${prefix}s{*}*`,
    allThatRests: `${prefix}[sgk]{*}*`,
    document: (bucket, name) => `${prefix}k{${bucket}}${encodeName('name', name)}`,
    debt: (bucket, key) => `${prefix}l{${bucket}}${encode(key)}`,
    attempts: (bucket, key) => `${prefix}a{${bucket}}${encode(key)}`,
    history: (bucket, process) => `${prefix}h{${bucket}}${encode(process)}`,
    listening: (bucket, word) => `${prefix}w{${bucket}}${word}`,
  }
}

/** The id in `bucket.id`, as the index holds it. */
export function ownPart(id: SessionId): string {
  return id.slice(id.indexOf('.') + 1)
}

/** The id of a session, from its bucket and what the index holds. */
export function toSessionId(bucket: string, own: string): SessionId {
  return `${bucket}.${decode(own)}`
}

const PLAIN = /^[\w~.-]*$/

/**
 * The subject as keys and records hold it: one text for one subject, ASCII, without braces (which would
 * be a hash tag) and without line breaks. Ids and UUIDs stay as they are.
 */
export function encodeSubject(subject: string): string {
  return encodeName('subject', subject)
}

function encodeName(field: string, name: string): string {
  try {
    return encode(name)
  } catch {
    throw new InvalidInput(field, 'must be well-formed Unicode text')
  }
}

/** Percent-encodes everything but letters, digits and `_ - . ~`. */
export function encode(text: string): string {
  if (PLAIN.test(text)) return text
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The reverse of {@link encode}; text that it never made is given back as it is. */
export function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
