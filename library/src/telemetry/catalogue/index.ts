/**
 * catalogue/ owns what every series of the library is called and means. What is exposed is declared from it, and the
 * reference is generated from it; a test sees that both agree. It counts nothing.
 */
import type { SeriesText } from '../declare.js'
import { GUARD_SERIES } from './guards.js'
import { ADOPTION_SERIES, AUDIT_SERIES, CACHE_SERIES, JOURNAL_SERIES } from './memory.js'
import { SESSION_SERIES } from './sessions.js'
import { STORE_SERIES } from './store.js'

export * from './guards.js'
export * from './memory.js'
export * from './sessions.js'
export * from './store.js'

/** All series that the library can show, in the order of the reference. */
export const SERIES: readonly SeriesText[] = [
  SESSION_SERIES,
  GUARD_SERIES,
  STORE_SERIES,
  CACHE_SERIES,
  JOURNAL_SERIES,
  AUDIT_SERIES,
  ADOPTION_SERIES,
].flatMap((part): SeriesText[] => Object.values(part))

/** What a series is measured in, by its name: `seconds`, `bytes`, `ratio`, or nothing for a plain number. */
export function unitOf({ name }: Pick<SeriesText, 'name'>): string | undefined {
  return /_(seconds|bytes|ratio)(?:_total)?$/.exec(name)?.[1]
}
