import type { StoredSession } from '../express-session/contract.js'
import { Baseline } from './baseline.js'
import { toStored } from './codec.js'
import type { Keeping } from './keeping.js'
import { isByTime, lookAt, type Look } from './look.js'
import { restingName, type RestingName } from './sid.js'

/** The session under `sid`, where it is in this process's memory. `undefined` says nothing. */
export function readNow(keeping: Keeping, sid: string): StoredSession | undefined {
  if (keeping.mirror?.isMirroring === true) return undefined
  const name = restingName(sid)
  const answer = keeping.core.store.peek(name.id)
  if (answer === undefined) return undefined
  const look = lookAt(answer, name)
  return look.state === 'live' ? handOut(keeping, sid, name, look) : undefined
}

/** The session under `sid`; `null` where there is none that lives and can be read. */
export async function read(keeping: Keeping, sid: string): Promise<StoredSession | null> {
  const name = restingName(sid)
  const look = await find(keeping, sid, name)
  noteOutcome(keeping, sid, name, look)
  return look.state === 'live' ? (handOut(keeping, sid, name, look) ?? null) : null
}

async function find(keeping: Keeping, sid: string, name: RestingName): Promise<Look> {
  if (keeping.mirror !== undefined) return keeping.mirror.find(sid, name)
  return lookAt(await keeping.core.store.read(name.id), name)
}

function noteOutcome(
  { core, endings, counts }: Keeping,
  sid: string,
  name: RestingName,
  look: Look,
) {
  switch (look.state) {
    case 'over':
      endings.note(sid, look)
      if (isByTime(look.reason) && look.subject !== undefined) core.upkeep.tidy(look.subject)
      return
    case 'unknown':
      core.events.emit('credential.rejected', { code: 'session_unknown', address: '' })
      return
    case 'corrupt':
      counts.corrupt += 1
      core.events.emit('store.corrupt', { id: name.id })
      return
    case 'live':
  }
}

/** A session as express-session wants it, remembered as what it was. */
function handOut(
  { clock, core, baselines, counts }: Keeping,
  sid: string,
  name: RestingName,
  { record, now }: Extract<Look, { readonly state: 'live' }>,
): StoredSession | undefined {
  const stored = toStored(record, now, clock.now())
  if (stored === undefined) {
    counts.corrupt += 1
    core.events.emit('store.corrupt', { id: name.id })
    return undefined
  }
  baselines.set(stored, new Baseline(sid, name).learn(record, now, clock.elapsed()))
  return stored
}
