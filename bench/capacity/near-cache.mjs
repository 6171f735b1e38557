import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startRedis } from './redis.mjs'

/** What near-cache entries take in a Node process: the same work with and without them, in a process each. */

const CHILD = fileURLToPath(new URL('near-cache-child.mjs', import.meta.url))
const run = promisify(execFile)
const ENTRIES = 10_000

export async function measureNearCache() {
  const redis = await startRedis()
  try {
    const rows = []
    for (const data of [0, 1_000]) {
      const without = await weigh(redis.url, 0, data)
      const filled = await weigh(redis.url, ENTRIES, data)
      if (filled.kept < 0.99 * ENTRIES) throw new Error(`${filled.kept} entries were kept`)
      rows.push({
        data,
        without,
        filled,
        each:
          (filled.heapUsed + filled.external - without.heapUsed - without.external) / filled.kept,
      })
    }
    return rows
  } finally {
    await redis.stop()
  }
}

async function weigh(url, entries, data) {
  const args = ['--expose-gc', CHILD, url, String(entries), String(data)]
  const { stdout } = await run(process.execPath, args)
  return JSON.parse(stdout)
}
