import { describe, expect, it } from 'vitest'
import { createNearCache, type NearCache } from '../../../src/store/near-cache.js'
import type { Change, ChangeResult, Store } from '../../../src/store/store.js'
import { altered, HandFeed, MINUTE, open, recordOf, session } from './support.js'

const ID = 'AA.one'

/** One process: a near cache of its own, and what is on its way to it. */
class Process {
  readonly feed = new HandFeed()
  readonly tellings: (() => void)[] = []
  readonly replies: (() => void)[] = []
  readonly cache: NearCache
  reads = 0
  /** A change waits for it before it is carried out. */
  onItsWay: Promise<void> | undefined

  constructor(scene: Scene, changed: (tell: Told) => void) {
    const { other, clock } = scene
    const late = <Answer>(answer: Answer): Promise<Answer> =>
      new Promise((resolve) => this.replies.push(() => resolve(answer)))
    const store = altered(other, {
      changes: this.feed,
      read: async (id) => {
        this.reads += 1
        return late(await other.read(id))
      },
      change: async (id, change) => {
        await this.onItsWay
        return late(await marked(other, id, change, changed))
      },
      changeSubject: async (subject, change) => {
        const answer = await other.changeSubject(subject, change)
        changed((watcher) => watcher.onSubject(subject))
        return late(answer)
      },
    })
    this.cache = createNearCache(store, { clock })
  }

  /** Whatever is under way arrives. */
  async settle<Answer>(call?: Promise<Answer>): Promise<Answer | undefined> {
    await turns()
    for (const arrive of this.replies.splice(0)) arrive()
    return call
  }

  hear(): void {
    for (const tell of this.tellings.splice(0)) tell()
  }
}

type Scene = ReturnType<typeof open>
type Told = Parameters<HandFeed['tell']>[0]

let calls = 0

/** As the store on Redis does it: with a mark, and a telling of the same mark. */
async function marked(
  store: Store,
  id: string,
  change: Change,
  changed: (tell: Told) => void,
): Promise<ChangeResult> {
  const result = await store.change(id, change)
  if (result.status !== 'changed') return result
  const mark = `m${(calls += 1)}`
  changed((watcher) => watcher.onSession(id, mark))
  return { ...result, mark }
}

async function openProcesses() {
  const scene = open()
  const processes: Process[] = []
  const changed = (say: Told): void => {
    for (const { feed, tellings } of processes) tellings.push(() => feed.tell(say))
  }
  processes.push(new Process(scene, changed), new Process(scene, changed))
  const [one, two] = processes as [Process, Process]
  const data = new Map([
    ['cart', '["tea"]'],
    ['old', '1'],
  ])
  await scene.other.create(session('one', { data }))
  for (const process of processes) await process.settle(process.cache.read(ID))
  return { ...scene, one, two }
}

const MILK: Change = { set: new Map([['cart', '["milk"]']]) }

