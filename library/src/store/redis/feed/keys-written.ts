import type { Message } from './message.js'
import { decode } from '../keys.js'

/** How to hear of keys that are written without this library: redis-cli, another program, an expiry, an eviction. */
export interface TrackedKeys {
  /** What the keys begin with whose writing is told. Not documents: to read one writes, since it lives on. */
  prefixes(home: string): readonly string[]
  /** Writes such a key as others would. Who is told of it is told of all. */
  leaveTrace(): { readonly word: string; readonly left: Promise<unknown> }
}

/** The kinds of keys that are told of: sessions, subjects, and the trace of a listener. See keys.ts. */
export const TRACKED_KINDS: readonly string[] = ['s', 'g', 'w']

const KEY = /([sgw])\{([^{}]*)\}([^{}]*)$/

/** What may have changed, by the keys that were written. */
export function toChanges(keys: readonly string[]): Message[] {
  return keys.flatMap((key): Message[] => {
    const [, kind, bucket = '', own = ''] = KEY.exec(key) ?? []
    if (kind === 's') return [{ kind: 'changed', id: `${decode(bucket)}.${decode(own)}` }]
    if (kind === 'g') return [{ kind: 'subject', subject: decode(own) }]
    return kind === 'w' ? [{ kind: 'probe', word: own }] : []
  })
}
