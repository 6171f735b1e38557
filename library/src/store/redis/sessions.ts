import { InvalidInput } from '../../errors.js'
import { bucketPart } from '../bucket.js'
import { checkChange } from '../input.js'
import { toRecord } from '../memory/record.js'
import { TRAITS, type SessionId, type TraitName } from '../record.js'
import type {
  Change,
  ChangeResult,
  CreateResult,
  EndResult,
  Gone,
  NewSession,
  ReadResult,
  Renewal,
  Store,
} from '../store.js'
import type { Outlast } from './durability.js'
import { encodeSubject, toSessionId, type Keys } from './keys.js'
import {
  toDataEntry,
  toEnding,
  toNewFields,
  toSession,
  toSubjectRecord,
  whole,
} from './record-fields.js'
import type { Reply, Run } from './runner.js'
import { CHANGE } from './scripts/change.js'
import { CREATE } from './scripts/create.js'
import { END } from './scripts/end.js'
import { READ } from './scripts/read.js'

/** What the verbs work with. */
export interface Context {
  readonly run: Run
  readonly keys: Keys
  readonly bucketOf: Store['bucketOf']
  readonly subjectKeptFor: number
  /** Makes an end outlast a failover, where that is asked for. */
  readonly outlast?: Outlast | undefined
}

/** The verbs that are given a session; `rotate` is in rotation.ts. */
export function createSessionVerbs(
  context: Context,
): Pick<Store, 'create' | 'read' | 'change' | 'end'> {
  const { run, keys, bucketOf } = context
  return {
    async create(session) {
      const bucket = bucketPart(session.id)
      if (session.subject !== undefined && bucket !== bucketOf(session.subject)) {
        throw new InvalidInput('id', 'must begin with the bucket of its subject')
      }
      const reply = await run(CREATE, keys.session(session.id), ...toCreateWords(session))
      return toCreateResult(session, reply)
    },
    async read(id) {
      return toReadResult(id, await run(READ, keys.session(id)))
    },
    async change(id, change) {
      checkChange(change)
      return toChangeResult(await run(CHANGE, keys.session(id), ...toChangeWords(change)))
    },
    async end(id, reason, options) {
      const after = String(Math.max(Math.round(options?.after ?? 0), 0))
      const reply = await run(END, keys.session(id), reason, after)
      if (after === '0') await context.outlast?.(keys.session(id))
      return toEndResult(id, reply)
    },
  }
}

function toCreateWords(session: NewSession): string[] {
  return [
    session.subject === undefined ? '' : `=${encodeSubject(session.subject)}`,
    String(session.idleTimeout),
    String(session.absoluteTimeout),
    toText(session.limit?.max),
    session.limit?.whenFull ?? '',
    ...toNewFields(session),
  ]
}

function toCreateResult(session: NewSession, reply: Reply): CreateResult {
  const { status, now, words } = reply
  if (status === 'exists' || status === 'disabled' || status === 'limit') {
    return { status: 'refused', reason: status }
  }
  const [epoch, ...evicted] = words
  const bucket = bucketPart(session.id)
  return {
    status: 'created',
    record: toRecord(session, whole(epoch) ?? 0, now),
    evicted: evicted.map((own) => toSessionId(bucket, own)),
  }
}

/** What {@link READ} answers. */
export function toReadResult(id: SessionId, reply: Reply): ReadResult {
  const { status, now, words } = reply
  if (status === 'missing' || status === 'corrupt') return { status, now }
  const split = 1 + Number(words[0])
  const session = toSession(id, words.slice(split), now)
  const subject = toSubjectRecord(words.slice(1, split))
  if (session === undefined || subject === undefined) return { status: 'corrupt', now }
  if ('ending' in session) return { status: 'ended', ending: session.ending, now }
  return { status: 'found', record: session.record, subject, now }
}

function toChangeWords(change: Change): string[] {
  const traits = Object.entries(change.traits ?? {}) as [TraitName, string | null][]
  const written: [string, string][] = []
  const removed: string[] = []
  for (const [name, value] of traits) {
    if (value === null) removed.push(TRAITS[name])
    else written.push([TRAITS[name], value])
  }
  return [
    change.seen === true ? `=${toText(change.idleTimeout)}` : '',
    toFlag(change.forgetPrevious),
    toText(change.baseRevision),
    ...toRenewalWords(change.renewal),
    toFlag(change.isAuthentication === true || change.renewal?.isAuthentication),
    change.family?.seedDigest ?? '',
    toText(change.family?.lifetime),
    toText(change.presentedGeneration),
    ...toPairs(change.set),
    ...toList(change.delete),
    ...toPairs(change.increment),
    ...toPairs(change.expect),
    ...toPairs(written),
    ...removed,
  ]
}

function toRenewalWords(renewal: Renewal | undefined): string[] {
  if (renewal === undefined) return ['', '', '', '0']
  const { from, to, keep = from, keepPreviousFor } = renewal
  return [from, to, keep, String(keepPreviousFor)]
}

/** A number, or nothing. */
export function toText(number: number | undefined): string {
  return number === undefined ? '' : String(number)
}

export function toFlag(flag: boolean | undefined): string {
  return flag === true ? '1' : ''
}

/** The length of a list, and the list. */
function toList(items: readonly string[] = []): string[] {
  return [String(items.length), ...items]
}

/** The number of pairs, and the pairs. */
function toPairs(pairs: Iterable<readonly [string, string | number]> = []): string[] {
  const words = ['']
  for (const [key, value] of pairs) words.push(key, String(value))
  words[0] = String((words.length - 1) / 2)
  return words
}

function toChangeResult(reply: Reply): ChangeResult {
  const { status, now, words } = reply
  if (status === 'superseded') return { status }
  if (status === 'gone') return toGone(reply)
  if (status === 'conflict') {
    const [key = '', entry = ''] = words
    return { status, key, entry: toDataEntry(entry) }
  }
  const [revision, lastSeenAt, authenticatedAt, conflicts, ...values] = words
  return {
    status: 'changed',
    revision: Number(revision),
    lastSeenAt: Number(lastSeenAt),
    authenticatedAt: whole(authenticatedAt),
    conflicts: Number(conflicts),
    values: toNumbers(values),
    now,
  }
}

function toNumbers(words: readonly string[]): Map<string, number> {
  const numbers = new Map<string, number>()
  for (let at = 0; at + 1 < words.length; at += 2) {
    numbers.set(words[at] ?? '', Number(words[at + 1]))
  }
  return numbers
}

function toEndResult(id: SessionId, reply: Reply): EndResult {
  const session = reply.status === 'ended' ? toSession(id, reply.words, reply.now) : undefined
  return session !== undefined && 'record' in session
    ? { status: 'ended', record: session.record }
    : toGone(reply)
}

/** Why there is no live session. */
export function toGone(reply: Reply): Gone {
  const [reason, endedAt, subject] = reply.status === 'gone' ? reply.words : []
  const ending = reason === undefined ? undefined : toEnding(reason, endedAt, subject, reply.now)
  return { status: 'gone', ending }
}
