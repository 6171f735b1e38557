import type { Session } from '../express-session/session.js'
import type { Baseline } from './baseline.js'
import type { Keeping } from './keeping.js'
import { lookAt } from './look.js'

/**
 * Looks once more whether `session` lives and nothing is taking its place: an answer that sends its cookie anew would
 * put it over the one that another answer set, or deleted. `undefined`: that is known already.
 */
export function confirm(keeping: Keeping, session: Session): Promise<void> | undefined {
  const baseline = keeping.baselines.of(session)
  if (baseline?.isKept !== true || baseline.isPassing) return undefined
  const answer = keeping.core.store.peek(baseline.id)
  if (answer !== undefined && lookAt(answer, baseline.name).state === 'live') {
    baseline.isPassing = answer.record.endsAs !== undefined
    return undefined
  }
  return ask(keeping, baseline)
}

async function ask({ core }: Keeping, baseline: Baseline): Promise<void> {
  try {
    const look = lookAt(await core.store.read(baseline.id), baseline.name)
    if (look.state === 'live') baseline.isPassing = look.record.endsAs !== undefined
    else baseline.endReason = look.state === 'over' ? look.reason : 'unknown'
  } catch {
    // The answer is good without a cookie; one too many may sign somebody out.
    baseline.isPassing = true
  }
}
