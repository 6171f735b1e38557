import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { runTwice } from '../../../tools/suite/again.mjs'
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
    expect(counts).toMatchObject({ passed: 2, failed: 2, again: ['a.spec.ts: second try'] })
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
    expect(countTests('/nowhere.json')).toEqual({ passed: 0, failed: 0, skipped: [], again: [] })
  })
})

const ok = (name: string, passed = 0) => ({
  name,
  parts: [],
  run: () => Promise.resolve({ code: 0, counts: { passed, failed: 0, skipped: [], again: [] } }),
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
    const counts = { passed: 1, failed: 2, skipped: [], again: [] }
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

  it('name each test that was skipped, or passed only when it ran again', async () => {
    const [skipped, again] = [['a.test.ts: left out'], ['b.test.ts: late']]
    const counts = { passed: 1, failed: 0, skipped, again }
    const tests = { name: 'tests', parts: [], run: () => Promise.resolve({ code: 0, counts }) }
    expect(table(await runSteps([tests], silent))).toMatch(
      /skipped:\n {2}a\.test\.ts: left out\n\nfailed beside .* alone:\n {2}b\.test\.ts: late$/,
    )
  })
})

describe('the time of all', () => {
  it('counts the longest of what ran at the same time', () => {
    const line = (took: number, isBeside?: true) => ({
      ...{ name: 'a', state: 'passed' as const, took },
      ...(isBeside === undefined ? {} : { isBeside }),
    })
    const lines = [line(2_000), line(5_000, true), line(1_000), line(7_000), line(3_000, true)]
    expect(table(lines)).toMatch(/all +13\.0 s/)
  })
})

describe('a run whose files failed', () => {
  /** A file of three tests, of which those named fail. */
  const file = (name: string, ...failing: string[]): object => ({
    name: `/elsewhere/${name}`,
    status: failing.length > 0 ? 'failed' : 'passed',
    assertionResults: ['one', 'two', 'three'].map((title) => ({
      title,
      status: failing.includes(title) ? 'failed' : 'passed',
    })),
  })

  /** Runs that leave, one after the other, these files and these doubts; answers which files each was asked for. */
  async function twice(...runs: { files: object[]; doubts: (string | null)[] }[]) {
    const report = join(plantTree({}), 'report.json')
    const papers = { report, doubts: `${report}.doubts` }
    const asked: (readonly string[] | undefined)[] = []
    vi.spyOn(console, 'log').mockImplementation(silent)
    const code = await runTwice(papers, (its, files) => {
      const { files: testResults, doubts } = runs[asked.push(files) - 1] ?? raise('a third run')
      writeFileSync(its.report, JSON.stringify({ testResults }))
      writeFileSync(its.doubts, JSON.stringify(doubts))
      return Promise.resolve(doubts.length > 0 ? 1 : 0)
    })
    return { code, asked, counts: countTests(report) }
  }

  const raise = (what: string): never => {
    throw new Error(what)
  }

  it('has them once more, alone, and what passes then is told with what it was', async () => {
    const { code, asked, counts } = await twice(
      { files: [file('a', 'two'), file('b'), file('c')], doubts: ['/elsewhere/a', '/elsewhere/c'] },
      { files: [file('a'), file('c')], doubts: [] },
    )
    expect([code, asked]).toEqual([0, [undefined, ['/elsewhere/a', '/elsewhere/c']]])
    expect(counts).toMatchObject({ passed: 9, failed: 0 })
    expect(counts.again.map((name) => name.replace(/.*elsewhere./, ''))).toEqual([
      'a: two',
      'c: (not a test: what is around them)',
    ])
  })

  it('fails where they fail again', async () => {
    const failed = { files: [file('a', 'two'), file('b')], doubts: ['/elsewhere/a'] }
    const { code, counts } = await twice(failed, {
      files: [file('a', 'three')],
      doubts: ['/elsewhere/a'],
    })
    expect(code).toBe(1)
    expect(counts).toMatchObject({ passed: 5, failed: 1 })
  })

  it.each([
    ['of more files than fail by chance', ['1', '2', '3', '4', '5', '6']],
    ['with an error that is no file’s', ['1', null]],
    ['of which nobody knows', []],
  ])('%s has failed at once', async (_what, doubts) => {
    const report = join(plantTree({}), 'report.json')
    let runs = 0
    const code = await runTwice({ report, doubts: `${report}.doubts` }, (its) => {
      runs += 1
      writeFileSync(its.doubts, JSON.stringify(doubts))
      return Promise.resolve(1)
    })
    expect([code, runs]).toEqual([1, 1])
  })
})
