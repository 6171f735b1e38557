/**
 * What Grafana and Prometheus of deploy/ show of the built service: two processes on Redis with a replica, one on SQLite, a real
 * Prometheus that reads them, people who use them and somebody who attacks.
 */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import { promtool } from '../../../library/test/telemetry/promtool.js'
import { attack, ENVIRONMENT, interrupt, useEverything } from '../support/dashboard-deeds.js'
import { queriesOf, readBoards, seriesIn } from '../support/dashboards.js'
import { prometheusFile, startPrometheus, type Prometheus } from '../support/prometheus.js'
import { runCli } from '../support/run-cli.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'

/** Longer than the whole file takes on the slowest machine: nothing may drop out of a rate before it is asked for. */
const WINDOW = '5m'

/** Panels that are empty on a good day, though their series are there. */
const EMPTY_ON_A_GOOD_DAY: readonly string[] = []

const boards = readBoards()
const queries = [...boards].flatMap(([name, board]) => queriesOf(name, board, WINDOW))

let primary: RedisServer
let replica: RedisServer
let services: readonly Service[]
let prometheus: Prometheus
/** The names of all series that the services show. */
let exposed: ReadonlySet<string>
let texts: readonly string[]
/** What promtool says, while Prometheus takes its five seconds before it reads anybody. */
let verdicts: readonly Promise<string>[]

const run = promisify(execFile)

beforeAll(async () => {
  primary = await startRedis({ args: ['--appendonly', 'yes', '--maxmemory', '256mb'] })
  replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] })
  const onRedis = { ...ENVIRONMENT, REDIS_URL: primary.url }
  services = await Promise.all([
    startService(onRedis),
    startService(onRedis),
    startService(ENVIRONMENT),
  ])
  const addresses = services.map(({ port }) => `127.0.0.1:${String(port)}`)
  prometheus = await startPrometheus(addresses, ENVIRONMENT.METRICS_TOKEN)
  verdicts = [
    run('promtool', ['check', 'rules', prometheusFile('alerts.yml')]),
    run('promtool', ['check', 'config', prometheus.config]),
    run('promtool', ['test', 'rules', prometheusFile('alerts.test.yml')]),
  ].map(async (checking) => {
    const { stdout, stderr } = await checking
    return stdout + stderr
  })
  await Promise.all([everybodyIsRead(), ...verdicts])
  const [first, second] = services as [Service, Service]
  await usePeople(first, second)
  texts = await Promise.all(services.map(metricsOf))
  exposed = new Set(texts.flatMap((text) => text.match(/^[a-z]\w*(?=[{ ])/gm) ?? []))
  await everybodyIsRead()
}, 60_000)

afterAll(async () => {
  await prometheus.stop()
  await Promise.all(services.map((service) => service[Symbol.asyncDispose]()))
  await replica.stop()
  await primary.stop()
})

/** Resolves once each process was read twice more: what is shown of the stores is one reading old. */
async function everybodyIsRead(): Promise<void> {
  const count = async (): Promise<readonly number[]> => {
    const found = await prometheus.query(`count_over_time(up{job="sojourn"}[${WINDOW}])`)
    return found.map(({ value }) => value)
  }
  const before = Math.max(0, ...(await count()))
  await vi.waitFor(
    async () => {
      const read = await count()
      expect(read).toHaveLength(services.length)
      expect(Math.min(...read)).toBeGreaterThanOrEqual(before + 2)
    },
    { timeout: 40_000, interval: 200 },
  )
}

async function usePeople(first: Service, second: Service): Promise<void> {
  await Promise.all([load(first), useEverything(first, second), attack(first)])
  await interrupt(primary, second)
}

/** Again where the machine was too busy for the deadlines of the store while people were signed in. */
async function load({ url }: Pick<Service, 'url'>, tries = 3): Promise<void> {
  try {
    await runCli({}, 'load', url, ...LOAD)
  } catch (error) {
    if (tries === 1) throw error
    await load({ url }, tries - 1)
  }
}

/** Everything but sign-ins, which cost a hash each. */
const LOAD =
  '--users 2 --duration 2s --warm-up 0s --rate 40 --mix read=70,write=15,refresh=15 --show both --max-errors 50%'.split(
    ' ',
  )

async function metricsOf({ url }: Service): Promise<string> {
  const headers = { Authorization: `Bearer ${ENVIRONMENT.METRICS_TOKEN}` }
  const answer = await fetch(`${url}/metrics`, { headers })
  return answer.text()
}

