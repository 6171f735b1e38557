import { randomBelow } from '../system/random.js'
import { toJson } from './data.js'
import { isSealed } from './encryption.js'
import { SojournError } from '../errors.js'
import type { ChangeResult } from '../store/store.js'
import { SessionEnded } from './commit.js'
import { load } from './load.js'
import { active, type Visit } from './visit.js'

/** So often a value is read and compared anew before giving up; one hundred writers at once need fewer. */
const MOST_TRIES = 1_000

/**
 * Adds `by` to a whole number in the session and answers the sum: no two requests ever lose a step. On a live
 * session it is written at once; before there is one, it becomes part of what the new session starts with.
 */
export async function increment(visit: Visit, key: string, by: number): Promise<number> {
  if (!Number.isSafeInteger(by)) throw notWhole(key)
  await load(visit)
  const found = active(visit)
  if (found === undefined || visit.copy.isPending(key)) {
    const sum = add(key, parse(visit.copy.json(key)), by)
    visit.copy.set(key, sum)
    return sum
  }
  const step = (value: unknown): number => add(key, value, by)
  // A store cannot add to what it cannot read.
  if (visit.core.values.isSealing) return update(visit, key, step)
  const result = await visit.core.store.change(found.record.id, {
    increment: new Map([[key, by]]),
  })
  if (result.status === 'conflict') {
    // Encrypted while that was switched on: it counts as absent here, too.
    if (isSealed(result.entry?.json ?? '')) return update(visit, key, step)
    throw notWhole(key)
  }
  const { revision, values } = changed(result)
  const sum = values.get(key) ?? by
  visit.copy.refresh(key, { json: String(sum), revision })
  return sum
}

/**
 * Replaces a value by what `change` makes of it, as if no other request existed: when somebody else wrote the
 * key meanwhile, `change` runs again on what they wrote. It must therefore be free of side effects.
 */
export async function update<Value>(
  visit: Visit,
  key: string,
  change: (value: Value | undefined) => Value,
): Promise<Value> {
  await load(visit)
  const found = active(visit)
  if (found === undefined || visit.copy.isPending(key)) {
    const value = change(parse(visit.copy.json(key)) as Value | undefined)
    visit.copy.set(key, value)
    return value
  }
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const entry = visit.copy.entry(key)
    const value = change(parse(visit.copy.json(key)) as Value | undefined)
    const text = visit.copy.toRest(key, toJson(key, value))
    const result = await visit.core.store.change(found.record.id, {
      set: new Map([[key, text]]),
      expect: new Map([[key, entry?.revision ?? 0]]),
    })
    if (result.status !== 'conflict') {
      visit.copy.refresh(key, { json: text, revision: changed(result).revision })
      return value
    }
    visit.copy.refresh(key, result.entry)
    await pause(randomBelow(Math.min(tries + 1, 16)))
  }
  throw new SojournError('store_unavailable', 'Too many others write this value at once.')
}

function changed(result: ChangeResult): ChangeResult & { readonly status: 'changed' } {
  if (result.status === 'gone') throw new SessionEnded(result.ending?.reason)
  if (result.status !== 'changed') throw new Error(`A plain change was answered ${result.status}.`)
  return result
}

function add(key: string, value: unknown, by: number): number {
  const sum = value === undefined ? by : Number.isSafeInteger(value) ? (value as number) + by : NaN
  if (!Number.isSafeInteger(sum)) throw notWhole(key)
  return sum
}

function notWhole(key: string): SojournError {
  return new SojournError('ERR_SESSION_DATA', `session.data.${key} is not a whole number.`)
}

function parse(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json)
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}
