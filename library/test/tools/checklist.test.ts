import { describe, expect, it } from 'vitest'
import { judge } from '../../../tools/checklist/closing.mjs'
import {
  closedRows,
  evidence,
  openIds,
  openRows,
  summary,
} from '../../../tools/checklist/report.mjs'
import { allRows, behaviourGroups, NOT_APPLICABLE } from '../../../tools/checklist/rows.mjs'
import { readTitle } from '../../../tools/checklist/titles.mjs'

const rows = allRows()
const known = new Set(rows.map(({ id }) => id))

type Outcome = 'passed' | 'failed' | 'skipped'
const result = (title: string, outcome: Outcome = 'passed', file = 'a.test.ts') => ({
  title,
  outcome,
  file,
})
const closedBy = (...results: ReturnType<typeof result>[]): string[] =>
  judge(rows, results)
    .rows.filter(({ closed }) => closed)
    .map(({ id }) => id)

describe('the list of ids', () => {
  it('is complete', () => {
    const counts = Object.fromEntries(
      ['origin', 'behaviour', 'asvs', 'badInput', 'fault', 'advisory'].map((kind) => [
        kind,
        rows.filter((row) => row.kind === kind).length,
      ]),
    )
    expect(counts).toEqual({
      origin: 160,
      behaviour: 137,
      asvs: 149,
      badInput: 140,
      fault: 30,
      advisory: 73,
    })
    expect(known.size).toBe(rows.length)
  })

  it('has lines in each of the 43 groups of behaviours', () => {
    expect(behaviourGroups()).toHaveLength(43)
    expect(behaviourGroups().filter(({ ids }) => ids.length === 0)).toEqual([])
    expect(behaviourGroups()[1]?.ids).toEqual(
      ['2a', '2b', '2c', '2d', '2e'].map((line) => `behaviour ${line}`),
    )
  })
})

describe('a title', () => {
  it.each([
    ['S0-04: words', ['S0-04']],
    ['behaviour 3a: words: and more', ['behaviour 3a']],
    ['ASVS 7.4.1: words', ['ASVS 7.4.1']],
    ['fault F2: words', ['fault F2']],
    ['cookie-06: words', ['cookie-06']],
    ['CVE-2015-9235: words', ['CVE-2015-9235']],
    ['GHSA-2ccf-ffrj-m4qw: words', ['GHSA-2ccf-ffrj-m4qw']],
    ['express-session-632: words', ['express-session-632']],
    ['S0-04, behaviour 6a, ASVS 7.2.3: words', ['S0-04', 'behaviour 6a', 'ASVS 7.2.3']],
    [
      'behaviour 4a, 4b, fault F1, F2: words',
      ['behaviour 4a', 'behaviour 4b', 'fault F1', 'fault F2'],
    ],
    ['ASVS 7.4.1, 7.4.2: words', ['ASVS 7.4.1', 'ASVS 7.4.2']],
  ])('with ids is read, case %#', (title, ids) => {
    expect(readTitle(title, known)).toEqual({ ids, problems: [] })
  })

  it.each([
    'keeps the data',
    'store: keeps the data',
    'csurf: works on top',
    'faults are exceptions: always',
    'says 401, not 503: never the same',
    'json: parses',
    '4a: without its word',
  ])('without ids is left alone, case %#', (title) => {
    expect(readTitle(title, known)).toEqual({ ids: [], problems: [] })
  })

  it.each([
    ['behaviour 99a: words', '"behaviour 99a", which is no id'],
    ['behavior 3a: words', '"behavior 3a", which is no id'],
    ['behaviour 8: words', '"behaviour 8", which is no id'],
    ['S0-99: words', '"S0-99", which is no id'],
    ['S0-4: words', '"S0-4", which is no id'],
    ['fault 2: words', '"fault 2", which is no id'],
    ['F2: words', '"F2", which is no id'],
    ['CVE-1999-0001: words', '"CVE-1999-0001", which is no id'],
    ['asvs 7.4.1: words', '"asvs 7.4.1", which is no id'],
    ['cookie-6: words', '"cookie-6", which is no id'],
    ['S0-04 and more: words', '"S0-04 and more", which is no id'],
    ['S0-04, plus: words', '"plus", which is no id'],
    ['S0-04 without a colon', 'no colon'],
  ])('with a slip in it is reported, case %#', (title, problem) => {
    expect(readTitle(title, known).problems.join()).toContain(problem)
  })
})

