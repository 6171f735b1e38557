import * as nodeTest from 'node:test'
import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../src/store/memory.js'
import { Tables } from '../../src/store/memory/tables.js'
import { STORE_DEFAULTS, type Store } from '../../src/store/store.js'
import {
  createManualClock,
  describeStoreConformance,
  type OpenedStore,
  type TestRunner,
} from '../../src/testing/index.js'
import { BREAKAGES as BROKEN_SESSIONS, type Parts } from './broken-stores.js'
import { BROKEN_ROTATIONS } from './broken-rotations.js'
import { BROKEN_COUNTERS } from './broken-counters.js'
import { BROKEN_FEEDS } from './broken-feeds.js'
import { BROKEN_IDLE_TIMEOUTS } from './broken-idle-timeouts.js'
import { createCollectingRunner, type Outcomes } from './collecting-runner.js'

const BREAKAGES = [
  ...BROKEN_SESSIONS,
  ...BROKEN_ROTATIONS,
  ...BROKEN_IDLE_TIMEOUTS,
  ...BROKEN_FEEDS,
  ...BROKEN_COUNTERS,
]

const OPERATIONS = 3_000
/** The random operations go by this short name in {@link BREAKAGES}. */
const RANDOM = 'random operations'
const titleOf = (name: string): string =>
  name === RANDOM
    ? 'after 3,000 random operations it agrees with the model, and creates - live = ends'
    : name

describe('the store conformance suite', { timeout: 120_000 }, () => {
  it('finds nothing wrong with a sound store', async () => {
    const { passed, failed } = await judge(() => ({}))
    expect([...failed]).toEqual([])
    expect(passed.length).toBeGreaterThan(100)
  })

  for (const { name, noticedBy, breakIt } of BREAKAGES) {
    it(`notices a store that ${name}`, async () => {
      const wanted = noticedBy.map(titleOf)
      const { failed } = await judge(breakIt, wanted)
      expect([...failed.keys()].sort()).toEqual([...wanted].sort())
    })
  }

  it('names the seed and the shortest operations that show the fault', async () => {
    const breakage = BREAKAGES.find(({ name }) => name.startsWith('brings sessions back'))
    const { failed } = await judge(breakage?.breakIt ?? (() => ({})), [titleOf(RANDOM)])
    const message = failed.get(titleOf(RANDOM))?.message ?? ''
    expect(message).toContain('seed: 1')
    expect(message).toContain('"kind":"changeSubject"')
    expect(message.match(/"kind":/g)?.length).toBeLessThan(8)
  })

  it('repeats a run by its seed', async () => {
    const calls = [await callsOf(7), await callsOf(7), await callsOf(8)]
    expect(calls[0]).toEqual(calls[1])
    expect(calls[0]).not.toEqual(calls[2])
  })

  it('leaves out what the harness cannot do', async () => {
    const runner = createCollectingRunner()
    const harness = { open: async () => open(() => ({})) }
    describeStoreConformance('bare', harness, runner, { operations: 100, crowd: 10 })
    const { passed, failed } = await runner.run()
    expect(failed.size).toBe(0)
    expect(passed.join()).not.toContain('missing from the index')
  })

  it('fails every test whose storage does not keep its invariants, and closes it nonetheless', async () => {
    const runner = createCollectingRunner()
    let closed = 0
    const harness = {
      open: async (): Promise<OpenedStore> => ({
        ...(await open(() => ({}))),
        inspect: () => Promise.reject(new Error('a key has no TTL')),
        close: () => void (closed += 1),
      }),
    }
    describeStoreConformance('leaky', harness, runner, { operations: 10, crowd: 10 })
    const { passed, failed } = await runner.run()
    expect(passed).toEqual([])
    expect(closed).toBeGreaterThanOrEqual(failed.size)
  })

  it('takes the runner of node:test as it is', () => {
    const runner: TestRunner = nodeTest
    expect(runner.it).toBeTypeOf('function')
  })
})

type Opened = OpenedStore & Parts

async function open(breakIt: (parts: Parts) => Partial<Store>): Promise<Opened> {
  const clock = createManualClock()
  const tables = new Tables(STORE_DEFAULTS)
  const sound = new MemoryStore({ clock, routingKey: 'test' }, tables)
  const parts = { sound, tables, clock }
  return {
    ...parts,
    store: { ...bound(sound), ...breakIt(parts) },
    advance: (milliseconds) => clock.advance(milliseconds),
    close: () => undefined,
  }
}

/** The verbs as own properties, so that some can be replaced by spreading. */
function bound(store: Store): Store {
  const { name, bucketOf, changes, counters } = store
  return {
    name,
    bucketOf,
    changes,
    counters,
    create: (session) => store.create(session),
    read: (id) => store.read(id),
    change: (id, change) => store.change(id, change),
    rotate: (id, rotation) => store.rotate(id, rotation),
    end: (id, reason, options) => store.end(id, reason, options),
    endAll: (subject, reason, except) => store.endAll(subject, reason, except),
    reap: (subject, limit) => store.reap(subject, limit),
    list: (subject, page) => store.list(subject, page),
    ...(store.walk === undefined ? {} : { walk: store.walk.bind(store) }),
    readSubject: (subject) => store.readSubject(subject),
    changeSubject: (subject, change) => store.changeSubject(subject, change),
    readDocument: (name) => store.readDocument(name),
    writeDocument: (name, text, expect) => store.writeDocument(name, text, expect),
    check: () => store.check(),
    close: () => store.close(),
  }
}

/** @param only - what is to notice it, by name; default everything. */
async function judge(
  breakIt: (parts: Parts) => Partial<Store>,
  only?: readonly string[],
): Promise<Outcomes> {
  const runner = createCollectingRunner()
  const harness = {
    open: () => open(breakIt),
    forgetIndex: ({ tables }: Opened, subject: string) => tables.forgetIndex(subject),
    countEntries({ tables, clock }: Opened) {
      tables.sweepAll(clock.now())
      return Object.values(tables.sizes).reduce((sum, size) => sum + size, tables.counters.size)
    },
  }
  describeStoreConformance('judged', harness, runner, {
    operations: OPERATIONS,
    crowd: 200,
    seed: 1,
    // That something is wrong is found at once; half of this is what is spent on saying it in the fewest words.
    timeout: 8_000,
  })
  return runner.run(only)
}

async function callsOf(seed: number): Promise<string[]> {
  const calls: string[] = []
  const runner = createCollectingRunner()
  const harness = {
    open: () =>
      open(({ sound }) => ({
        endAll(subject, reason, except) {
          calls.push(`${subject} ${reason} ${except === undefined}`)
          return sound.endAll(subject, reason, except)
        },
      })),
  }
  describeStoreConformance('watched', harness, runner, { operations: 1_000, crowd: 10, seed })
  await runner.run()
  return calls
}
