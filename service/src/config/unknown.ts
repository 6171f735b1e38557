import type { Findings } from './refusal.js'
import type { Environment } from './values.js'
import { VARIABLES } from './variables.js'

const KNOWN = Object.keys(VARIABLES)
/** Names that start so can only be meant for this service. */
const OWN = 'SOJOURN_'
/** With fewer characters, too many unrelated names are close to one another. */
const SHORTEST = 6

/** Warns about variables that look like a setting of this service but are none. */
export function reportUnknown(environment: Environment, findings: Findings): void {
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined || KNOWN.includes(name)) continue
    const meant = nearest(name.startsWith(OWN) ? name.slice(OWN.length) : name)
    if (meant === undefined && !name.startsWith(OWN)) continue
    const question = meant === undefined ? '' : ` Did you mean ${meant}?`
    findings.warn('CONFIG_UNKNOWN', `Unknown setting ${name.slice(0, 60)}.${question}`)
  }
}

/** The known name that `name` was probably meant to be. */
function nearest(name: string): string | undefined {
  if (name.length < SHORTEST) return undefined
  const slips = name.length < 10 ? 1 : 2
  return (
    KNOWN.find((known) => known === name) ?? KNOWN.find((known) => distance(known, name) <= slips)
  )
}

/** Levenshtein's distance: how many characters must be put in, taken out or replaced. */
export function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [down, character] of [...left].entries()) {
    const next = [down + 1]
    for (const [across, other] of [...right].entries()) {
      const replaced = (row[across] ?? 0) + (character === other ? 0 : 1)
      next.push(Math.min(replaced, (row[across + 1] ?? 0) + 1, (next[across] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
