import type { SignInGuard } from '../guard/sign-in/contract.js'
import { GUARD_SERIES } from './catalogue/index.js'
import { declareCount } from './declare.js'
import type { Metrics } from './metrics.js'

/**
 * A sign-in guard whose refusals are counted as those of the other guards are (`guard="sign_in"`): use it in place of the
 * one that was given. No event tells of each, lest somebody who goes on trying fill the log.
 */
export function observeSignInGuard(metrics: Metrics, guard: SignInGuard): SignInGuard {
  const refused = declareCount(metrics, GUARD_SERIES.refused)
  return {
    ...guard,
    async begin(claim) {
      const start = await guard.begin(claim)
      if (!start.isAllowed) refused(['sign_in', 'refused'])
      return start
    },
  }
}
