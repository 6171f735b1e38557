/**
 * How a test names what it proves: a list of ids, a colon, and words.
 *
 *   S0-04: …                          a row of ORIGIN
 *   behaviour 3a: …                   a line of BEHAVIOURS
 *   ASVS 7.4.1: …                     a requirement of OWASP ASVS 5.0
 *   fault F2: …                       a row of the fault matrix
 *   cookie-06: …  json-04: …          a bad input
 *   CVE-2015-9235: …  GHSA-…: …       an advisory
 *   S0-04, behaviour 6a, 6b: …        several; the word may be left out where it repeats
 *
 * Only the test's own title counts, not those of the groups around it. A title whose part before the
 * first colon holds nothing that looks like an id names none. Where one item looks like an id, each
 * item must be one: that catches the slip of the pen.
 */

/** Titles of ordinary tests ("store: keeps the data") must not match, ids with a slip in them must. */
const LOOKS_LIKE_ID =
  /^(S\d+-\d|behaviou?rs? ?\d|asvs ?\d|faults? ?F?\d|F\d|CVE-\d|GHSA-|(cookie|header|jwt|json|query|env)-\d)/i

/** The kinds whose word may be left out when the item before it had the same word. */
const REPEATABLE = [
  { word: 'behaviour', bare: /^\d+[a-z]$/ },
  { word: 'ASVS', bare: /^\d+\.\d+\.\d+$/ },
  { word: 'fault', bare: /^F\d+$/ },
]

/**
 * The ids that a title names, and what is wrong with it.
 *
 * @param {string} title
 * @param {ReadonlySet<string>} known every id there is
 * @returns {{ ids: string[], problems: string[] }}
 */
export function readTitle(title, known) {
  const colon = title.indexOf(':')
  const items = listOf(colon === -1 ? title : title.slice(0, colon))
  if (!items.some((item) => LOOKS_LIKE_ID.test(item) || known.has(item)))
    return { ids: [], problems: [] }
  if (colon === -1) return { ids: [], problems: ['has an id, but no colon after it'] }
  const unknown = items.filter((item) => !known.has(item))
  return {
    ids: items.filter((item) => known.has(item)),
    problems: unknown.map((item) => `names "${item}", which is no id`),
  }
}

/**
 * The items of a comma-separated list, with the words that were left out put back.
 *
 * @param {string} head
 * @returns {string[]}
 */
function listOf(head) {
  /** @type {string[]} */
  const items = []
  for (const item of head.split(',').map((part) => part.trim())) {
    const before = items.at(-1) ?? ''
    const repeated = REPEATABLE.find(({ word, bare }) => before.startsWith(word) && bare.test(item))
    items.push(repeated === undefined ? item : `${repeated.word} ${item}`)
  }
  return items
}