describe('a change of data through the near cache', () => {
  it('leaves what a read would give now, and asks for nothing', async () => {
    const { one, other, clock } = await openProcesses()
    clock.advance(MINUTE)
    const change = { set: new Map([...(MILK.set ?? []), ['new', '{}']]), delete: ['old', 'none'] }
    await one.settle(one.cache.change(ID, change))
    expect(one.cache.peek(ID)).toEqual(await other.read(ID))
    clock.advance(500)
    expect(one.cache.peek(ID)).toEqual(await other.read(ID))
    await one.settle(one.cache.change(ID, { delete: ['none'], baseRevision: 2 }))
    expect(one.cache.peek(ID)).toEqual(await other.read(ID))
    expect(one.reads).toBe(1)
  })

  it('is not served while it is under way', async () => {
    const { one } = await openProcesses()
    const changing = one.cache.change(ID, MILK)
    expect(one.cache.peek(ID)).toBeUndefined()
    await one.settle(changing)
    expect(one.cache.peek(ID)).toBeDefined()
  })

  it.each(['before', 'after'] as const)('stays when it is told %s its reply', async (order) => {
    const { one, two, other } = await openProcesses()
    const changing = one.cache.change(ID, MILK)
    await turns()
    if (order === 'before') one.hear()
    await one.settle(changing)
    one.hear()
    two.hear()
    expect(one.cache.peek(ID)).toEqual(await other.read(ID))
    expect(two.cache.peek(ID)).toBeUndefined()
  })

  it('is dropped when anything else is told', async () => {
    const tellings: Told[] = [
      (watcher) => watcher.onSession(ID),
      (watcher) => watcher.onSession(ID, 'of another'),
      (watcher) => watcher.onSubject('ann'),
      (watcher) => watcher.onEverything(),
    ]
    for (const telling of tellings) {
      for (const order of ['during', 'after']) {
        const { one } = await openProcesses()
        const changing = one.cache.change(ID, MILK)
        if (order === 'during') one.feed.tell(telling)
        await one.settle(changing)
        if (order === 'after') one.feed.tell(telling)
        expect(one.cache.peek(ID), `${String(telling)} ${order}`).toBeUndefined()
      }
    }
  })

  it('is dropped where somebody wrote since it was read, told or not', async () => {
    const { one, two } = await openProcesses()
    await two.settle(two.cache.change(ID, { set: new Map([['hers', '1']]) }))
    await one.settle(one.cache.change(ID, MILK))
    expect(one.cache.peek(ID)).toBeUndefined()
  })

  it('is dropped where it was not made, or nobody knows', async () => {
    const { one, other, store, clock } = await openProcesses()
    await other.end(ID, 'logged_out')
    await one.settle(one.cache.change(ID, MILK))
    expect(one.cache.peek(ID)).toBeUndefined()

    await other.create(session('two'))
    const failing = altered(store, { change: () => Promise.reject(new Error('away')) })
    const cache = createNearCache(failing, { clock })
    await cache.read('AA.two')
    await expect(cache.change('AA.two', MILK)).rejects.toThrow('away')
    expect(cache.peek('AA.two')).toBeUndefined()
  })

  it('is dropped where the store has no mark for it', async () => {
    const { other, store, clock } = await openProcesses()
    const cache = createNearCache(store, { clock })
    await cache.read(ID)
    await cache.change(ID, MILK)
    expect(cache.peek(ID)).toBeUndefined()
    expect(recordOf(await other.read(ID)).data.get('cart')?.json).toBe('["milk"]')
  })

  it('grows to no more than may be kept', async () => {
    const { one } = await openProcesses()
    await one.settle(one.cache.change(ID, { set: new Map([['large', `"${'x'.repeat(4_096)}"`]]) }))
    expect(one.cache.peek(ID)).toBeUndefined()
    expect(one.cache.stats().entries).toBe(0)
  })

  it('is not undone by a read that was sent before', async () => {
    const { one, two, other } = await openProcesses()
    two.hear()
    const reading = one.cache.read(ID)
    await turns()
    const [arrive] = one.replies.splice(0)
    await one.settle(one.cache.change(ID, MILK))
    arrive?.()
    await reading
    expect(one.cache.peek(ID)).toEqual(await other.read(ID))
  })

  it('is not undone by a read that was carried out before, and sent while it was under way', async () => {
    const { one, other } = await openProcesses()
    let letGo = (): void => undefined
    one.onItsWay = new Promise((resolve) => (letGo = resolve))
    const changing = one.cache.change(ID, MILK)
    const reading = one.cache.read(ID)
    await turns()
    const [arrive] = one.replies.splice(0)
    letGo()
    await turns()
    await one.settle(changing)
    arrive?.()
    await reading
    expect(one.cache.peek(ID)).toEqual(await other.read(ID))
    expect(recordOf(one.cache.peek(ID)).data.get('cart')?.json).toBe('["milk"]')
  })
})

/** A small generator with a seed: the same walk every time. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

it('whatever two processes do at once: once everything was told, what is kept is what a read gives', async () => {
  let kept = 0
  for (let seed = 1; seed <= 300; seed += 1) {
    const { one, two, other } = await openProcesses()
    const below = chance(seed)
    const pending: Promise<unknown>[] = []
    const data = (): Change => ({ set: new Map([['cart', String(below(1_000))]]) })
    const steps: ((process: Process) => unknown)[] = [
      ({ cache }) => cache.read(ID),
      ({ cache }) => cache.change(ID, data()),
      ({ cache }) => cache.change(ID, { ...data(), delete: ['old'] }),
      ({ cache }) =>
        below(3) > 0 ? undefined : cache.change(ID, OTHERS[below(OTHERS.length)] ?? {}),
      ({ cache }) =>
        below(3) > 0 ? undefined : cache.changeSubject('ann', { set: new Map([['r', '1']]) }),
      ({ tellings }) => tellings.shift()?.(),
      ({ replies }) => replies.splice(below(Math.max(replies.length, 1)), 1)[0]?.(),
      ({ replies }) => replies.shift()?.(),
    ]
    for (let step = 0; step < 30; step += 1) {
      const done = steps[below(steps.length)]?.(below(4) === 0 ? two : one)
      if (done instanceof Promise) pending.push(done)
      await turns()
      // Now and then everything arrives, so that there is something to be wrong about.
      if (below(5) > 0) continue
      for (const process of [one, two]) await process.settle(turns())
      for (const process of [one, two]) process.hear()
      if (one.replies.length + two.replies.length > 0) continue
      for (const { cache } of [one, two]) {
        const found = cache.peek(ID)
        if (found === undefined) continue
        kept += 1
        expect(found, `seed ${String(seed)}`).toEqual(await other.read(ID))
      }
      await one.settle(Promise.race([one.cache.read(ID), turns()]))
    }
    for (let turn = 0; turn < 3; turn += 1) for (const process of [one, two]) await process.settle()
    await Promise.all(pending)
  }
  expect(kept).toBeGreaterThan(500)
})

const OTHERS: readonly Change[] = [
  { increment: new Map([['count', 1]]) },
  { seen: true, traits: { agent: 'Firefox' } },
  { seen: true, idleTimeout: MINUTE },
]

/** Whatever can go on without an arrival, goes on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}
