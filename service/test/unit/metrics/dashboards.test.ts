/** The dashboards and alerts at rest: what Grafana and whoever is woken up rely on, without any server. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { run } from '../../../src/cli/program.js'
import { queriesOf, readBoards, type Board, type Panel } from '../../support/dashboards.js'
import { repositoryFile } from './panels.js'

const boards = [...readBoards()]
const contents = ({ panels }: Board): readonly Panel[] =>
  panels.filter(({ type }) => type !== 'row')

interface Rule {
  readonly alert?: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

const alerts = (readYaml('deploy/prometheus/alerts.yml') as { groups: { rules: Rule[] }[] }).groups
  .flatMap(({ rules }) => rules)
  .filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined)

/** What alerts.test.yml asks, all of it. */
const tryouts = (readYaml('deploy/prometheus/alerts.test.yml') as AlertTests).tests.flatMap(
  (test) => test.promql_expr_test,
)

function readYaml(path: string): unknown {
  return parse(readFileSync(repositoryFile(path), 'utf8'))
}

describe('the dashboards', () => {
  it('are four, each with an address and a title of its own, and lead to each other', () => {
    expect(boards.map(([name]) => name)).toEqual(['overview', 'security', 'store', 'tokens'])
    expect(boards.map(([, { uid }]) => uid)).toEqual(boards.map(([name]) => `sojourn-${name}`))
    expect(new Set(boards.map(([, { title }]) => title)).size).toBe(4)
    for (const [, board] of boards) {
      expect(board).toMatchObject({ tags: ['sojourn'], editable: false, schemaVersion: 42 })
      expect(board.links).toEqual([
        expect.objectContaining({
          ...{ type: 'dashboards', tags: ['sojourn'] },
          ...{ includeVars: true, keepTime: true },
        }),
      ])
    }
  })

  it.each(boards)(
    '%s: no panel lies on another, leaves the grid or shares an id',
    (_name, board) => {
      expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length)
      const taken = new Map<string, string>()
      for (const { title, gridPos } of board.panels) {
        expect([title, gridPos.x + gridPos.w <= 24 && gridPos.x >= 0]).toEqual([title, true])
        for (const square of squares(gridPos)) {
          expect(`${title} on ${taken.get(square) ?? 'nothing'}`).toBe(`${title} on nothing`)
          taken.set(square, title)
        }
      }
    },
  )

  it.each(boards)(
    '%s: each panel says what it shows, what is good and what to do',
    (_name, board) => {
      const titles = contents(board).map(({ title }) => title)
      expect(new Set(titles).size).toBe(titles.length)
      for (const { title, description, fieldConfig, targets = [] } of contents(board)) {
        expect([title, description]).toEqual([
          title,
          expect.stringMatching(/^\S.+\n\n\*\*Good:\*\* \S.+\n\n\*\*Otherwise:\*\* \S.+$/),
        ])
        expect([title, typeof fieldConfig?.defaults.unit]).toEqual([title, 'string'])
        const steps = (fieldConfig?.defaults.thresholds?.steps ?? []).map(({ value }) => value)
        // Grafana wants the first one without a value and the others ascending.
        expect([title, steps[0]]).toEqual([title, null])
        expect([title, steps]).toEqual([
          title,
          [null, ...steps.slice(1).toSorted((a, b) => Number(a) - Number(b))],
        ])
        const letters = targets.map(({ refId }) => refId)
        expect([title, letters.length > 0 && new Set(letters).size]).toEqual([
          title,
          letters.length,
        ])
      }
    },
  )

  it.each(boards)(
    '%s: everything is asked of the source and the processes that are picked',
    (name, board) => {
      const source = { type: 'prometheus', uid: '${datasource}' }
      expect(board.templating.list.map((one) => one.name)).toEqual([
        'datasource',
        'job',
        'instance',
      ])
      for (const { datasource, targets = [] } of contents(board)) {
        expect([datasource, ...targets.map((target) => target.datasource)]).toEqual([
          source,
          ...targets.map(() => source),
        ])
      }
      expect(board.annotations.list.map(({ datasource }) => datasource)).toEqual([source, source])
      const picked = '{job=~"sojourn",instance=~".*"'
      for (const { where, expr } of queriesOf(name, board, '1m')) {
        const all = expr.match(/\w+\{/g) ?? []
        const free = all.filter((one) => one === 'ALERTS{').length
        expect([where, expr.split(picked).length - 1]).toEqual([where, all.length - free])
      }
    },
  )

  it('name only runbooks that are there', () => {
    const pages = readdirSync(repositoryFile('docs/runbooks')).map((file) => file.slice(0, -3))
    for (const [, board] of boards) {
      for (const { title, description = '' } of contents(board)) {
        const [, words = ''] = /runbooks? ((?:[a-z-]+(?:, | and )?)+)/.exec(description) ?? []
        for (const page of words.split(/, | and /).filter((word) => word.includes('-'))) {
          expect([title, pages]).toEqual([title, expect.arrayContaining([page])])
        }
      }
    }
  })
})

