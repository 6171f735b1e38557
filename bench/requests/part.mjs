import { BARE, CANDIDATES } from '../candidates.mjs'
import { missingFor } from '../harness/installed.mjs'
import { printProfiles } from '../harness/profile.mjs'
import { median, say, two } from '../harness/table.mjs'
import { countExactly } from './exact.mjs'
import { requestTable, toRows } from './report.mjs'
import { measureInRounds } from './rounds.mjs'

/** `--part requests`: whole requests with each stack, against bare Express in the same run. */
export async function requestsPart(how) {
  const { here, missing } = select(CANDIDATES, how.only)
  const exact = await countExactly([BARE, ...here])
  say('commands, round trips and bytes are counted')
  const { bare, rows } = await measureInRounds(here, how)
  const floor = {
    name: BARE.name,
    group: BARE.group,
    rate: Math.round(median(bare.map(({ rate }) => rate))),
    cpu: median(bare.map(({ cpu }) => cpu)),
    ...exact.get(BARE),
  }
  const report = { missing, bare: floor, rows: toRows(rows, exact) }
  if (how.profileFolder !== undefined) printProfiles(how.profileFolder)
  return { ...report, text: toText(report) }
}

/** Candidates whose name holds `only` and whose packages are here; and which packages are not. */
export function select(candidates, only) {
  const wanted = candidates.filter(({ name, kind }) => `${name} (${kind})`.includes(only))
  if (wanted.length === 0) throw new Error(`No candidate is called "${only}".`)
  const missing = wanted.flatMap(({ kind }) => missingFor(kind))
  return { here: wanted.filter(({ kind }) => missingFor(kind).length === 0), missing }
}

function toText({ bare, rows }) {
  const notes = rows.filter(({ note }) => note).map(({ name, note }) => `- ${name}: ${note}.`)
  return [
    `Bare Express: ${bare.rate} requests/s, ${two(bare.cpu)} us CPU each`,
    '',
    requestTable(rows),
    '',
    ...notes,
  ].join('\n')
}
