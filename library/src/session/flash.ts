import { toJson } from './data.js'
import type { Visit } from './visit.js'

/** Flash messages rest beside the application's data, under keys that it cannot use itself. */
const PREFIX = '~flash.'
const MOST_MESSAGES = 20

export function addFlash(visit: Visit, name: string, message: unknown): void {
  const key = PREFIX + name
  const kept = messages(visit, key)
  visit.copy.setJson(
    key,
    JSON.stringify([...kept, JSON.parse(toJson(name, message))].slice(-MOST_MESSAGES)),
  )
}

/** Reading what is not there changes nothing, so a page that shows messages creates no session. */
export function takeFlash(visit: Visit, name: string): readonly unknown[] {
  const key = PREFIX + name
  const taken = messages(visit, key)
  if (visit.copy.json(key) !== undefined) visit.copy.delete(key)
  return taken
}

function messages(visit: Visit, key: string): readonly unknown[] {
  const json = visit.copy.json(key)
  return json === undefined ? [] : (JSON.parse(json) as unknown[])
}
