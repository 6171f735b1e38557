import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChangeFeed, ChangeWatcher } from '../../../src/store/change-feed.js'
import type { MemoryStore } from '../../../src/store/memory.js'
import { createNearCache, type NearCache } from '../../../src/store/near-cache.js'
import type { Found } from '../../../src/store/near-cache/packing.js'
import type { SessionId } from '../../../src/store/record.js'
import { randomToken } from '../../../src/system/random.js'
import type { ManualClock } from '../../../src/testing/index.js'
import { altered, open, openTwo, session } from './support.js'

/** The bound under test, milliseconds. */
const BOUND = 500
const SUBJECTS = ['ann', 'ann', 'bob', undefined] as const

/** Messages of one process: they come when the drawn operations say so, or are lost. */
class LaggingFeed implements ChangeFeed {
  readonly #clock: ManualClock
  readonly #queue: { readonly at: number; say(watcher: ChangeWatcher): void }[] = []
  #watcher: ChangeWatcher | undefined
  #heardTo = 0
  #isLost = false

  constructor(source: ChangeFeed, clock: ManualClock) {
    this.#clock = clock
    const put = (say: (watcher: ChangeWatcher) => void): void => {
      if (!this.#isLost) this.#queue.push({ at: clock.elapsed(), say })
    }
    source.watch({
      onSession: (id) => put((watcher) => watcher.onSession(id)),
      onSubject: (subject) => put((watcher) => watcher.onSubject(subject)),
      onDocument: (name) => put((watcher) => watcher.onDocument(name)),
      onEverything: () => put((watcher) => watcher.onEverything()),
    })
  }

  watch(watcher: ChangeWatcher): { close(): void } {
    this.#watcher = watcher
    return { close: () => (this.#watcher = undefined) }
  }

  age(): number {
    return this.#isLost ? Number.POSITIVE_INFINITY : this.#clock.elapsed() - this.#heardTo
  }

  endings(): Promise<never> {
    throw new Error('nobody asks for it here')
  }

  /** The next few messages come, and a heartbeat behind them where they were all. */
  deliver(count: number): void {
    if (this.#isLost) return
    for (const { say } of this.#queue.splice(0, count)) this.#say(say)
    const [next] = this.#queue
    this.#heardTo = Math.max(this.#heardTo, next === undefined ? this.#clock.elapsed() : next.at)
  }

  /** The connection is lost, with all that was on its way. */
  lose(isNoticed: boolean): void {
    this.#isLost = true
    this.#queue.length = 0
    if (isNoticed) this.#say((watcher) => watcher.onEverything())
  }

  mend(): void {
    if (!this.#isLost) return
    this.#isLost = false
    this.#heardTo = this.#clock.elapsed()
    this.#say((watcher) => watcher.onEverything())
  }

  #say(say: (watcher: ChangeWatcher) => void): void {
    if (this.#watcher !== undefined) say(this.#watcher)
  }
}

/** Something that was changed, when it was complete, and through which process. */
interface Deed {
  readonly at: number
  readonly by: number
}

/** What really happened to a session. */
interface Truth {
  readonly id: SessionId
  readonly subject: string | undefined
  readonly idleTimeout: number
  readonly absoluteExpiresAt: number
  lastSeenAt: number
  /** Values of the key `v`: they only grow. */
  readonly writes: (Deed & { readonly value: number })[]
  /** It is over from `from` on. */
  readonly ends: (Deed & { readonly from: number })[]
}

interface Process {
  readonly cache: NearCache
  readonly feed: LaggingFeed
  readonly store: MemoryStore
}

/** A read that was sent, and has been carried out or not. */
interface Sent {
  readonly carryOut: () => void
  readonly arrive: () => void
  readonly done: Promise<unknown>
}

class World {
  readonly clock: ManualClock
  readonly processes: readonly Process[]
  readonly truths: Truth[] = []
  readonly attributes = new Map<string, (Deed & { readonly value: number })[]>()
  readonly sent: Sent[] = []
  hits = 0
  staleHits = 0
  #counter = 0
  #heldRead: Promise<void>[] = []

  constructor(maxEntries: number) {
    const { clock, one, two } = openTwo()
    this.clock = clock
    this.processes = [one, two].map((store) => {
      const feed = new LaggingFeed(store.changes, clock)
      const behind = altered(store, {
        changes: feed,
        read: async (id) => {
          const [whenCarriedOut, whenArrived] = this.#heldRead.splice(0)
          await whenCarriedOut
          const answer = await store.read(id)
          await whenArrived
          return answer
        },
      })
      const options = { clock, maxStaleness: BOUND, maxEntries }
      return { store, feed, cache: createNearCache(behind, options) }
    })
  }

  process(index: number): Process {
    const process = this.processes[index]
    if (process === undefined) throw new RangeError('no such process')
    return process
  }

  next(): number {
    return (this.#counter += 1)
  }

  /** A read in three steps: sent, carried out, arrived. */
  send(by: number, id: SessionId): void {
    const gates = [gate(), gate()] as const
    this.#heldRead = gates.map(({ passed }) => passed)
    const done = this.process(by).cache.read(id)
    const [carryOut, arrive] = gates
    this.sent.push({ carryOut: carryOut.open, arrive: arrive.open, done })
  }

  async arrive(index: number): Promise<void> {
    const [sent] = this.sent.splice(index % Math.max(1, this.sent.length), 1)
    sent?.carryOut()
    sent?.arrive()
    await sent?.done
  }

  /** What a process is served must hold everything that it did itself, and what others did before the bound. */
  check(by: number, truth: Truth, found: Found): void {
    const now = this.clock.now()
    const isDue = (deed: Deed): boolean => deed.by === by || deed.at < now - BOUND
    const newest = (deeds: readonly (Deed & { readonly value: number })[]): number =>
      Math.max(0, ...deeds.filter(isDue).map(({ value }) => value))
    expect([found.record.id, found.record.subject]).toEqual([truth.id, truth.subject])
    expect(found.now).toBeGreaterThanOrEqual(now)
    expect(truth.ends.filter((end) => isDue(end) && end.from <= now)).toEqual([])
    expect(now).toBeLessThan(truth.absoluteExpiresAt)
    expect(now).toBeLessThan(truth.lastSeenAt + truth.idleTimeout)
    const value = Number(found.record.data.get('v')?.json ?? 0)
    expect(value).toBeGreaterThanOrEqual(newest(truth.writes))
    const attributes = this.attributes.get(truth.subject ?? '') ?? []
    const attribute = Number(found.subject.attributes.get('v') ?? 0)
    expect(attribute).toBeGreaterThanOrEqual(newest(attributes))
    this.hits += 1
    const isStale =
      truth.ends.some(({ from }) => from <= now) || (truth.writes.at(-1)?.value ?? 0) > value
    if (isStale) this.staleHits += 1
  }

  endAllOf(subject: string, by: number, except?: SessionId): void {
    const at = this.clock.now()
    for (const truth of this.truths) {
      if (truth.subject === subject && truth.id !== except) truth.ends.push({ at, by, from: at })
    }
  }
}

function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => undefined
  const passed = new Promise<void>((resolve) => (open = resolve))
  return { passed, open: () => open() }
}

/** One step in a process on a session. */
type Step = (world: World, by: number, truth: Truth, detail: number) => unknown

const STEPS: Readonly<Record<string, Step>> = {
  async read(world, by, { id }) {
    await world.process(by).cache.read(id)
  },
  send: (world, by, { id }) => world.send(by, id),
  carryOut: (world, _by, _truth, detail) => world.sent[detail % 4]?.carryOut(),
  arrive: (world, _by, _truth, detail) => world.arrive(detail),
  // What a request does: the near cache, and where that says nothing, the store.
  async ask(world, by, truth) {
    const found = world.process(by).cache.peek(truth.id)
    if (found === undefined) await world.process(by).cache.read(truth.id)
    else world.check(by, truth, found)
  },
  async write(world, by, truth) {
    const value = world.next()
    const set = new Map([['v', String(value)]])
    const { status } = await world.process(by).cache.change(truth.id, { set })
    if (status === 'changed') truth.writes.push({ at: world.clock.now(), by, value })
  },
  async see(world, by, truth) {
    const { status } = await world.process(by).cache.change(truth.id, { seen: true })
    if (status === 'changed') truth.lastSeenAt = world.clock.now()
  },
  async end(world, by, truth, detail) {
    const at = world.clock.now()
    const after = detail % 3 === 0 ? 300 : 0
    const { status } = await world.process(by).cache.end(truth.id, 'logged_out', { after })
    if (status === 'ended') truth.ends.push({ at, by, from: at + after })
  },
  async endAll(world, by, truth, detail) {
    if (truth.subject === undefined) return
    const except = detail % 2 === 0 ? truth.id : undefined
    await world.process(by).cache.endAll(truth.subject, 'logged_out_elsewhere', except)
    world.endAllOf(truth.subject, by, except)
  },
  async disable(world, by, { subject }, detail) {
    if (subject === undefined) return
    const isDisabled = detail % 2 === 0
    await world.process(by).cache.changeSubject(subject, { isDisabled })
    if (isDisabled) world.endAllOf(subject, by)
  },
  async attribute(world, by, { subject }) {
    if (subject === undefined) return
    const value = world.next()
    await world.process(by).cache.changeSubject(subject, { set: new Map([['v', String(value)]]) })
    const deeds = world.attributes.get(subject) ?? []
    world.attributes.set(subject, [...deeds, { at: world.clock.now(), by, value }])
  },
  deliver: (world, by, _truth, detail) => world.process(by).feed.deliver(detail),
  lose: (world, by, _truth, detail) => world.process(by).feed.lose(detail % 2 === 0),
  mend: (world, by) => world.process(by).feed.mend(),
  wait: (world, _by, _truth, detail) => world.clock.advance(detail * 10),
  waitLong: (world, _by, _truth, detail) => world.clock.advance(detail * 200),
}

const WEIGHTS: Readonly<Record<string, number>> = {
  begin: 2,
  ask: 30,
  read: 2,
  send: 3,
  carryOut: 3,
  arrive: 3,
  write: 3,
  see: 2,
  end: 1,
  endAll: 1,
  disable: 1,
  attribute: 1,
  deliver: 12,
  lose: 1,
  mend: 4,
  wait: 6,
  waitLong: 1,
}

const step = fc.record({
  name: fc.oneof(
    ...Object.entries(WEIGHTS).map(([name, weight]) => ({ arbitrary: fc.constant(name), weight })),
  ),
  by: fc.nat(1),
  on: fc.nat(3),
  detail: fc.nat(30),
})

/** Puts a new session where another one was: some stand a while, some do not. */
async function begin(world: World, by: number, place: number): Promise<void> {
  const subject = SUBJECTS[place % SUBJECTS.length]
  const idleTimeout = place < 2 ? 3_600_000 : 5_000
  const absoluteTimeout = place < 3 ? 86_400_000 : 20_000
  const wish = { subject, idleTimeout, absoluteTimeout }
  const result = await world.process(by).cache.create(session(`s${world.next()}`, wish))
  if (result.status !== 'created') return
  const { id, lastSeenAt, absoluteExpiresAt } = result.record
  const fresh = { writes: [], ends: [] }
  world.truths[place] = { id, subject, idleTimeout, lastSeenAt, absoluteExpiresAt, ...fresh }
}

describe('the bound of a near cache', () => {
  it('is kept by two processes, whatever they do and whatever becomes of the messages', async () => {
    let hits = 0
    let staleHits = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 150, size: 'max' }),
        fc.constantFrom(2, 100),
        async (steps, maxEntries) => {
          const world = new World(maxEntries)
          for (let place = 0; place < 4; place += 1) await begin(world, 0, place)
          for (const { name, by, on, detail } of steps) {
            const truth = world.truths[on]
            if (name === 'begin') await begin(world, by, on)
            else if (truth !== undefined) await STEPS[name]?.(world, by, truth, detail)
          }
          while (world.sent.length > 0) await world.arrive(0)
          hits += world.hits
          staleHits += world.staleHits
        },
      ),
      { numRuns: 1_000 },
    )
    // Otherwise it proved nothing: there were answers, and some of them could have been wrong.
    expect(hits).toBeGreaterThan(1_000)
    expect(staleHits).toBeGreaterThan(50)
  })

  it('never lets an answer cross to another id, for 100,000 ids at random or close to one that is kept', async () => {
    const { cache, other } = open({ maxEntries: 2_000 })
    const kept: SessionId[] = []
    for (let index = 0; index < 2_000; index += 1) {
      const id = randomToken(16)
      const subject = `subject ${id}`
      await other.create(session(id, { subject, secretDigest: id }))
      await cache.read(`AA.${id}`)
      kept.push(`AA.${id}`)
    }
    const known = new Set(kept)
    let answered = 0
    for (let index = 0; index < 100_000; index += 1) {
      const id = idLike(kept[(index * 7) % 2_000] ?? '', index)
      const found = cache.peek(id)
      if ((found !== undefined) !== known.has(id)) throw new Error(`${id} was answered wrongly`)
      if (found === undefined) continue
      answered += 1
      const { record } = found
      if (record.id !== id) throw new Error(`${id} got the answer of ${record.id}`)
      const secret = id.slice('AA.'.length)
      const isOwn = record.secretDigest === secret && record.subject === `subject ${secret}`
      if (!isOwn) throw new Error(`${id} got what belongs to ${record.secretDigest}`)
    }
    expect(answered).toBeGreaterThan(10_000)
  })
})

/** The id itself, one that differs a little, or one that has nothing to do with it. */
function idLike(id: SessionId, how: number): SessionId {
  const at = 3 + (how % 16)
  switch (how % 8) {
    case 0:
    case 1:
      return id
    case 2:
      return `AA.${randomToken(16)}`
    case 3:
      return `AB${id.slice(2)}`
    case 4:
      return id.slice(0, -1)
    case 5:
      return `${id} `
    case 6:
      return `${id.slice(0, at)}${id.slice(at).toLowerCase()}`
    default:
      return `${id.slice(0, at)}\u0141${id.slice(at + 1)}`
  }
}
