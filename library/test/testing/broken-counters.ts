import type { Counters } from '../../src/store/counters.js'
import type { Breakage, Parts } from './broken-stores.js'

const otherCallers = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A store that counts in a wrong way. */
function counting(
  name: string,
  noticedBy: readonly string[],
  breakIt: (sound: Counters, parts: Parts) => Partial<Counters>,
): Breakage {
  return {
    name,
    noticedBy,
    breakIt(parts) {
      const { counters } = parts.sound
      return counters === undefined
        ? {}
        : { counters: { ...counters, ...breakIt(counters, parts) } }
    },
  }
}

const RANDOM = 'agree with the model after 600 random operations'

/** Ways to get counting wrong. */
export const BROKEN_COUNTERS: readonly Breakage[] = [
  counting(
    'looks whether something is left before it waits (CVE-2024-1722)',
    ['CVE-2024-1722: of 200 calls at once as many are allowed as the quota'],
    (sound) => ({
      async spend(key, rate, cost = 1) {
        const { remaining } = await sound.spend(key, rate, 0)
        await otherCallers()
        const spent = await sound.spend(key, rate, cost)
        return { ...spent, isAllowed: spent.isAllowed || (cost > 0 && remaining >= cost) }
      },
    }),
  ),
  counting(
    'prolongs the wait of those who try again',
    ['writes nothing where it refuses: nobody prolongs a wait', RANDOM],
    (sound) => ({
      async spend(key, rate, cost = 1) {
        const spent = await sound.spend(key, rate, cost)
        if (spent.isAllowed) return spent
        const wider = { quota: rate.quota * 2, window: rate.window * 2 }
        await sound.spend(key, wider, Math.min(cost, rate.quota))
        return spent
      },
    }),
  ),
  counting(
    'counts in fixed windows',
    ['refills one by one, each at its instant', RANDOM],
    (sound, { clock }) => ({
      spend: (key, rate, cost = 1) => {
        const window = Math.floor(clock.now() / rate.window)
        const within = { ...rate, window: 30 * 86_400_000 }
        return sound.spend(`${key.slice(0, 100)}.${window}`, within, cost)
      },
    }),
  ),
  counting(
    'takes as much as is left of what is asked for',
    ['takes what is asked for whole, or nothing of it', RANDOM],
    (sound) => ({
      async spend(key, rate, cost = 1) {
        const { remaining } = await sound.spend(key, rate, 0)
        return sound.spend(key, rate, cost > 1 ? Math.min(cost, Math.max(remaining, 1)) : cost)
      },
    }),
  ),
  counting(
    'takes one for looking',
    ['only looks at a cost of 0, also where nothing is left', RANDOM],
    (sound) => ({ spend: (key, rate, cost = 1) => sound.spend(key, rate, cost === 0 ? 1 : cost) }),
  ),
  counting(
    'rounds each step up to a millisecond',
    ['adds thirds of a millisecond up without losing one'],
    (sound) => ({
      spend(key, { quota, window }, cost) {
        const each = Math.ceil(window / quota)
        return sound.spend(key, { quota, window: Math.min(each * quota, 30 * 86_400_000) }, cost)
      },
    }),
  ),
  counting(
    'prolongs a lock by each attempt',
    ['does not prolong a lock by attempts meanwhile', RANDOM],
    (sound, { tables, clock }) => ({
      async attempt(key, rule) {
        const attempt = await sound.attempt(key, rule)
        const { count } = attempt
        const endsAt = clock.now() + rule.lockFor
        if (!attempt.isAllowed)
          tables.counters.tallies.set(key, { count, isLocked: true, endsAt }, 0)
        return attempt
      },
    }),
  ),
  counting(
    'counts attempts before it waits (CVE-2024-4629)',
    ['of 200 attempts at once as many are allowed as lock'],
    (sound, { tables, clock }) => ({
      async attempt(key, rule) {
        const before = tables.counters.tallies.get(key)
        await otherCallers()
        if (before !== undefined) tables.counters.tallies.set(key, before, clock.now())
        else tables.counters.tallies.delete(key)
        return sound.attempt(key, rule)
      },
    }),
  ),
  counting('never begins anew after a lock', ['begins anew after a lock', RANDOM], (sound) => {
    const counts = new Map<string, number>()
    return {
      async attempt(key, rule) {
        const attempt = await sound.attempt(key, rule)
        const count = attempt.isAllowed ? (counts.get(key) ?? 0) + 1 : attempt.count
        counts.set(key, count)
        return { ...attempt, count: attempt.count === 1 && count > 1 ? count : attempt.count }
      },
      async forget(key) {
        counts.delete(key)
        return sound.forget(key)
      },
    }
  }),
  counting(
    'forgets attempts so long after the first one',
    ['forgets attempts a while after the last one', RANDOM],
    (sound, { tables }) => ({
      async attempt(key, rule) {
        const before = tables.counters.tallies.get(key)
        const attempt = await sound.attempt(key, rule)
        const after = tables.counters.tallies.get(key)
        if (before !== undefined && after !== undefined && attempt.count > 1 && !after.isLocked)
          tables.counters.tallies.set(key, { ...after, endsAt: before.endsAt }, 0)
        return attempt
      },
    }),
  ),
  counting(
    'counts an attempt when it only looks',
    ['looks at attempts without counting them', RANDOM],
    (sound, { tables }) => ({
      async look(key) {
        const tally = tables.counters.tallies.get(key)
        const attempts = await sound.look(key)
        if (tally?.isLocked === false) {
          tables.counters.tallies.set(key, { ...tally, count: tally.count + 1 }, 0)
        }
        return attempts
      },
    }),
  ),
  counting(
    'keeps the lock when it forgets the attempts',
    ['tells how many attempts it forgets, and their lock with them', RANDOM],
    (sound, { tables }) => ({
      async forget(key) {
        const tally = tables.counters.tallies.get(key)
        const count = await sound.forget(key)
        if (tally?.isLocked === true) tables.counters.tallies.set(key, tally, 0)
        return count
      },
    }),
  ),
  counting(
    'takes keys that differ in case for one',
    ['keeps keys apart, and what was spent from attempts', RANDOM],
    (sound) => ({ spend: (key, rate, cost) => sound.spend(key.toLowerCase(), rate, cost) }),
  ),
  counting(
    'takes any rate',
    ['refuses rates, costs and rules out of bounds, by name'],
    (sound) => ({
      spend: (key, rate, cost) =>
        sound.spend(key, rate, cost).catch(() => sound.spend(key, { quota: 1, window: 1 }, 0)),
    }),
  ),
  counting(
    'keeps what is over',
    ['keeps nothing for longer than it makes a difference'],
    (sound, { tables }) => ({
      async spend(key, rate, cost) {
        const spent = await sound.spend(key, rate, cost)
        const forever = { endsAt: Number.MAX_SAFE_INTEGER, spare: 0, quota: rate.quota }
        if (key === 'spent') tables.counters.debts.set(`${key}.`, forever, 0)
        return spent
      },
    }),
  ),
]