describe('the dashboards over a real Prometheus', () => {
  it('S1-10, behaviour 30b: no panel is empty: each query finds a number, with every label that its legend names', async () => {
    expect(queries.length).toBeGreaterThan(150)
    const answers = await Promise.all(
      queries.map(async (query) => ({ ...query, found: await prometheus.query(query.expr) })),
    )
    const empty = answers
      .filter(({ found }) => !found.some(({ value }) => Number.isFinite(value)))
      .map(({ where, expr }) => `${where}: ${expr}`)
    expect(empty).toEqual(EMPTY_ON_A_GOOD_DAY)
    const nameless = answers.filter(({ found, shown }) =>
      found.some(({ metric }) =>
        shown.some((label) => label !== 'le' && metric[label] === undefined),
      ),
    )
    expect(nameless.map(({ where, expr }) => `${where}: ${expr}`)).toEqual([])
  })

  it('ask for nothing that no process shows, and show everything that one does', () => {
    const asked = new Set(queries.flatMap(({ expr }) => seriesIn(expr)))
    expect(
      [...asked].filter((name) => !exposed.has(name) && !MADE_BY_PROMETHEUS.has(name)),
    ).toEqual([])
    const families = texts.flatMap((text) => text.match(/(?<=^# TYPE )sojourn_\w+/gm) ?? [])
    const unseen = families.filter((family) => ![...asked].some((name) => name.startsWith(family)))
    expect([...new Set(unseen)]).toEqual([])
  })

  it('what was done is what they show', async () => {
    const shown = async (title: string): Promise<number> => {
      const query = queries.find(({ where }) => where === title)
      const found = await prometheus.query(query?.expr ?? '')
      return found.reduce((sum, { value }) => sum + value, 0)
    }
    expect(await shown('overview: Processes')).toBe(3)
    // Some of it is counted a moment after it was answered.
    await vi.waitFor(
      async () => {
        for (const title of DONE) expect([title, (await shown(title)) > 0]).toEqual([title, true])
      },
      { timeout: 20_000, interval: 250 },
    )
  })

  it('what can be picked above them is there', async () => {
    for (const [, { templating }] of boards) {
      for (const { type, query } of templating.list) {
        if (type === 'datasource') continue
        const text = typeof query === 'string' ? query : query.query
        const [, series = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? []
        const values = await prometheus.labelValues(series.replace('$job', 'sojourn'), label)
        expect([text, values.length]).toEqual([text, label === 'job' ? 1 : 3])
      }
    }
  })
})

/** No process shows them: Prometheus makes them itself. */
const MADE_BY_PROMETHEUS = new Set(['up', 'ALERTS'])

/** Each had something to count. */
const DONE = [
  'security: Stolen refresh tokens',
  'security: Lockouts',
  'security: Failed sign-ins',
  'security: Refused requests',
  'security: Anomalies',
  'security: Acts of administrators',
  'security: Passwords changed',
  'security: Rate limits: refused, by policy',
  'tokens: Exchanged, by outcome',
  'store: Calls that failed',
]

describe('the alerts in a real Prometheus', () => {
  it('behaviour 30b: all rules load and are evaluated without a fault, over series that are there', async () => {
    const rules = await vi.waitFor(
      async () => {
        const all = await prometheus.rules()
        expect(all.filter(({ health }) => health === 'unknown')).toEqual([])
        return all
      },
      { timeout: 20_000, interval: 200 },
    )
    expect(rules.length).toBeGreaterThan(35)
    expect(rules.filter(({ health, lastError }) => health !== 'ok' || lastError)).toEqual([])
    const source = readFileSync(prometheusFile('alerts.yml'), 'utf8')
    const recorded = rules.map(({ name }) => name).filter((name) => name.includes(':'))
    const asked = new Set(source.match(/\b(?:sojourn_|http_|process_|nodejs_)\w+(?=[{\s)[])/g))
    expect(asked.size).toBeGreaterThan(30)
    expect([...asked].filter((name) => !exposed.has(name))).toEqual([])
    expect(recorded).toHaveLength(4)
  })

  it('the one of stolen refresh tokens fires, in words, and names its page', async () => {
    const rules = await prometheus.rules()
    const [alert] = rules.find(({ name }) => name === 'SojournRefreshTokenReused')?.alerts ?? []
    expect(alert).toMatchObject({
      state: 'firing',
      labels: { severity: 'warning', job: 'sojourn' },
      annotations: {
        summary: expect.stringMatching(/^[\d.]+ spent refresh tokens came in again$/) as string,
        runbook_url: 'docs/runbooks/refresh-token-reused.md',
      },
    })
  })

  it('fire when they should and stay quiet when they should: promtool test rules, check rules, check config', async () => {
    for (const said of await Promise.all(verdicts)) expect(said).not.toMatch(/warn|lint|FAILED/i)
  })

  it('the series themselves are clean: promtool check metrics', () => {
    for (const text of texts)
      expect(promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' })
  })
})

describe('the runbooks', () => {
  it('ask Prometheus what it understands, of series that are there', async () => {
    const folder = fileURLToPath(new URL('../../../docs/runbooks', import.meta.url))
    const asked = readdirSync(folder).flatMap((page) => {
      const text = readFileSync(join(folder, page), 'utf8')
      const [, block = ''] = /^```promql\n(.*?)^```$/ms.exec(text) ?? []
      return block
        .trim()
        .split('\n')
        .map((expr) => ({ page, expr }))
    })
    expect(asked.length).toBeGreaterThan(70)
    for (const { page, expr } of asked) {
      await prometheus.query(expr)
      const unknown = seriesIn(expr).filter((name) => !exposed.has(name) && name !== 'up')
      expect([page, expr, unknown]).toEqual([page, expr, []])
    }
  })
})

describe('npm run dashboards', () => {
  it('writes one file for each, as Grafana reads them', async () => {
    const folder = join(temporaryFolder(), 'dashboards')
    const script = fileURLToPath(new URL('../../../deploy/grafana/build.mjs', import.meta.url))
    await run(process.execPath, [script, folder])
    expect(readdirSync(folder)).toEqual([...boards.keys()].map((name) => `${name}.json`))
    for (const [name, board] of boards) {
      expect(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))).toEqual(board)
    }
  })
})
