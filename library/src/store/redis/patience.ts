import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from '../../errors.js'
import type { Clock } from '../../system/clock.js'
import { randomBelow } from '../../system/random.js'
import type { Connection } from './client.js'
import { isReplica } from './faults.js'

/** For how long a slot that is being moved is asked again: less than the deadline of a call, beyond which nobody waits. Milliseconds. */
const TRY_AGAIN_FOR = 200
/** At least; at most twice that, so that those who were refused together do not come again together. Milliseconds. */
const TRY_AGAIN_AFTER = 15
/** How often a connection to a replica is replaced. Milliseconds. */
const LEAVE_EVERY = 1_000

/** Makes an attempt, and another where that may help. */
export type Patience = <Answer>(attempt: () => Promise<Answer>) => Promise<Answer>

/**
 * What is done about a node that is not to be believed (see `probing` in scripts/snippets.ts). While a slot moves it is
 * asked again: whatever is refused for that is refused before a write. A connection to a replica is replaced, as its
 * name or address may lead to the new primary by now; the call itself fails.
 */
export function createPatience(connection: Connection, clock: Clock): Patience {
  let leftAt = -Infinity

  function leaveReplica(): void {
    const now = clock.elapsed()
    if (!connection.isOne || now - leftAt < LEAVE_EVERY) return
    leftAt = now
    connection.renew?.()
  }

  return async (attempt) => {
    const until = clock.elapsed() + TRY_AGAIN_FOR
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (isReplica(error)) leaveReplica()
        const isMoving = error instanceof StoreUnavailable && error.isPartial
        const rest = TRY_AGAIN_AFTER + randomBelow(TRY_AGAIN_AFTER)
        if (!isMoving || clock.elapsed() + rest > until) throw error
        await sleep(rest, undefined, { ref: false })
      }
    }
  }
}
