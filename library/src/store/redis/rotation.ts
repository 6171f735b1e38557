import { StoreUnavailable } from '../../errors.js'
import type { SessionId } from '../record.js'
import type { RotateResult, Rotation, Store } from '../store.js'
import { toSession, toSubjectRecord } from './record-fields.js'
import type { Reply } from './runner.js'
import { ROTATE } from './scripts/rotate.js'
import { toFlag, toGone, toText, type Context } from './sessions.js'

/** The verb that exchanges refresh tokens. */
export function createRotation({ run, keys, outlast }: Context): Pick<Store, 'rotate'> {
  return {
    async rotate(id, rotation) {
      const reply = await run(ROTATE, keys.session(id), ...toWords(rotation))
      if (reply.status === 'reused') await outlast?.(keys.session(id))
      return toResult(id, reply)
    },
  }
}

function toWords(rotation: Rotation): string[] {
  return [
    rotation.seedDigest,
    String(rotation.generation),
    rotation.client === undefined ? '' : `=${rotation.client}`,
    String(rotation.grace),
    String(rotation.forgiveFor),
    toText(rotation.idleTimeout),
    toFlag(rotation.isSeen),
  ]
}

const REFUSALS = ['unknown', 'client', 'expired', 'ahead'] as const
const EXCHANGES = ['rotated', 'healed', 'replayed', 'forgiven'] as const

function toResult(id: SessionId, reply: Reply): RotateResult {
  const { status, words } = reply
  if (status === 'gone') return toGone(reply)
  if (status === 'reused') return { status, record: toLiveRecord(id, words, reply.now) }
  if (status === 'refused') {
    const reason = REFUSALS.find((known) => known === words[0])
    return reason === undefined ? toUnreadable() : { status, reason }
  }
  const exchange = EXCHANGES.find((known) => known === status)
  return exchange === undefined ? toUnreadable() : toExchange(id, exchange, reply)
}

function toExchange(
  id: SessionId,
  status: (typeof EXCHANGES)[number],
  { now, words }: Reply,
): RotateResult {
  const split = 2 + Number(words[1])
  const subject = toSubjectRecord(words.slice(2, split)) ?? toUnreadable()
  const record = toLiveRecord(id, words.slice(split), now)
  return { status, generation: Number(words[0]), record, subject, now }
}

function toLiveRecord(
  id: SessionId,
  words: readonly string[],
  now: number,
): Extract<RotateResult, { status: 'reused' }>['record'] {
  const session = toSession(id, words, now)
  return session !== undefined && 'record' in session ? session.record : toUnreadable()
}

/** The script judges only what it can read, so this does not come from a script of this version. */
function toUnreadable(): never {
  throw new StoreUnavailable('Redis is unavailable: its answer makes no sense')
}
