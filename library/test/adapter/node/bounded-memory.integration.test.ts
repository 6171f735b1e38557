import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { buildForChildren } from '../../store/sqlite/build.js'

const MEGABYTE = 1_048_576
const TOTAL = 500 * MEGABYTE
const CHUNK = 65_536
const CHILD = fileURLToPath(new URL('bounded-memory-child.mjs', import.meta.url))

const build = buildForChildren([
  'errors.ts',
  'adapter/node',
  'adapter/neutral',
  'guard',
  'response',
  'system',
])
afterAll(() => {
  rmSync(build, { recursive: true, force: true })
})

interface Told {
  readonly received: number
  readonly producedWhileHeld: number
  readonly samples: number
  readonly most: number
}

it('behaviour 5c: a 500 MB stream during a slow save uses bounded memory', async () => {
  const args = ['--expose-gc', CHILD, build, String(TOTAL), String(CHUNK)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { received, producedWhileHeld, samples, most } = JSON.parse(stdout) as Told
  expect(received).toBeGreaterThan(TOTAL)
  // 64 KiB held, plus the source's own high-water mark.
  expect(producedWhileHeld).toBeGreaterThanOrEqual(CHUNK)
  expect(producedWhileHeld).toBeLessThanOrEqual(4 * CHUNK)
  expect(samples).toBeGreaterThan(10)
  expect(most).toBeLessThan(96 * MEGABYTE)
}, 60_000)
