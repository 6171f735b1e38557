import { describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../src/errors.js'
import type { LiveEnd } from '../../src/live/end.js'
import { Keeper } from '../../src/live/keeper.js'
import type { Held } from '../../src/live/kept-session.js'
import { Wheel } from '../../src/live/wheel.js'
import type { HeldSessions } from '../../src/session/held.js'
import type { ActiveResolution } from '../../src/session/resolve.js'
import { createManualClock } from '../../src/testing/manual-clock.js'
import { madeUpIncoming } from '../../src/testing/made-up-request.js'
import { signIn } from '../../src/testing/sign-in.js'
import { scene } from '../support/sojourn.js'

const MINUTE = 60_000
const SETTINGS = { recheckEvery: 750, awayLimit: MINUTE }

/** A connection that notes what it is told. */
class Note implements Held {
  readonly wantsUse: boolean
  ends: LiveEnd[] = []
  looks = 0

  constructor(wantsUse = false) {
    this.wantsUse = wantsUse
  }

  onEnd(end: LiveEnd): void {
    this.ends.push(end)
  }

  onLook(): void {
    this.looks += 1
  }

  onOver(): void {
    // Told by the end.
  }
}

type Held_ = HeldSessions

/** A keeper over sessions in memory, with an hour of idle time, on a clock that the test moves. */
function stage(change: (held: Held_) => Partial<Held_> = () => ({})) {
  const { sojourn, clock, calls } = scene()
  const held = { ...sojourn.held, ...change(sojourn.held) }
  let ahead = 0
  const jumping = { now: () => clock.now() + ahead, elapsed: () => clock.elapsed() }
  const keeper = new Keeper({ held, clock: jumping, settings: SETTINGS })
  /** The wall clock goes on while the other one stands still. */
  const sleep = (milliseconds: number): void => {
    ahead += milliseconds
  }
  const find = async (subject: string): Promise<ActiveResolution> => {
    const client = await signIn(sojourn, { subject })
    const { session } = sojourn.exchange(madeUpIncoming({ cookie: client.cookie }))
    await session.load()
    const { resolution } = session
    if (resolution.state !== 'active') throw new Error('not signed in')
    return resolution
  }
  /** Lets time pass, and everything that is due by then happen. */
  const pass = async (milliseconds: number): Promise<void> => {
    clock.advance(milliseconds)
    keeper.wheel.turn()
    await settle()
  }
  return { sojourn, keeper, calls, find, pass, sleep }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('what is kept', () => {
  it('ends at the instant of its expiry, and not before', async () => {
    const { keeper, find, pass } = stage()
    const note = new Note()
    keeper.keep(await find('ada'), note)
    await settle()
    await pass(60 * MINUTE - 1_000)
    expect(note.ends).toEqual([])
    await pass(1_200)
    expect(note.ends).toEqual([{ kind: 'ended', reason: 'expired_idle' }])
    expect([keeper.connections, keeper.sessions, keeper.wheel.size]).toEqual([0, 0, 0])
  })

  it('goes on where the session was used meanwhile, which nobody tells of', async () => {
    const { sojourn, keeper, find, pass } = stage()
    const note = new Note()
    const found = await find('ada')
    keeper.keep(found, note)
    await settle()
    await pass(30 * MINUTE)
    await sojourn.held.touch(found.record.id)
    await pass(30 * MINUTE + 1_000)
    expect(note.ends).toEqual([])
    await pass(30 * MINUTE)
    expect(note.ends).toEqual([{ kind: 'ended', reason: 'expired_idle' }])
  })

  it('hears of use at once where it wants to, in this process, and in time elsewhere', async () => {
    const { sojourn, keeper, find, pass } = stage()
    const found = await find('ada')
    const [eager, plain] = [new Note(true), new Note()]
    keeper.keep(found, eager)
    keeper.keep(await find('bob'), plain)
    await settle()
    const looks = eager.looks
    await sojourn.held.touch(found.record.id)
    await settle()
    expect(eager.looks).toBe(looks + 1)
    await pass(31_000)
    expect([eager.looks, plain.looks]).toEqual([looks + 2, 1])
  })

  it('is marked as seen as seldom as by requests, however much is said', async () => {
    const { keeper, calls, find, pass } = stage()
    const kept = keeper.keep(await find('ada'), new Note())
    await settle()
    await pass(MINUTE)
    calls.length = 0
    for (let message = 0; message < 100; message += 1) await keeper.touch(kept)
    expect(calls).toEqual(['change'])
    await pass(MINUTE)
    await Promise.all(Array.from({ length: 100 }, () => keeper.touch(kept)))
    expect(calls).toEqual(['change', 'change'])
  })

  it('that ended between the handshake and now is found out', async () => {
    const { sojourn, keeper, find } = stage()
    const found = await find('ada')
    await sojourn.revoke(found.record.id)
    const note = new Note()
    keeper.keep(found, note)
    await settle()
    expect(note.ends).toEqual([{ kind: 'ended', reason: 'revoked_admin' }])
  })

  it('is looked at again for what is told while it is being looked at', async () => {
    const answers: (() => void)[] = []
    const { sojourn, keeper, find } = stage((held) => ({
      async look(one) {
        const answer = await held.look(one)
        await new Promise<void>((resolve) => answers.push(resolve))
        return answer
      },
    }))
    const found = await find('ada')
    const note = new Note()
    keeper.keep(found, note)
    await settle()
    // The store has answered "it lives", and the answer is still on its way.
    await sojourn.revoke(found.record.id)
    await settle()
    answers[0]?.()
    await settle()
    expect(note.ends).toEqual([])
    answers[1]?.()
    await settle()
    expect(note.ends).toEqual([{ kind: 'ended', reason: 'revoked_admin' }])
  })

  it('after the machine has slept is looked at, whatever the timers say', async () => {
    const { keeper, find, pass, sleep } = stage()
    const note = new Note()
    keeper.keep(await find('ada'), note)
    await settle()
    await pass(1_000)
    expect(note.looks).toBe(1)
    sleep(2 * 60 * MINUTE)
    await pass(1_000)
    expect(note.looks).toBe(2)
    await pass(1_000)
    expect(note.looks).toBe(2)
  })

  it('is looked at once more where nobody can say why it ended: the reason may be under way', async () => {
    const reasons: ('unknown' | 'logged_out')[] = ['unknown', 'logged_out']
    const { keeper, find } = stage(() => ({
      look: async () => ({
        resolution: { state: 'revoked', reason: reasons.shift() ?? 'unknown', subject: 'ada' },
        endsAt: 0,
      }),
    }))
    const [first, second] = [new Note(), new Note()]
    const found = await find('ada')
    keeper.keep(found, first)
    await settle()
    keeper.keep(found, second)
    await settle()
    expect([first.ends, second.ends]).toEqual([
      [{ kind: 'ended', reason: 'logged_out' }],
      [{ kind: 'ended', reason: 'unknown' }],
    ])
  })
})

describe('a store that does not answer', () => {
  const away = (isAway: { now: boolean }) => (held: Held_) => ({
    look: async (one: Parameters<Held_['look']>[0]) => {
      if (isAway.now) throw new StoreUnavailable('away')
      return held.look(one)
    },
    age: () => (isAway.now ? Number.POSITIVE_INFINITY : held.age()),
  })

  it('ends nothing before the limit, not even what may have run out of time, and then says so', async () => {
    const state = { now: false }
    const { keeper, find, pass } = stage(away(state))
    const note = new Note()
    keeper.keep(await find('ada'), note)
    await settle()
    await pass(60 * MINUTE - 30_000)
    state.now = true
    for (let second = 0; second < 59; second += 1) await pass(1_000)
    expect(note.ends).toEqual([])
    for (let second = 0; second < 4; second += 1) await pass(1_000)
    expect(note.ends).toEqual([{ kind: 'away' }])
  })

  it('that comes back in time is believed again', async () => {
    const state = { now: false }
    const { keeper, find, pass } = stage(away(state))
    const note = new Note()
    keeper.keep(await find('ada'), note)
    await settle()
    for (let round = 0; round < 3; round += 1) {
      state.now = true
      for (let second = 0; second < 40; second += 1) await pass(1_000)
      state.now = false
      for (let second = 0; second < 10; second += 1) await pass(1_000)
    }
    expect(note.ends).toEqual([])
  })
})

describe('ten thousand connections', () => {
  it('take one timer, one watcher, and no look while nothing happens', async () => {
    let watchers = 0
    const { keeper, find, calls, pass } = stage((held) => ({
      watch(watcher) {
        watchers += 1
        return held.watch(watcher)
      },
    }))
    const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length
    const before = timers()
    const found = [await find('ada'), await find('bob')]
    const notes = Array.from({ length: 10_000 }, () => new Note())
    for (const [at, note] of notes.entries()) {
      const one = found[at % 2]
      if (one !== undefined) keeper.keep(one, note)
    }
    await settle()
    expect([keeper.connections, keeper.sessions, watchers]).toEqual([10_000, 2, 1])
    expect(timers() - before).toBeLessThanOrEqual(1)
    calls.length = 0
    for (let second = 0; second < 60; second += 1) await pass(1_000)
    expect(calls).toEqual([])
    keeper.onSubject('ada')
    await settle()
    expect(calls).toEqual(['read'])
    keeper.endAll({ kind: 'closing' })
    expect(notes.every(({ ends }) => ends.length === 1)).toBe(true)
    expect([keeper.connections, keeper.sessions, keeper.wheel.size]).toEqual([0, 0, 0])
  })

  it('of as many sessions are not all looked at in one go', async () => {
    let most = 0
    let now = 0
    const { keeper, find } = stage(() => ({
      async look() {
        now += 1
        most = Math.max(most, now)
        await new Promise((resolve) => setImmediate(resolve))
        now -= 1
        throw new StoreUnavailable('busy')
      },
    }))
    const found = await find('ada')
    for (let at = 0; at < 1_000; at += 1) {
      const record = { ...found.record, id: `AA.${String(at).padStart(22, '0')}` }
      keeper.keep({ ...found, record }, new Note())
    }
    await settle()
    expect(most).toBe(64)
    keeper.endAll({ kind: 'closing' })
  })
})

describe('the wheel', () => {
  it('does what is due, once, in its time, however far ahead, and forgets what was dropped', () => {
    const clock = createManualClock()
    const wheel = new Wheel(clock, () => undefined)
    const done: string[] = []
    const due = (name: string) => ({ run: () => done.push(name) })
    const start = clock.elapsed()
    const [soon, later, far, moved, never] = ['soon', 'later', 'far', 'moved', 'never'].map(due)
    if (!soon || !later || !far || !moved || !never) throw new Error('unreachable')
    wheel.set(soon, start + 150)
    wheel.set(later, start + 10_000)
    // Twice around.
    wheel.set(far, start + 250_000)
    wheel.set(moved, start + 100)
    wheel.set(moved, start + 20_000)
    wheel.set(never, start + 150)
    wheel.drop(never)
    const seen: [number, string][] = []
    for (let at = 0; at <= 260_000; at += 50) {
      wheel.turn()
      for (const name of done.splice(0)) seen.push([clock.elapsed() - start, name])
      clock.advance(50)
    }
    expect(seen.map(([, name]) => name)).toEqual(['soon', 'later', 'moved', 'far'])
    for (const [index, instant] of [150, 10_000, 20_000, 250_000].entries()) {
      const at = seen[index]?.[0] ?? 0
      expect(at).toBeGreaterThanOrEqual(instant)
      expect(at).toBeLessThanOrEqual(instant + 200)
    }
    expect(wheel.size).toBe(0)
  })

  it('catches up after a long time without a turn', () => {
    const clock = createManualClock()
    const wheel = new Wheel(clock, () => undefined)
    let runs = 0
    for (let at = 0; at < 2_000; at += 1) {
      wheel.set({ run: () => (runs += 1) }, clock.elapsed() + at * 100)
    }
    clock.advance(10 * 60_000)
    wheel.turn()
    expect([runs, wheel.size]).toEqual([2_000, 0])
  })
})
