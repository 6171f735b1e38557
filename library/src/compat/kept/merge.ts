import type { StoredSession } from '../express-session/contract.js'
import { Baseline } from './baseline.js'
import { takeSnapshot } from './codec.js'
import { idleAtRest, idleFor, type Keeping } from './keeping.js'
import { unmarked } from './legacy.js'
import { lookAt, type LiveLook, type Look } from './look.js'
import type { RestingName } from './sid.js'

/** What an old node wrote, and what is known of it here. */
export interface Merging {
  readonly name: RestingName
  readonly look: LiveLook
  readonly session: StoredSession
  /** What the present writer started from: what it changed itself stays. Nobody writes: `undefined`. */
  readonly before: Baseline | undefined
}

/**
 * Takes over what an old node wrote: every top-level value that is another one now. Whoever else wrote one of these here
 * meanwhile knew of it, and wrote later: then nothing is taken, and the answer is `undefined`.
 */
export async function mergeLegacy(keeping: Keeping, merging: Merging): Promise<Look | undefined> {
  const { core, counts } = keeping
  const { name, look, session, before } = merging
  const ours = new Baseline('', name).learn(look.record, look.now, 0)
  const theirs = takeSnapshot(unmarked(session))
  const wanted = (before ?? ours).patchTo(theirs)
  const isOurs = (entry: string): boolean =>
    before !== undefined && before.json(entry) !== ours.json(entry)
  const set = new Map([...wanted.set].filter(([entry]) => !isOurs(entry)))
  const gone = wanted.delete.filter((entry) => !isOurs(entry) && ours.data.has(entry))
  if (set.size + gone.length === 0) return look
  const { data } = look.record
  const idle = idleFor(keeping, theirs)
  const result = await core.store.change(name.id, {
    seen: true,
    set,
    delete: gone,
    expect: new Map(
      [...set.keys(), ...gone].map((entry) => [entry, data.get(entry)?.revision ?? 0]),
    ),
    ...(idle > 0 ? { idleTimeout: idleAtRest(keeping, idle) } : {}),
  })
  if (result.status === 'conflict') return undefined
  if (result.status === 'changed') counts.merged += 1
  return lookAt(await core.store.read(name.id), name)
}
