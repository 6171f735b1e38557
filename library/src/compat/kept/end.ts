import type { EndReason } from '../../store/end-reason.js'
import type { EndResult } from '../../store/store.js'
import { Baseline } from './baseline.js'
import type { Keeping } from './keeping.js'
import { isPublicId, restingName, type RestingName } from './sid.js'
import { newSession } from './write.js'

/**
 * Ends the session under `sid`, its legacy record included; or the one with this public id. Every process that asks the
 * store refuses it when this resolves. One that is over already stays so.
 */
export async function end(keeping: Keeping, sid: string, reason: EndReason): Promise<void> {
  const name = restingName(sid)
  if (await endRecord(keeping, name.id, reason)) {
    await keeping.mirror?.remove(sid)
    return
  }
  if (isPublicId(sid) && (await endRecord(keeping, sid, reason))) return
  const { mirror } = keeping
  if (mirror === undefined || !(await mirror.has(sid))) return
  // It rests as a legacy record alone. Somebody may be taking it over just now: the end has to be there before.
  await bury(keeping, sid, name, reason)
  await mirror.remove(sid)
}

/** Ends one record, now or `after` milliseconds from now. Answers whether it lived. */
export async function endRecord(
  { core }: Keeping,
  id: string,
  reason: EndReason,
  after: number = 0,
): Promise<boolean> {
  const result: EndResult = await core.store.end(id, reason, after > 0 ? { after } : {})
  if (result.status === 'ended') {
    core.events.emit('session.ended', { id, subject: result.record.subject, reason })
  }
  // A tombstone is an answer, too: nobody needs to look further.
  return result.status === 'ended' || result.ending !== undefined
}

async function bury(
  keeping: Keeping,
  sid: string,
  name: RestingName,
  reason: EndReason,
): Promise<void> {
  const { core } = keeping
  const { idle } = core.settings.lifetimes.signedIn
  const nothing = { data: new Map<string, string>(), cookie: {}, expiresAt: undefined }
  await core.store.create(newSession(keeping, new Baseline(sid, name), nothing, idle))
  await core.store.end(name.id, reason)
}
