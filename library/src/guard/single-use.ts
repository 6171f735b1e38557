import { InvalidOption } from '../errors.js'
import { toMilliseconds, type Duration } from '../system/duration.js'
import { createHmac } from '../system/digest.js'
import type { GuardContext } from './context.js'
import { refuseUnlessRecent, type GuardedSession, type Refusal } from './session-guard.js'

/** What has to be proved before one very sensitive act. */
export interface ProofRules {
  /** What the act is called: a proof opens one act of each name. 1 to 60 of `A-Z a-z 0-9 _ . -`. */
  readonly action: string
  /** How long ago the person may have proved who they are. Default `'5m'`. */
  readonly maxAge?: Duration
  /** How: one of these `methods` of `elevate` must be in the session. Default: however. */
  readonly methods?: readonly string[]
}

const LONGEST = 24 * 3_600_000

/**
 * Lets one act through for each proof of who the person is (ASVS 7.5.3): a recent `elevate()` or sign-in, which no earlier
 * request has used for this act, over all processes. Costs one round trip. Throws `StoreUnavailable`, `InvalidOption`.
 */
export function createProofCheck(
  { counters, deriveKeys }: Pick<GuardContext, 'counters' | 'deriveKeys'>,
  { action, maxAge = '5m', methods }: ProofRules,
): (session: GuardedSession) => Promise<Refusal | undefined> {
  const age = toMilliseconds(maxAge)
  if (age === undefined || age < 1 || age > LONGEST) {
    throw new InvalidOption('option maxAge must be a duration up to 24 hours, such as "5m".')
  }
  if (!/^[\w.-]{1,60}$/.test(action)) {
    throw new InvalidOption('option action must be 1 to 60 of A-Z a-z 0-9 _ . -')
  }
  const mac = createHmac(deriveKeys('proof')[0] ?? '')
  return async (session) => {
    const refusal = refuseUnlessRecent(session, age)
    if (refusal !== undefined) return refusal
    const { id, authenticatedAt, methods: used = [] } = session.facts ?? {}
    if (methods !== undefined && !methods.some((one) => used.includes(one))) {
      return again(session, age, 'method')
    }
    const proof = JSON.stringify([id, authenticatedAt, action])
    const key = `proof:${mac.sign(proof).toString('base64url', 0, 18)}`
    const { isAllowed } = await counters.attempt(key, { max: 1, lockFor: age, forgetAfter: age })
    return isAllowed ? undefined : again(session, age, 'used')
  }
}

function again({ schemes }: GuardedSession, maxAge: number, check: string): Refusal {
  return {
    status: 401,
    code: 'reauthentication_required',
    message: 'Please confirm that it is you.',
    check,
    maxAge: Math.floor(maxAge / 1000),
    schemes,
  }
}
