import { networkOf } from '../../request/client-address.js'
import type { AttemptRule, Counters, Rate } from '../../store/counters.js'
import { createHmac } from '../../system/digest.js'
import type { GuardContext } from '../context.js'

const DAY = 86_400_000
/** Milliseconds: the longest that counters keep anything. */
const REMEMBERED = 30 * DAY
/** Never locks: it only counts. */
const COUNT: AttemptRule = { max: 1_000_000_000, lockFor: 1, forgetAfter: REMEMBERED }
/** What is known of a person's hours before one of them can be unusual. */
const ENOUGH_USES = 10
const HOURS_TOGETHER = 6
const HOUR = 3_600_000
/** Taken once where a network has had too many failures: it is full again an hour later. */
const DOUBT: Rate = { quota: 1, window: HOUR }

/**
 * What was seen before, over all processes: counters under keyed digests, each a few bytes with an end, at most one for each
 * session and network or agent that it was seen with.
 */
export interface History {
  /** Notes `mark` for `whom` (a session or a person), and answers whether it is the first time in 30 days. */
  isNew(whom: string, mark: string): Promise<boolean>
  /** Notes that somebody came, and answers whether these are hours in which they never do. */
  isUnusualHour(subject: string, now: number): Promise<boolean>
  /** Whether something is to be told: once for each `kind` in `every` milliseconds. */
  mayTell(id: string, kind: string, every: number): Promise<boolean>
  /** A sign-in failed from there. From the `most`-th within an hour on, the network is doubtful for an hour. */
  noteFailure(address: string, most: number): Promise<void>
  isDoubtful(address: string): Promise<boolean>
}

export function createHistory({
  counters,
  deriveKeys,
}: Pick<GuardContext, 'counters' | 'deriveKeys'>): History {
  const mac = createHmac(deriveKeys('anomaly')[0] ?? '')
  const key = (kind: string, ...words: readonly string[]): string =>
    `${kind}:${mac.sign(JSON.stringify([kind, ...words])).toString('base64url', 0, 18)}`
  const count = async (of: Counters, name: string): Promise<number> =>
    (await of.attempt(name, COUNT)).count
  return {
    isNew: async (whom, mark) => (await count(counters, key('seen', whom, mark))) === 1,
    async isUnusualHour(subject, now) {
      const block = Math.floor((now % DAY) / HOUR / HOURS_TOGETHER)
      const [uses, here] = await Promise.all([
        count(counters, key('uses', subject)),
        count(counters, key('hour', subject, String(block))),
      ])
      return uses > ENOUGH_USES && here === 1
    },
    async mayTell(id, kind, every) {
      const rule = { max: 1, lockFor: every, forgetAfter: every }
      return (await counters.attempt(key('told', id, kind), rule)).isAllowed
    },
    async noteFailure(address, most) {
      const network = networkOf(address)
      const rule = { max: most, lockFor: HOUR, forgetAfter: HOUR }
      const { hasLocked } = await counters.attempt(key('fail', network), rule)
      if (hasLocked) await counters.spend(key('doubt', network), DOUBT)
    },
    async isDoubtful(address) {
      const { remaining } = await counters.spend(key('doubt', networkOf(address)), DOUBT, 0)
      return remaining === 0
    },
  }
}
