import { SessionEnded } from './commit.js'
import { load } from './load.js'
import { active, type Visit } from './visit.js'

/** Marks this visit's session as seen now, whatever the touch interval says. `false`: there is none. */
export async function touch(visit: Visit): Promise<boolean> {
  await load(visit)
  const found = active(visit)
  if (found === undefined) return false
  const result = await visit.core.store.change(found.record.id, { seen: true })
  if (result.status === 'gone') throw new SessionEnded(result.ending?.reason)
  if (result.status === 'changed') {
    const record = { ...found.record, lastSeenAt: result.lastSeenAt }
    visit.resolution = { ...found, record, now: result.now }
  }
  return true
}
