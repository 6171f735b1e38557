import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { RunningServer } from '../../../../library/test/support/web.js'
import { promtool } from '../../../../library/test/telemetry/promtool.js'
import { samplesOf } from '../../../../library/test/telemetry/samples.js'
import { readPanels, readQueries, seriesIn } from './panels.js'
import { startPrometheus, type Found, type Prometheus } from './prometheus.js'
import { serve, use, watch, type Watched } from './watched-service.js'

const TOKEN = 'MWQ5ZjQ3YmYyYjU1NGE0MzkxZjI4ZjA1Zjk'

describe('the series of the whole service', () => {
  it('are clean to promtool', () => {
    const { metrics, stop } = watch()
    const verdict = promtool(['check', 'metrics'], metrics.text())
    stop()
    expect(verdict).toEqual({ code: 0, output: '' })
  })
})

describe('the dashboard', () => {
  it('asks only for series that are exposed', () => {
    const { metrics, stop } = watch()
    const names = [...samplesOf(metrics.text()).keys()].map((key) => key.replace(/\{.*/, ''))
    stop()
    // Prometheus makes this one itself.
    const known = new Set([...names, 'up'])
    const asked = readQueries('1m').flatMap(({ expr }) => seriesIn(expr))
    expect(asked.length).toBeGreaterThan(40)
    expect(asked.filter((name) => !known.has(name))).toEqual([])
  })

  it('shows each series of the library somewhere', () => {
    const { metrics, stop } = watch()
    const families = metrics.text().match(/(?<=^# TYPE )sojourn_\w+/gm) ?? []
    stop()
    const asked = readQueries('1m').map(({ expr }) => expr)
    const HIDDEN = ['sojourn_subjects_disabled_total', 'sojourn_subjects_enabled_total']
    const unseen = families.filter((family) => !asked.some((expr) => expr.includes(family)))
    expect(unseen).toEqual(HIDDEN)
  })

  it('holds valid PromQL and no name twice', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sojourn-rules-'))
    const rules = readQueries('1m').map(({ expr }, index) => ({
      record: `panel:query${String(index)}`,
      expr,
    }))
    const file = join(folder, 'rules.yml')
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }))
    const verdict = promtool(['check', 'rules', file])
    rmSync(folder, { recursive: true })
    expect(verdict.output).toContain(`${String(rules.length)} rules found`)
    expect(verdict.code).toBe(0)
    const titles = readPanels().map(({ title }) => title)
    expect(new Set(titles).size).toBe(titles.length)
  })

  it('takes everything from the source that is provisioned', () => {
    for (const { datasource } of readPanels()) expect(datasource?.uid).toBe('prometheus')
  })
})

describe('the dashboard over a real Prometheus', () => {
  let watched: Watched
  let server: RunningServer
  let prometheus: Prometheus

  const undo: (() => unknown)[] = []

  beforeAll(async () => {
    watched = watch()
    undo.push(() => {
      watched.stop()
    })
    server = await serve(watched, TOKEN)
    undo.push(() => server.close())
    prometheus = await startPrometheus(`127.0.0.1:${String(server.port)}`, TOKEN)
    undo.push(() => prometheus.stop())
  })

  afterAll(async () => {
    for (const step of undo.reverse()) await step()
  })

  /** Asks every query of the dashboard. */
  async function ask(): Promise<
    { name: string; shown: readonly string[]; found: readonly Found[] }[]
  > {
    return Promise.all(
      readQueries('3s').map(async ({ panel, expr, shown }) => ({
        name: `${panel}: ${expr}`,
        shown,
        found: await prometheus.query(expr),
      })),
    )
  }

  it('leaves no panel empty, even before anything has happened', async () => {
    // Prometheus takes five seconds before it reads a target for the first time.
    await vi.waitFor(
      async () => {
        const [read] = await prometheus.query('sum(sum_over_time(up{job="sojourn"}[1m]))')
        expect(read?.value ?? 0).toBeGreaterThanOrEqual(6)
      },
      { timeout: 25_000, interval: 100 },
    )
    const answers = await ask()
    expect(answers.filter(({ found }) => found.length === 0).map(({ name }) => name)).toEqual([])
  })

  it('shows a number in every panel once people come, with every label that a legend names', async () => {
    const until = performance.now() + 4_000
    while (performance.now() < until) {
      await use(watched, server.url)
      await sleep(100)
    }
    const answers = await ask()
    const numberless = answers.filter(({ found }) => !found.some(({ value }) => isFinite(value)))
    expect(numberless.map(({ name }) => name)).toEqual([])
    for (const { name, shown, found } of answers) {
      for (const { metric } of found)
        expect([name, Object.keys(metric)]).toEqual([name, expect.arrayContaining([...shown])])
    }
    const [started] = await prometheus.query('sum(rate(sojourn_sessions_started_total[3s]))')
    expect(started?.value).toBeGreaterThan(1)
    const [errors] = await prometheus.query(
      'sum(rate(http_requests_total{status_class="5xx"}[3s]))',
    )
    expect(errors?.value).toBeGreaterThan(0.5)
  })
})
