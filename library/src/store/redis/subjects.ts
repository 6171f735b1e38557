import { InvalidInput, StoreUnavailable } from '../../errors.js'
import { bucketPart } from '../bucket.js'
import { toEndReason } from '../end-reason.js'
import type { SessionRecord, SubjectRecord } from '../record.js'
import type { ListResult, Page, ReapResult, Store, SubjectChange } from '../store.js'
import { encode, ownPart, toSessionId } from './keys.js'
import { dataField, toSession, toSubjectRecord } from './record-fields.js'
import type { Reply } from './runner.js'
import { END_ALL } from './scripts/end-all.js'
import { LIST } from './scripts/list.js'
import { REAP } from './scripts/reap.js'
import { CHANGE_SUBJECT, READ_SUBJECT } from './scripts/subject.js'
import type { Context } from './sessions.js'

/** Sessions that one script turns into tombstones at most: about 5 ms in which Redis does nothing else. */
const REAP_AT_MOST = 500

/** The verbs that are given a subject. */
export function createSubjectVerbs(
  context: Context,
): Pick<Store, 'endAll' | 'reap' | 'list' | 'readSubject' | 'changeSubject'> {
  const { run, keys, bucketOf } = context
  const kept = String(context.subjectKeptFor)
  return {
    async endAll(subject, reason, except) {
      const bucket = bucketOf(subject)
      const spared = except !== undefined && bucketPart(except) === bucket ? ownPart(except) : ''
      const key = keys.index(bucket, subject)
      const { words } = await run(END_ALL, key, reason, kept, encode(spared))
      await context.outlast?.(keys.subject(bucket, subject))
      return { count: Number(words[0]), epoch: Number(words[1]) }
    },
    async reap(subject, limit) {
      const bucket = bucketOf(subject)
      const most = String(checkCount('limit', limit, Math.min(limit, REAP_AT_MOST)))
      return toReapResult(bucket, await run(REAP, keys.index(bucket, subject), most))
    },
    async list(subject, page) {
      const bucket = bucketOf(subject)
      const words = toPageWords(page)
      return toListResult(bucket, await run(LIST, keys.index(bucket, subject), ...words))
    },
    async readSubject(subject) {
      return toSubject(await run(READ_SUBJECT, keys.subject(bucketOf(subject), subject)))
    },
    async changeSubject(subject, change) {
      const key = keys.subject(bucketOf(subject), subject)
      const reply = await run(CHANGE_SUBJECT, key, ...toSubjectWords(change, kept))
      if (change.isDisabled === true) await context.outlast?.(key)
      return toSubject(reply)
    },
  }
}

function toReapResult(bucket: string, reply: Reply): ReapResult {
  const [hasMore, ...told] = reply.words
  const reaped: { id: string; reason: ReturnType<typeof toEndReason> }[] = []
  for (let at = 0; at + 1 < told.length; at += 2) {
    reaped.push({ id: toSessionId(bucket, told[at] ?? ''), reason: toEndReason(told[at + 1]) })
  }
  return { reaped, hasMore: hasMore === '1' }
}

/** `lastSeenAt.id` of the last session on the page before. */
const CURSOR = /^(\d{1,15})\.([\w~.%-]{1,500})$/

function toPageWords({ limit, cursor }: Page): string[] {
  const size = String(checkCount('limit', limit, Math.min(limit, 100)))
  if (cursor === undefined) return [size, '', '']
  const match = CURSOR.exec(cursor)
  if (match === null) throw new InvalidInput('cursor', 'must be the next of the page before')
  return [size, match[1] ?? '', match[2] ?? '']
}

function toListResult(bucket: string, reply: Reply): ListResult {
  const { now, words } = reply
  const records: SessionRecord[] = []
  let next: string | undefined
  for (let at = 1; at + 2 < words.length; at += 3 + Number(words[at + 2])) {
    const own = words[at] ?? ''
    const end = at + 3 + Number(words[at + 2])
    const session = toSession(toSessionId(bucket, own), words.slice(at + 3, end), now)
    if (session !== undefined && 'record' in session) records.push(session.record)
    next = `${words[at + 1] ?? ''}.${own}`
  }
  return { records, next: words[0] === '1' ? next : undefined, now }
}

function toSubjectWords(change: SubjectChange, kept: string): string[] {
  const { isDisabled } = change
  const set = [...(change.set ?? [])].flatMap(([key, json]) => [dataField(key), json])
  return [
    isDisabled === undefined ? '' : isDisabled ? '1' : '0',
    kept,
    String(set.length),
    ...set,
    ...(change.delete ?? []).map(dataField),
  ]
}

function toSubject(reply: Reply): SubjectRecord {
  const record = toSubjectRecord(reply.words)
  if (record === undefined) {
    throw new StoreUnavailable('Redis is unavailable: the subject record is unreadable')
  }
  return record
}

function checkCount(field: string, given: number, value: number): number {
  if (!Number.isSafeInteger(given) || given < 1) {
    throw new InvalidInput(field, 'must be a whole number, 1 or more')
  }
  return value
}
