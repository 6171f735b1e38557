import type { Attempt, AttemptRule, Counters } from '../counters.js'
import { checkAttemptRule, checkCounterKey, checkRate } from '../input.js'
import { toSpent } from '../memory/allowance.js'
import type { Reply } from './runner.js'
import { ATTEMPT, FORGET, LOOK, SPEND } from './scripts/counters.js'
import type { Context } from './sessions.js'

/** The verbs that count. A key has a bucket like a subject's, so that the keys of a cluster are spread over its nodes. */
export function createCounters({ run, keys, bucketOf }: Context): Counters {
  const attemptsOf = (key: string): string => keys.attempts(bucketOf(key), key)
  return {
    async spend(key, rate, cost = 1) {
      checkCounterKey(key)
      checkRate(rate, cost)
      const words = [rate.quota, rate.window, cost].map(String)
      const reply = await run(SPEND, keys.debt(bucketOf(key), key), ...words)
      return toSpent(reply.status === 'allowed', Number(reply.words[0]), rate, cost)
    },
    async attempt(key, rule) {
      checkCounterKey(key)
      checkAttemptRule(rule)
      const words = [rule.max, rule.lockFor, rule.forgetAfter].map(String)
      return toAttempt(await run(ATTEMPT, attemptsOf(key), ...words), rule)
    },
    async look(key) {
      checkCounterKey(key)
      const { status, words } = await run(LOOK, attemptsOf(key))
      const [count = 0, resetAfter = 0] = words.map(Number)
      return { count, isLocked: status === 'locked', resetAfter }
    },
    async forget(key) {
      checkCounterKey(key)
      const { words } = await run(FORGET, attemptsOf(key))
      return Number(words[0])
    },
  }
}

function toAttempt({ status, words }: Reply, { lockFor }: AttemptRule): Attempt {
  const [count, left] = words.map(Number)
  const hasLocked = status === 'locking'
  return {
    isAllowed: status !== 'locked',
    count: count ?? 0,
    hasLocked,
    retryAfter: hasLocked ? lockFor : (left ?? 0),
  }
}
