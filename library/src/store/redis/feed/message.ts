import { bucketPart } from '../../bucket.js'
import type { Endings } from '../../change-feed.js'
import type { SessionId } from '../../record.js'
import { decode, ownPart } from '../keys.js'
import { whole } from '../record-fields.js'

/**
 * feed/ owns how a process hears what others changed. `redis-store.ts` calls it; it writes nothing and decides
 * nothing about a session. What scripts tell is one short text, its kind first, names encoded as in keys:
 *
 * | text                                  | what happened                                                 |
 * |---------------------------------------|---------------------------------------------------------------|
 * | `e <instant> <id>`                    | the session ended, or its end was noticed                     |
 * | `c <id>`                              | it changed by more than that it was seen or a token exchanged |
 * | `u <instant> <epoch> <id or -> <sub>` | all sessions of older epochs ended, but for one               |
 * | `a <subject>`                         | its attributes changed, or it was enabled again               |
 * | `k <name>`                            | the document was written                                      |
 * | `p <word>`                            | somebody began to listen: see scripts/listen.ts               |
 */
export type Message =
  | { readonly kind: 'ended'; readonly id: SessionId; readonly endedAt: number }
  | { readonly kind: 'changed'; readonly id: SessionId }
  | { readonly kind: 'epoch'; readonly ending: Endings['subjects'][number] }
  | { readonly kind: 'subject'; readonly subject: string }
  | { readonly kind: 'document'; readonly name: string }
  | { readonly kind: 'probe'; readonly word: string }

const READERS: Readonly<Record<string, (words: readonly string[]) => Message | undefined>> = {
  e: ([at, id = '']) => {
    const endedAt = whole(at)
    return endedAt === undefined ? undefined : { kind: 'ended', id: toId(id), endedAt }
  },
  c: ([id = '']) => ({ kind: 'changed', id: toId(id) }),
  u: ([at, epochText, exceptText = '-', subjectText = '']) => {
    const [endedAt, epoch] = [whole(at), whole(epochText)]
    if (endedAt === undefined || epoch === undefined) return undefined
    const except = exceptText === '-' ? undefined : toId(exceptText)
    return { kind: 'epoch', ending: { subject: decode(subjectText), epoch, except, endedAt } }
  },
  a: ([subject = '']) => ({ kind: 'subject', subject: decode(subject) }),
  k: ([name = '']) => ({ kind: 'document', name: decode(name) }),
  p: ([word = '']) => ({ kind: 'probe', word }),
}

/** Reads a message, or `undefined` for one that this version does not know: then anything may have changed. */
export function toMessage(text: string): Message | undefined {
  const [kind = '', ...words] = text.split(' ')
  return Object.hasOwn(READERS, kind) ? READERS[kind]?.(words) : undefined
}

/** Both parts of `bucket.id` are encoded by themselves. */
function toId(text: string): SessionId {
  return `${decode(bucketPart(text))}.${decode(ownPart(text))}`
}
