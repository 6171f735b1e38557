import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { randomToken } from '../../../src/system/random.js'
import { open, session } from './support.js'

const ENTRIES = 10_000
const MEGABYTE = 1_048_576

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

it('keeps 10,000 sessions in 8 MB at most, and never more of them', async () => {
  const { cache, other } = open({ maxEntries: ENTRIES })
  const ids: string[] = []
  for (let index = 0; index < ENTRIES * 1.5; index += 1) {
    const { id } = session(randomToken(16))
    ids.push(id)
    await other.create(
      session(id.slice(3), {
        subject: randomToken(12),
        secretDigest: randomToken(32),
        traits: { agent: 'a browser', address: '192.0.2.7' },
        data: new Map([['cart', JSON.stringify({ items: [1, 2, 3] })]]),
      }),
    )
  }
  const used = (): number => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = used()
  for (const id of ids) await cache.read(id)
  const bytes = used() - before
  console.log(
    `${String(ENTRIES)} sessions: ${(bytes / MEGABYTE).toFixed(2)} MB, ${(bytes / ENTRIES).toFixed(0)} bytes each`,
  )
  expect(cache.stats()).toMatchObject({ entries: ENTRIES, evictions: ENTRIES / 2 })
  expect(bytes).toBeLessThanOrEqual(8 * MEGABYTE)
  expect(ids.filter((id) => cache.peek(id) !== undefined)).toHaveLength(ENTRIES)
})
