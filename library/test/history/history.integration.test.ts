/**
 * Random work by several processes, with faults in between, judged by the checker. `HISTORY_SEED` makes a run again (the same
 * work and the same faults; when exactly they meet is up to the machine), `HISTORY_SECONDS` makes it longer and goes over other
 * topologies, too, `HISTORY_FILE` judges a history that was kept, `HISTORY_BREAKS` breaks the library in many ways, each of
 * which has to be caught. See docs/guide/history-checker.md.
 */
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BREAKS } from './breaks.js'
import { check } from './checker/check.js'
import type { Violation } from './checker/evidence.js'
import { build, type Built, type Change } from './generator/app-process.js'
import { FAULTS, keep, run, type Plan } from './generator/run.js'
import { fromText, tell, type History } from './history.js'

const { env } = process
const SEED = Number(env['HISTORY_SEED'] ?? randomInt(1_000_000))
const SECONDS = Number(env['HISTORY_SECONDS'] ?? 0)
const LONG = SECONDS * 1_000 + 60_000

const PLAN: Plan = {
  ...{ app: 'sojourn', topology: 'single', isStrict: false, processes: 2 },
  ...{ seed: SEED, duration: SECONDS > 0 ? SECONDS * 1_000 : 3_000, faults: FAULTS },
}

/** Runs it and judges it; what is wrong is said with the file that holds the history. */
async function violationsOf(built: Built, plan: Plan): Promise<readonly Violation[]> {
  const { history, crashes } = await run(built, plan)
  expect(crashes).toEqual([])
  const violations = check(history)
  console.info(describeRun(history))
  const isSurprise = violations.length > 0 && plan.app === 'sojourn'
  if (isSurprise || env['HISTORY_KEEP'] !== undefined) {
    console.info(`the history is kept in ${keep(history)}`)
  }
  return violations
}

function describeRun(history: History): string {
  const { about, calls } = tell(history)
  const outcomes = new Map<string, number>()
  for (const { outcome } of calls) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  const counts = [...outcomes].map(([outcome, count]) => `${String(count)} ${outcome}`).join(', ')
  const faults = history.filter(({ kind }) => kind === 'fault').length / 2
  return `${about.subject}: HISTORY_SEED=${String(about.seed)}, ${String(faults)} faults, calls: ${counts}`
}

async function withBuilt<Answer>(
  app: string,
  use: (built: Built) => Promise<Answer>,
  changes: readonly Change[] = [],
): Promise<Answer> {
  const built = await build(app, changes)
  try {
    return await use(built)
  } finally {
    built.remove()
  }
}

describe('histories', () => {
  it(
    'sojourn: two processes, random work, faults: every history can be explained',
    async () => {
      expect(await withBuilt('sojourn', (built) => violationsOf(built, PLAN))).toEqual([])
    },
    LONG,
  )

  it(
    'the checker catches express-session + connect-redis: sessions come back after the sign-out, and writes are lost',
    async () => {
      const plan: Plan = { ...PLAN, app: 'express-session', duration: 500, calls: 500, faults: {} }
      const violations = await withBuilt('express-session', (built) => violationsOf(built, plan))
      const rules = new Set(violations.map(({ rule }) => rule))
      expect(rules).toContain('resurrected')
      expect(rules).toContain('lost-write')
    },
    LONG,
  )
})

describe.skipIf(SECONDS === 0)('long histories', () => {
  const others: Record<string, Partial<Plan>> = {
    'one Redis, strict, three processes': { isStrict: true, processes: 3 },
    'a cluster of three primaries, strict': { topology: 'cluster' },
    'an SQLite file that three processes share': { topology: 'sqlite', processes: 3 },
  }
  for (const [name, plan] of Object.entries(others)) {
    it(
      `sojourn on ${name}: every history can be explained`,
      async () => {
        const violations = await withBuilt('sojourn', (built) =>
          violationsOf(built, { ...PLAN, ...plan }),
        )
        expect(violations).toEqual([])
      },
      LONG,
    )
  }
})

describe.skipIf(env['HISTORY_BREAKS'] === undefined)('a library that is broken', () => {
  /** Some breaks show only where a fault meets them. */
  const MOST_RUNS = 6
  for (const broken of BREAKS) {
    it(`is caught: ${broken.name}`, async () => {
      const caught = await withBuilt(
        'sojourn',
        async (built) => {
          for (let at = 0; at < MOST_RUNS; at += 1) {
            const plan = { ...PLAN, seed: SEED + at, duration: 8_000 }
            const { faults = FAULTS } = broken
            const violations = await violationsOf(built, { ...plan, faults })
            if (violations.length > 0) return violations
          }
          return []
        },
        [broken],
      )
      console.info(`${broken.name}: ${caught[0]?.message ?? 'not caught'}`)
      const rules = [...new Set(caught.map(({ rule }) => rule))]
      expect(rules.filter((rule) => broken.rules.includes(rule))).not.toEqual([])
    }, 240_000)
  }
})

describe.skipIf(env['HISTORY_FILE'] === undefined)('a history that was kept', () => {
  it('can be explained', () => {
    const history = fromText(readFileSync(env['HISTORY_FILE'] ?? '', 'utf8'))
    console.info(describeRun(history))
    expect(check(history)).toEqual([])
  })
})
