import { StoreUnavailable } from '../../errors.js'
import { bucketPart } from '../bucket.js'
import { checkWalkLimit } from '../input.js'
import type { Store, WalkStep } from '../store.js'
import type {
  GiveResult,
  Resting,
  RestingDocument,
  RestingEnding,
  RestingSession,
  RestingSubject,
  TakeResult,
} from '../transfer.js'
import { isReady, type RedisClient } from './client.js'
import { decode, encodeSubject, type Keys } from './keys.js'
import { toSession, whole } from './record-fields.js'
import { toScan, type ListNodes } from './scan.js'
import { READ } from './scripts/read.js'
import { TAKE_DOCUMENT, TAKE_ENDING, TAKE_SESSION, TAKE_SUBJECT } from './scripts/transfer.js'
import type { Reply } from './runner.js'
import type { Context } from './sessions.js'
import { toSessionFields, toSubjectAt, toSubjectFields } from './transfer-fields.js'
import { scanStep, toPlace } from './walk.js'

/** {@link Store.transfer}: names from SCAN, each then read by itself. Absent where the client cannot scan. */
export function createTransfer(
  context: Context,
  client: RedisClient,
): Pick<Store, 'transfer'> | Record<string, never> {
  const listNodes = toScan(client)
  if (listNodes === undefined) return {}
  return {
    transfer: {
      give: async (step) => {
        checkWalkLimit(step)
        const place = toPlace(step.cursor)
        if (!isReady(client)) {
          throw new StoreUnavailable('Redis is unavailable: the client is not connected')
        }
        return give(context, listNodes, place, step)
      },
      take: async (item) => take(context, item),
    },
  }
}

async function give(
  context: Context,
  listNodes: ListNodes,
  place: ReturnType<typeof toPlace>,
  { limit }: WalkStep,
): Promise<GiveResult> {
  const { run, keys } = context
  const { names, next } = await scanStep(listNodes, place, { match: keys.allThatRests, limit })
  const ours = names.flatMap((name) => toOwn(keys, name))
  const answers = await Promise.all(
    ours.map(async (own) => {
      const reply = await run(READ, own.key)
      return { now: reply.now, item: toItem(own, reply) }
    }),
  )
  // Where there is nothing, somebody has to tell the time all the same.
  const { now } = await run(READ, keys.session('AA.'))
  const items = answers.map(({ item }) => item)
  return {
    items: items.filter((item) => typeof item === 'object'),
    unreadable: items.filter((item) => item === 'unreadable').length,
    next,
    now,
  }
}

/** A key of ours, taken apart. */
interface Own {
  readonly key: string
  readonly kind: 's' | 'g' | 'k'
  readonly bucket: string
  readonly name: string
}

/** `…s{bucket}id` */
const NAME = /([sgk])\{([^{}]*)\}([^{}]*)$/

function toOwn(keys: Keys, key: string): Own[] {
  const [, kind, bucket = '', own = ''] = NAME.exec(key) ?? []
  const name = decode(own)
  const again = {
    s: () => keys.session(`${bucket}.${name}`),
    g: () => keys.subject(bucket, name),
    k: () => keys.document(bucket, name),
  }
  if (kind !== 's' && kind !== 'g' && kind !== 'k') return []
  // What others keep under such names is not ours.
  return again[kind]() === key ? [{ key, kind, bucket, name }] : []
}

/** READ serves for all three: a hash, and with it that of the subject which a session names. `undefined`: it is gone. */
function toItem(own: Own, { status, words, now }: Reply): Resting | 'unreadable' | undefined {
  if (status === 'missing') return undefined
  if (status !== 'found') return 'unreadable'
  const from = 1 + Number(words[0])
  const fields = words.slice(from)
  if (own.kind === 'k') return toDocument(own.name, fields)
  if (own.kind === 'g') return toSubject(own.name, fields)
  const id = `${own.bucket}.${own.name}`
  const found = toSession(id, fields, now)
  if (found === undefined) return 'unreadable'
  if ('ending' in found) return { kind: 'ending', id, ending: found.ending }
  const { record } = found
  if (record.subject === undefined) return { kind: 'session', record, owner: undefined }
  const owner = toSubject(record.subject, words.slice(1, from))
  return typeof owner === 'string' ? owner : { kind: 'session', record, owner }
}

function toSubject(subject: string, fields: readonly string[]): RestingSubject | 'unreadable' {
  const found = toSubjectAt(fields)
  return found === undefined ? 'unreadable' : { kind: 'subject', subject, ...found }
}

function toDocument(name: string, fields: readonly string[]): RestingDocument | 'unreadable' {
  const valueOf = (field: string): string | undefined =>
    fields.find((_word, at) => at % 2 === 1 && fields[at - 1] === field)
  const [revision, text] = [whole(valueOf('R')), valueOf('T')]
  if (revision === undefined || text === undefined) return 'unreadable'
  return { kind: 'document', name, document: { text, revision } }
}

async function take(context: Context, item: Resting): Promise<TakeResult> {
  switch (item.kind) {
    case 'document':
      return takeDocument(context, item)
    case 'subject':
      return takeSubject(context, item)
    case 'ending':
      return takeEnding(context, item)
    case 'session':
      return takeSession(context, item)
  }
}

async function takeDocument(
  { run, keys, bucketOf }: Context,
  { name, document }: RestingDocument,
): Promise<TakeResult> {
  const key = keys.document(bucketOf(name), name)
  return toResult(await run(TAKE_DOCUMENT, key, String(document.revision), document.text))
}

async function takeSubject(context: Context, item: RestingSubject): Promise<TakeResult> {
  const { run, keys, bucketOf, subjectKeptFor } = context
  const key = keys.subject(bucketOf(item.subject), item.subject)
  return toResult(await run(TAKE_SUBJECT, key, String(subjectKeptFor), ...toSubjectFields(item)))
}

async function takeEnding(
  { run, keys, outlast }: Context,
  { id, ending }: RestingEnding,
): Promise<TakeResult> {
  const { reason, endedAt, subject } = ending
  const whose = subject === undefined ? '' : `=${encodeSubject(subject)}`
  const reply = await run(TAKE_ENDING, keys.session(id), reason, String(endedAt), whose)
  await outlast?.(keys.session(id))
  return toResult(reply)
}

async function takeSession(
  { run, keys, bucketOf, subjectKeptFor }: Context,
  { record, owner }: RestingSession,
): Promise<TakeResult> {
  const { id, subject } = record
  // Scripts look for a subject in the bucket of its session, and everybody else in its own.
  if (subject !== undefined && bucketOf(subject) !== bucketPart(id)) return 'misplaced'
  const fields = owner === undefined ? [] : toSubjectFields(owner)
  const lasts = record.absoluteExpiresAt - record.createdAt
  const reply = await run(
    TAKE_SESSION,
    keys.session(id),
    String(Math.max(subjectKeptFor, lasts)),
    String(record.family?.generation ?? 0),
    String(fields.length),
    ...fields,
    ...toSessionFields(record),
  )
  return toResult(reply)
}

function toResult({ status }: Reply): TakeResult {
  return status === 'kept' || status === 'over' ? status : 'taken'
}
