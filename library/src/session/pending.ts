import { InvalidInput } from '../errors.js'
import type { SessionRecord } from '../store/record.js'
import { load } from './load.js'
import { active, type Visit } from './visit.js'

/** A value past 64 bytes would double a Redis record (see TRAITS). */
const WORD = /^[\w.-]{1,60}$/

/** Marks the visit's session: guards refuse it until `elevate`. `false`: nobody is signed in, or the session has ended. */
export async function demandProof(visit: Visit, why: string): Promise<boolean> {
  checkDemand(why)
  await load(visit)
  const found = active(visit)
  if (found?.record.subject === undefined) return false
  const { record } = found
  const result = await visit.core.store.change(record.id, { traits: { awaits: why } })
  if (result.status !== 'changed') return false
  visit.resolution = { ...found, record: { ...record, traits: { ...record.traits, awaits: why } } }
  return true
}

/** Throws {@link InvalidInput} for a reason that is no word of 1 to 60 characters. */
export function checkDemand(why: string): void {
  if (typeof why === 'string' && WORD.test(why)) return
  throw new InvalidInput('why', 'why must be 1 to 60 of A-Z a-z 0-9 _ . -')
}

/** The traits of a session whose person has proved what was asked for. */
export function proven(traits: SessionRecord['traits']): SessionRecord['traits'] {
  const { awaits: _fulfilled, ...rest } = traits
  return rest
}