describe('the alerts', () => {
  const pageOf = (alert: string): string =>
    alert
      .replace(/^Sojourn/, '')
      .replaceAll(/(?<=.)[A-Z]/g, (letter) => `-${letter}`)
      .toLowerCase()

  it('have a runbook each, and each runbook an alert', () => {
    const pages = readdirSync(repositoryFile('docs/runbooks')).filter(
      (file) => file !== 'README.md',
    )
    expect(alerts.map(({ alert }) => `${pageOf(alert)}.md`).toSorted()).toEqual(pages.toSorted())
    expect(alerts.length).toBeGreaterThan(30)
  })

  it.each(alerts.map((rule) => [rule.alert, rule] as const))(
    '%s says how bad it is, what it is and where to read on',
    (alert, rule) => {
      expect(Object.keys(rule.labels ?? {})).toEqual(['severity', 'service'])
      expect(['critical', 'warning']).toContain(rule.labels?.['severity'])
      expect(rule.labels?.['service']).toBe('sojourn')
      const { summary = '', description = '', runbook_url, ...others } = rule.annotations ?? {}
      expect(others).toEqual({})
      expect(summary.length).toBeGreaterThan(20)
      expect(summary.length).toBeLessThan(120)
      expect(description).toMatch(/\.$/)
      expect(runbook_url).toBe(`{{ $externalLabels.runbooks }}/${pageOf(alert)}.md`)
    },
  )

  it.each(alerts.map((rule) => [rule.alert, rule] as const))(
    '%s is tried out: it fires, it stays quiet, and its texts name only labels that it has',
    (alert, rule) => {
      const tries = tryouts.filter(
        ({ expr }) => expr === `ALERTS{alertname="${alert}", alertstate="firing"}`,
      )
      const fires = tries.flatMap(({ exp_samples }) => exp_samples)
      expect(fires.length).toBeGreaterThan(0)
      expect(tries.some(({ exp_samples }) => exp_samples.length === 0)).toBe(true)
      const texts = Object.values(rule.annotations ?? {}).join(' ')
      for (const [, label = ''] of texts.matchAll(/\$labels\.(\w+)/g)) {
        expect(fires.some(({ labels }) => labels.includes(` ${label}="`))).toBe(true)
      }
    },
  )
})

interface AlertTests {
  readonly tests: readonly {
    readonly promql_expr_test: readonly {
      readonly expr: string
      readonly exp_samples: readonly { readonly labels: string }[]
    }[]
  }[]
}

describe('the runbooks', () => {
  const HEADINGS = [
    'What it means',
    'What people notice',
    'Look here first',
    'What to do',
    'How it ends',
  ]

  it.each(alerts.map(({ alert }) => pageName(alert)))(
    '%s has the five parts, in this order',
    (page) => {
      const text = readFileSync(repositoryFile(`docs/runbooks/${page}`), 'utf8')
      expect(text.match(/(?<=^## ).+$/gm)).toEqual(HEADINGS)
      expect(text.split('\n').length).toBeLessThan(60)
    },
  )

  it('ask for commands and options of `sojourn` that are there', async () => {
    const commands = pages().flatMap(([page, text]) =>
      [...text.matchAll(/`sojourn ([^`]+)`/g)].map(([, words = '']) => ({ page, words })),
    )
    expect(commands.length).toBeGreaterThan(20)
    for (const { page, words } of commands) {
      const [names, options] = [words.match(/^[a-z]+(?: [a-z]+)?/), words.match(/--[a-z-]+/g)]
      const help = await helpOf((names?.[0] ?? '').split(' '))
      expect([page, words, help]).toEqual([page, words, expect.stringContaining('Usage: sojourn ')])
      for (const option of options ?? [])
        expect([page, option, help]).toEqual([page, option, expect.stringContaining(option)])
    }
  })

  it('are all named in the guide, with how bad they are', () => {
    const guide = readFileSync(repositoryFile('docs/guide/dashboards.md'), 'utf8')
    for (const { alert, labels } of alerts) {
      const row = new RegExp(
        `\\| \`${alert}\` +\\| ${labels?.['severity'] ?? ''} +\\| .*/${pageName(alert)}\\)`,
      )
      expect(guide).toMatch(row)
    }
  })

  it('lead to pages that are there', () => {
    for (const [page, text] of pages()) {
      for (const [, target = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
        const file = new URL(target, `file://${repositoryFile('docs/runbooks')}/${page}`)
        expect([page, target, existsSync(file)]).toEqual([page, target, true])
      }
    }
  })

  function pages(): (readonly [string, string])[] {
    const folder = repositoryFile('docs/runbooks')
    return readdirSync(folder).map((page) => [page, readFileSync(join(folder, page), 'utf8')])
  }

  /** What `sojourn audit --help` prints. */
  async function helpOf(words: readonly string[]): Promise<string> {
    let said = ''
    const write = (text: string): void => {
      said += text
    }
    const terminal = { write, writeError: write, columns: 200, isInteractive: false }
    await run([...words, '--help'], terminal as unknown as Parameters<typeof run>[1])
    return said
  }

  function pageName(alert: string): string {
    const { annotations = {} } = alerts.find((rule) => rule.alert === alert) ?? {}
    return (annotations['runbook_url'] ?? '').split('/').at(-1) ?? ''
  }
})

function squares({ x, y, w, h }: Panel['gridPos']): string[] {
  const columns = Array.from({ length: w }, (_, index) => x + index)
  const rows = Array.from({ length: h }, (_, index) => y + index)
  return rows.flatMap((row) => columns.map((column) => `${String(column)}:${String(row)}`))
}
