import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

interface Row {
  readonly name: string
  readonly target?: number
  readonly ratio?: number
  readonly cpuRatio?: number
}

/** Not by a static import: the scripts of the bench are not type-checked. */
const CANDIDATES_FILE = new URL('../../../bench/candidates.mjs', import.meta.url).href

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'))

describe('budgets', () => {
  it('S1-20: each one that is stated stands beside what was measured, met or not', async () => {
    const { CANDIDATES } = (await import(CANDIDATES_FILE)) as {
      readonly CANDIDATES: readonly Row[]
    }
    const results = read('bench/results/results.json') as {
      readonly command: string
      readonly parts: Readonly<Record<'requests', { readonly rows: readonly Row[] }>>
    }
    expect(results.command).toMatch(/^npm run bench/)
    const page = readFileSync(new URL('../../../bench/results/results.md', import.meta.url), 'utf8')
    const stated = CANDIDATES.filter(({ target }) => target !== undefined)
    expect(stated.length).toBeGreaterThanOrEqual(6)
    for (const { name, target = 0 } of stated) {
      const row = results.parts.requests.rows.find((one) => one.name === name)
      expect(row, `${name} has not been measured`).toMatchObject({ name, target })
      expect(row?.ratio).toBeGreaterThan(0)
      expect(row?.cpuRatio).toBeGreaterThan(0)
      expect(page).toMatch(
        new RegExp(`^\\| ${name} \\| [\\d.]+ \\| [\\d.-]+ \\| ${target} \\|`, 'm'),
      )
    }
    const sizes = Object.entries(
      read('tools/package/size-budgets.json') as Record<
        string,
        { measured: number; budget: number }
      >,
    )
    expect(sizes.length).toBeGreaterThan(20)
    for (const [name, { measured, budget }] of sizes) {
      expect(measured, `${name} is larger than it may be`).toBeLessThanOrEqual(budget)
      expect(measured).toBeGreaterThan(0)
    }
  })
})
