import { tell, type History } from '../history.js'
import { violation, type Evidence, type Violation } from './evidence.js'
import { livesOf } from './lives.js'
import { checkCreation, checkIndex } from './rules/index-and-records.js'
import { checkEnds, checkKept, checkOwners } from './rules/sessions.js'
import { checkRefresh } from './rules/refresh.js'
import { checkWrites } from './rules/writes.js'

/** In the order in which they are told: what comes first explains what follows. */
const RULES: readonly ((evidence: Evidence) => Violation[])[] = [
  checkFaults,
  checkOwners,
  checkEnds,
  checkKept,
  checkWrites,
  checkRefresh,
  checkIndex,
  checkCreation,
]

/** Judges a history. Empty: it can be explained. */
export function check(history: History): Violation[] {
  const told = tell(history)
  const evidence = { ...told, lives: livesOf(told) }
  return RULES.flatMap((rule) => rule(evidence))
}

function checkFaults({ calls }: Evidence): Violation[] {
  return calls
    .filter(({ result }) => result.status !== undefined)
    .map((call) => violation('fault', `answered ${String(call.result.status)}`, call))
}
