import { StoreUnavailable } from '../../errors.js'
import {
  createAnomalyGuard,
  type AnomalyContext,
  type AnomalyGuard,
  type AnomalyOptions,
} from '../../guard/anomaly/index.js'
import { createProofCheck, type ProofRules } from '../../guard/single-use.js'
import type { Call, Guard } from '../neutral/call.js'

/** The guard of `web.watch`. */
export function createWatch(
  context: AnomalyContext,
  given: AnomalyGuard | AnomalyOptions = {},
): Guard {
  const guard = 'check' in given ? given : createAnomalyGuard(context, given)
  return (call) => {
    const { incoming, session } = call
    // Who shows nothing has no session that could be anybody else's.
    if (incoming.cookieHeader === undefined && incoming.header('authorization') === undefined) {
      return undefined
    }
    if (session.loadNow()) return look(guard, call)
    return session.load().then(
      () => look(guard, call),
      (error: unknown) => pass(guard, error),
    )
  }
}

/** Whatever was found, the guards of the routes refuse: who is not let in anywhere can still sign in anew. */
function look(guard: AnomalyGuard, { incoming, session }: Call): Promise<undefined> | undefined {
  const judged = guard.check(incoming, session)
  if (!(judged instanceof Promise)) return undefined
  if (guard.isEnforcing) {
    return judged.then(
      () => undefined,
      (error: unknown) => pass(guard, error),
    )
  }
  // Where nothing can come of it for this request, nobody waits for what is counted.
  judged.catch(() => undefined)
  return undefined
}

/** Routes load the session themselves, and say what has to be said. */
function pass(guard: AnomalyGuard, error: unknown): undefined {
  if (guard.isEnforcing || !(error instanceof StoreUnavailable)) throw error
  return undefined
}

/** The guard of `web.requireProof`. */
export function createProofGuard(context: AnomalyContext, rules: ProofRules): Guard {
  const check = createProofCheck(context, rules)
  return async ({ session }) => {
    // What is single-use must not be judged by what the near cache remembers.
    await session.load({ fresh: true })
    return check(session)
  }
}
