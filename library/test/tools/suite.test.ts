import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { countTests } from '../../../tools/suite/counts.mjs'
import { readResults } from '../../../tools/suite/results.mjs'
import { runSteps } from '../../../tools/suite/suite.mjs'
import { closingLine, table } from '../../../tools/suite/summary.mjs'
import { StepFailed } from '../../../tools/workspace/progress.mjs'
import { plantTree } from './tree.js'

const report = (value: object): string =>
  join(plantTree({ 'report.json': JSON.stringify(value) }), 'report.json')

const vitestReport = (): string =>
  report({
    testResults: [
      {
        name: '/elsewhere/a.test.ts',
        status: 'failed',
        assertionResults: [
          { title: 'one', status: 'passed' },
          { title: 'two', status: 'failed' },
          { title: 'three', status: 'pending' },
          { title: 'four', status: 'todo' },
          { title: 'five', status: 'skipped' },
        ],
      },
      { name: '/elsewhere/broken.test.ts', status: 'failed', assertionResults: [] },
    ],
  })

const run = (status: string, ...attempts: string[]): object => ({
  status,
  results: attempts.map((attempt) => ({ status: attempt })),
})

const playwrightReport = (): string =>
  report({
    config: { rootDir: '/elsewhere/browser' },
    errors: [],
    suites: [
      {
        specs: [{ title: 'outer', file: 'a.spec.ts', tests: [run('expected', 'passed')] }],
        suites: [
          {
            specs: [
              { title: 'inner', file: 'a.spec.ts', tests: [run('unexpected', 'timedOut')] },
              { title: 'meant to fail', file: 'a.spec.ts', tests: [run('expected', 'failed')] },
              { title: 'left out', file: 'a.spec.ts', tests: [run('skipped', 'skipped')] },
              { title: 'second try', file: 'a.spec.ts', tests: [run('flaky', 'failed', 'passed')] },
            ],
          },
        ],
      },
    ],
  })

describe('a report', () => {
  it('of vitest is counted, with a file that did not load as a failure', () => {
    const counts = countTests(vitestReport())
    expect(counts).toMatchObject({ passed: 1, failed: 2 })
    expect(counts.skipped.map((name) => name.replace(/.*: /, ''))).toEqual([
      'three',
      'four',
      'five',
    ])
  })

  it('of Playwright is counted through all its groups', () => {
    const counts = countTests(playwrightReport())
    expect(counts).toMatchObject({ passed: 2, failed: 2 })
    expect(counts.skipped).toHaveLength(1)
  })

  it('gives each test its own title and its file', () => {
    expect(readResults(playwrightReport())?.[1]).toMatchObject({
      title: 'inner',
      file: expect.stringMatching(/browser\/a\.spec\.ts$/),
      outcome: 'failed',
    })
  })

  it('that is not there counts nothing', () => {
    expect(countTests('/nowhere.json')).toEqual({ passed: 0, failed: 0, skipped: [] })
  })
})

const ok = (name: string, passed = 0) => ({
  name,
  parts: [],
  run: () => Promise.resolve({ code: 0, counts: { passed, failed: 0, skipped: [] } }),
})
const silent = (): void => undefined

describe('the steps', () => {
  it('add up in the closing line', async () => {
    const lines = await runSteps([ok('a', 3), ok('b', 4)], silent)
    expect(closingLine(lines)).toBe('7 passed, 0 failed')
  })

  it('end at the first that fails, and the rest is shown as not run', async () => {
    const lint = { name: 'lint', parts: [], run: () => Promise.resolve({ code: 2 }) }
    const lines = await runSteps([ok('a', 3), lint, ok('b', 4)], silent)
    expect(lines.map(({ state }) => state)).toEqual(['passed', 'failed', 'not run'])
    expect(closingLine(lines)).toBe('3 passed, 1 failed')
  })

  it('run at the same time where one stands beside the other, and both are told', async () => {
    const running: string[] = []
    const step = (name: string, code: number, isBeside?: true) => ({
      name,
      parts: [],
      ...(isBeside === undefined ? {} : { isBeside }),
      run: async () => {
        running.push(name)
        await new Promise((resolve) => setImmediate(resolve))
        expect(running).toContain('tests')
        return { code }
      },
    })
    const steps = [ok('a'), step('tests', 0), step('lint', 1, true), ok('b')]
    const lines = await runSteps(steps, silent)
    expect(running).toEqual(['tests', 'lint'])
    expect(lines.map(({ state }) => state)).toEqual(['passed', 'passed', 'failed', 'not run'])
  })

  it('fail where a runner reports a failure and forgets its exit code', async () => {
    const counts = { passed: 1, failed: 2, skipped: [] }
    const tests = { name: 'tests', parts: [], run: () => Promise.resolve({ code: 0, counts }) }
    const lines = await runSteps([tests], silent)
    expect(lines.map(({ state }) => state)).toEqual(['failed'])
    expect(closingLine(lines)).toBe('1 passed, 2 failed')
  })

  it('fail with a sentence where something is missing', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(silent)
    const parts = {
      name: 'parts',
      parts: [],
      run: () => Promise.reject(new StepFailed('run this')),
    }
    const lines = await runSteps([parts], silent)
    expect(closingLine(lines)).toBe('0 passed, 1 failed')
    expect(printed).toHaveBeenCalledExactlyOnceWith('sojourn: run this')
    printed.mockRestore()
  })

  it('name each skipped test', async () => {
    const counts = { passed: 1, failed: 0, skipped: ['a.test.ts: left out'] }
    const tests = { name: 'tests', parts: [], run: () => Promise.resolve({ code: 0, counts }) }
    expect(table(await runSteps([tests], silent))).toMatch(/skipped:\n {2}a\.test\.ts: left out$/)
  })
})
