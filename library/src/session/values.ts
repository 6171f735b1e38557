import type { ValueSchema } from '../options.js'
import type { SubjectRecord } from '../store/record.js'
import { active, type Visit } from './visit.js'

/** Schemas by key; see the option `schema`. */
export type Schemas = Readonly<Record<string, ValueSchema<unknown> | undefined>>

/** What the library itself keeps in a session's data begins so (flash messages, say), and is shown to nobody. */
const OWN = '~'

/** A value of a loaded visit's data: a copy of its own. One that does not fit its schema counts as absent. */
export function readValue(visit: Visit, schemas: Schemas, key: string): unknown {
  const json = visit.copy.json(key)
  if (json === undefined) return undefined
  const value: unknown = JSON.parse(json)
  const schema = Object.hasOwn(schemas, key) ? schemas[key] : undefined
  if (schema === undefined) return value
  const result = schema['~standard'].validate(value)
  if (!(result instanceof Promise) && result.issues === undefined) return result.value
  visit.core.events.emit('data.invalid', { id: active(visit)?.record.id ?? '', key })
  return undefined
}

/** All values of a loaded visit's data, by key. */
export function readValues(visit: Visit, schemas: Schemas): Record<string, unknown> {
  const all: Record<string, unknown> = {}
  for (const key of visit.copy.keys()) {
    if (key.startsWith(OWN)) continue
    // A key may be called `__proto__`.
    Object.defineProperty(all, key, {
      value: readValue(visit, schemas, key),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return all
}

/** What is kept of a subject, as values. */
export function attributesOf(subject: SubjectRecord | undefined): Record<string, unknown> {
  const attributes = subject?.attributes ?? []
  return Object.fromEntries(
    [...attributes].map(([key, json]) => [key, JSON.parse(json) as unknown]),
  )
}
