import { describe, expect, it } from 'vitest'
import { startCluster } from '../support/redis-cluster.js'
import { waitFor, startRedis } from '../support/redis-server.js'
import { prepareChildren } from './sqlite/children.js'
import { newPlace } from './sqlite/support.js'

const run = prepareChildren()

const PROCESSES = 4
const TIMES = 100
const HOUR = 3_600_000
const RATE = { quota: 150, window: 24 * HOUR }
const RULE = { max: 70, lockFor: HOUR, forgetAfter: HOUR }

/** Where the processes count: what they are told of it, and how it goes. */
interface Shared {
  readonly parameters: object
  close(): Promise<unknown>
}

const STORES: Readonly<Record<string, () => Promise<Shared>>> = {
  async SQLite() {
    const place = newPlace()
    const options = { busyTimeout: 10_000 }
    await place.open(options)
    return {
      parameters: { file: place.file, options },
      close: async () => place[Symbol.asyncDispose](),
    }
  },
  async Redis() {
    const server = await startRedis()
    return { parameters: { ports: [server.port] }, close: () => server.stop() }
  },
  async 'a Redis cluster of 3 primaries'() {
    const cluster = await startCluster()
    return { parameters: { ports: cluster.ports }, close: () => cluster.stop() }
  },
}

interface Said {
  readonly calls: number
  readonly remaining: readonly number[]
  readonly counts: readonly number[]
  readonly locks: number
}

/** Lets all processes count at the same time, and gives what each says. */
async function countTogether(parameters: object): Promise<readonly Said[]> {
  const task = { ...parameters, times: TIMES, rate: RATE, rule: RULE }
  const children = Array.from({ length: PROCESSES }, () => run('count', task))
  const isReady = async (): Promise<boolean> =>
    children.every(({ lines, process }) => lines.length > 0 || process.exitCode !== null)
  await waitFor('the processes to be ready', isReady)
  for (const { process } of children) process.stdin?.write('go\n')
  const lines = await Promise.all(children.map(({ done }) => done))
  return lines.map((each) => each[1] as Said)
}

const inOrder = (numbers: readonly number[]): number[] =>
  [...numbers].sort((left, right) => left - right)

describe.each(Object.entries(STORES))('four processes on %s', (_, open) => {
  it('are allowed together exactly what one would be', async () => {
    const { parameters, close } = await open()
    try {
      const said = await countTogether(parameters)
      expect(said.map(({ calls }) => calls)).toEqual(Array(PROCESSES).fill(TIMES))
      // Each call that was allowed took another of the 150, and none was told the same.
      const remaining = said.flatMap((each) => each.remaining)
      expect(inOrder(remaining)).toEqual(Array.from({ length: RATE.quota }, (__, left) => left))
      const counts = said.flatMap((each) => each.counts)
      expect(inOrder(counts)).toEqual(Array.from({ length: RULE.max }, (__, at) => at + 1))
      expect(said.reduce((sum, { locks }) => sum + locks, 0)).toBe(1)
      // They were at it at the same time.
      expect(said.filter((each) => each.remaining.length > 0).length).toBeGreaterThan(1)
    } finally {
      await close()
    }
  }, 30_000)
})
