import { readFileSync } from 'node:fs'

/**
 * One thing the product promises to show. `id` is how a test names it.
 *
 * @typedef {{ id: string, kind: Kind, words: string }} Row
 * @typedef {'origin' | 'behaviour' | 'asvs' | 'badInput' | 'fault' | 'advisory'} Kind
 * @typedef {Record<Kind | 'group', Record<string, string>>} AcceptanceIds
 */

/** The heading of each kind, in the order of the report. */
export const KINDS = /** @type {const} */ ({
  origin: 'ORIGIN rows',
  behaviour: 'behaviours',
  asvs: 'ASVS requirements',
  badInput: 'bad inputs',
  fault: 'faults',
  advisory: 'advisories',
})

/** @type {AcceptanceIds} */
const ACCEPTANCE = JSON.parse(
  readFileSync(new URL('../acceptance-ids.json', import.meta.url), 'utf8'),
)

/**
 * Rows of ASVS that ask for something about a part which the product does not have, with the reason.
 *
 * @type {Readonly<Record<string, string>>}
 */
export const NOT_APPLICABLE = JSON.parse(
  readFileSync(new URL('not-applicable.json', import.meta.url), 'utf8'),
)

/**
 * Every row, kind by kind.
 *
 * @param {AcceptanceIds} [acceptance]
 * @returns {Row[]}
 */
export function allRows(acceptance = ACCEPTANCE) {
  const kinds = /** @type {Kind[]} */ (Object.keys(KINDS))
  return kinds.flatMap((kind) =>
    Object.entries(acceptance[kind]).map(([id, words]) => ({ id, kind, words })),
  )
}

/**
 * The groups of behaviours: number, words, and the ids of their lines. A group is shown when each of
 * its lines is; it has no id of its own.
 *
 * @param {AcceptanceIds} [acceptance]
 * @returns {{ number: string, words: string, ids: string[] }[]}
 */
export function behaviourGroups(acceptance = ACCEPTANCE) {
  const lines = Object.keys(acceptance.behaviour)
  return Object.entries(acceptance.group).map(([number, words]) => ({
    number,
    words,
    ids: lines.filter((id) => id.replace(/\D/g, '') === number),
  }))
}