describe('a row', () => {
  it('is closed by a test that names it and passed', () => {
    expect(closedBy(result('S0-04, fault F2: words'), result('other words'))).toEqual([
      'S0-04',
      'fault F2',
    ])
  })

  it('is not closed by a test that failed or was skipped', () => {
    expect(closedBy(result('S0-04: words', 'failed'), result('S0-05: words', 'skipped'))).toEqual(
      [],
    )
  })

  it('is open while any test that names it fails', () => {
    expect(closedBy(result('S0-04: on memory'), result('S0-04: on Redis', 'failed'))).toEqual([])
  })

  it('is closed where one store was tested and another skipped', () => {
    expect(closedBy(result('S0-04: on memory'), result('S0-04: on Redis', 'skipped'))).toEqual([
      'S0-04',
    ])
  })

  it('is told with the files that close it, or the reason that it is open', () => {
    const judged = judge(rows, [
      result('S0-04: words', 'passed', 'b.test.ts'),
      result('S0-04: other words', 'passed', 'a.test.ts'),
      result('S0-05: words', 'failed', 'c.test.ts'),
      result('S0-06: words', 'skipped'),
    ])
    expect(closedRows(judged.rows)).toMatch(/^S0-04: .*\n {4}a\.test\.ts b\.test\.ts$/)
    expect(openRows(judged.rows)).toMatch(
      /S0-05: .*\n {4}a test that names it failed c\.test\.ts\n/,
    )
    expect(openRows(judged.rows)).toMatch(/S0-06: .*\n {4}each test that names it was skipped\n/)
    expect(openIds(judged.rows)).not.toContain('S0-04')
  })

  it('counts for its group when the last of its lines is closed', () => {
    const lines = ['behaviour 7a, 7b: words', 'behaviour 7c: words'].map((title) => result(title))
    const groupsClosed = (results: typeof lines): string | undefined =>
      /whole groups\s+(\d+)/.exec(summary(judge(rows, results).rows))?.[1]
    expect(groupsClosed(lines.slice(0, 1))).toBe('0')
    expect(groupsClosed(lines)).toBe('1')
  })
})

it('reports a slip with the file it is in', () => {
  const { problems } = judge(rows, [result('S0-99: words', 'passed', 'x.test.ts')])
  expect(problems).toMatchObject([{ file: 'x.test.ts', title: 'S0-99: words' }])
})

describe('a row that does not apply', () => {
  const id = 'ASVS 10.5.5'
  const exempt = { [id]: 'there is nothing of the kind' }

  it('is neither closed nor open, and says why', () => {
    const { rows: judged, problems } = judge(rows, [], exempt)
    expect(problems).toEqual([])
    expect(openRows(judged)).not.toContain(id)
    expect(openIds(judged)).not.toContain('10.5.5')
    expect(summary(judged)).toMatch(/ASVS requirements\s+0\s+149\s+1\s+148/)
    expect(evidence(judged)).toMatch(
      /\| 10\.5\.5 \| .* \| not applicable, because there is nothing of the kind \|/,
    )
  })

  it('is a slip where a test names it', () => {
    const { problems } = judge(rows, [result(`${id}: words`)], exempt)
    expect(problems.map(({ problem }) => problem).join()).toContain('not applicable')
  })

  it('is a row of ASVS, or it is a slip', () => {
    const of = (one: string): unknown[] => judge(rows, [], { [one]: 'words' }).problems
    expect([of('ASVS 99.1.1'), of('S0-04'), of(id)].map((list) => list.length)).toEqual([1, 1, 0])
  })

  it('has a reason of some words', () => {
    for (const reason of Object.values(NOT_APPLICABLE)) expect(reason).toMatch(/^[a-z].{40,}/)
  })
})
