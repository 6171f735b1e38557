import type { Counters } from '../counters.js'
import { checkAttemptRule, checkCounterKey, checkRate } from '../input.js'
import { spendAt, type Debt } from '../memory/allowance.js'
import { attemptAt, attemptsAt, type Tally } from '../memory/tally.js'
import type { Durability } from './connection.js'
import type { Context } from './context.js'
import { forgetSurplusCounts, sweepCounts } from './sweep.js'

/** How the verbs reach the file. */
interface Access {
  read<T>(verb: (context: Context) => T): Promise<T>
  write<T>(durability: Durability, verb: (context: Context) => T): Promise<T>
}

/** How many writes pay for one sweep. Each may remove four times as many rows as they added. */
const SWEEP_EVERY = 8
/** How many writes pay for one look at how many rows there are. */
const COUNT_EVERY = 1_024

/**
 * The verbs that count. Each looks first, which waits for no writer: what is refused costs no more than that. What is
 * not is judged again in a transaction of its own, so that it is exact over all processes.
 *
 * Counts are not synced one by one: a power cut may lose the last of them.
 */
export function createCounters(access: Access): Counters {
  let writes = 0
  const write = <T>(verb: (context: Context) => T): Promise<T> =>
    access.write('written', (context) => {
      writes += 1
      if (writes % SWEEP_EVERY === 0) sweepCounts(context)
      if (writes % COUNT_EVERY === 0) forgetSurplusCounts(context)
      return verb(context)
    })
  return {
    async spend(key, rate, cost = 1) {
      checkCounterKey(key)
      checkRate(rate, cost)
      const judge = (context: Context): ReturnType<typeof spendAt> =>
        spendAt(findDebt(context, key), context.now, rate, cost)
      const { isChange, spent } = await access.read(judge)
      if (!isChange) return spent
      return write((context) => {
        const spending = judge(context)
        if (spending.isChange) keepDebt(context, key, spending.debt)
        return spending.spent
      })
    },
    async attempt(key, rule) {
      checkCounterKey(key)
      checkAttemptRule(rule)
      const judge = (context: Context): ReturnType<typeof attemptAt> =>
        attemptAt(findTally(context, key), context.now, rule)
      const { tally, attempt } = await access.read(judge)
      if (tally === undefined) return attempt
      return write((context) => {
        const attempting = judge(context)
        if (attempting.tally !== undefined) keepTally(context, key, attempting.tally)
        return attempting.attempt
      })
    },
    async look(key) {
      checkCounterKey(key)
      return access.read((context) => attemptsAt(findTally(context, key), context.now))
    },
    async forget(key) {
      checkCounterKey(key)
      if ((await access.read((context) => findTally(context, key))) === undefined) return 0
      return write((context) => forget(context, key))
    },
  }
}

const FIND_DEBT = `SELECT ends_at AS endsAt, spare, quota FROM debt WHERE key = ?`

function findDebt({ connection }: Context, key: string): Debt | undefined {
  return connection.get(FIND_DEBT, key) as Debt | undefined
}

const KEEP_DEBT = `
  INSERT INTO debt (key, ends_at, spare, quota) VALUES (?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET
    ends_at = excluded.ends_at, spare = excluded.spare, quota = excluded.quota`
const DROP_DEBT = `DELETE FROM debt WHERE key = ?`

function keepDebt({ connection }: Context, key: string, debt: Debt | undefined): void {
  if (debt === undefined) connection.run(DROP_DEBT, key)
  else connection.run(KEEP_DEBT, key, debt.endsAt, debt.spare, debt.quota)
}

const FIND_TALLY = `SELECT count, is_locked AS isLocked, ends_at AS endsAt FROM tally WHERE key = ?`

function findTally({ connection }: Context, key: string): Tally | undefined {
  const row = connection.get(FIND_TALLY, key)
  if (row === undefined) return undefined
  const { count, isLocked, endsAt } = row as Record<'count' | 'isLocked' | 'endsAt', number>
  return { count, isLocked: isLocked !== 0, endsAt }
}

const KEEP_TALLY = `
  INSERT INTO tally (key, ends_at, count, is_locked) VALUES (?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET
    ends_at = excluded.ends_at, count = excluded.count, is_locked = excluded.is_locked`

function keepTally({ connection }: Context, key: string, tally: Tally): void {
  connection.run(KEEP_TALLY, key, tally.endsAt, tally.count, tally.isLocked ? 1 : 0)
}

const DROP_TALLY = `DELETE FROM tally WHERE key = ?`

function forget(context: Context, key: string): number {
  const tally = findTally(context, key)
  if (tally === undefined) return 0
  context.connection.run(DROP_TALLY, key)
  return tally.endsAt > context.now ? tally.count : 0
}
