import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { freePort, waitFor } from '../../../library/test/support/redis-server.js'
import { MISSING } from '../../../library/test/telemetry/promtool.js'
import { temporaryFolder } from './service.js'

/** A file of deploy/prometheus. */
export function prometheusFile(name: string): string {
  return fileURLToPath(new URL(`../../../deploy/prometheus/${name}`, import.meta.url))
}

/** One series of an answer. */
export interface Found {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

/** An alert or a recording, as Prometheus keeps it. */
export interface LiveRule {
  readonly name: string
  /** `ok`, `err`, or `unknown` where it was not evaluated yet. */
  readonly health: string
  readonly lastError?: string
  /** Alerts that it has made, with their texts filled in. */
  readonly alerts?: readonly LiveAlert[]
}

export interface LiveAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly state: string
}

/** A real Prometheus with the configuration and the rules of deploy/prometheus. */
export interface Prometheus {
  /** The configuration it runs with. */
  readonly config: string
  /** Evaluates PromQL now. Throws where Prometheus refuses it. */
  query(expr: string): Promise<readonly Found[]>
  /** What the function `label_values` of Grafana asks. */
  labelValues(series: string, label: string): Promise<readonly string[]>
  rules(): Promise<readonly LiveRule[]>
  stop(): Promise<void>
}

/** Holds a pipe from this process: when that closes, even by SIGKILL, Prometheus ends too. */
const WATCHDOG = 'prometheus "$@" & server=$!; cat >/dev/null; kill -9 $server; wait $server'

/** Starts Debian's Prometheus over these addresses (`127.0.0.1:3000`), reading each of them once a second. */
export async function startPrometheus(
  targets: readonly string[],
  token: string,
): Promise<Prometheus> {
  assertInstalled()
  const folder = temporaryFolder()
  const address = `127.0.0.1:${String(await freePort())}`
  const config = writeConfig(folder, { targets, token, address })
  const args = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`]
  const more = [`--web.listen-address=${address}`, '--log.level=error']
  const shell = spawn('sh', ['-c', WATCHDOG, 'sh', ...args, ...more], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const isOver = new Promise((resolve) => shell.once('close', resolve))
  await waitFor('Prometheus to be ready', async () =>
    fetch(`http://${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return {
    config,
    query: async (expr) => found(await ask(address, 'query', { query: expr })),
    labelValues: async (series, label) =>
      (await ask(address, `label/${label}/values`, { 'match[]': series })) as readonly string[],
    rules: async () => rulesOf(await ask(address, 'rules', {})),
    async stop() {
      shell.stdin.destroy()
      await isOver
    },
  }
}

function assertInstalled(): void {
  const { error } = spawnSync('prometheus', ['--version'], { stdio: 'ignore' })
  if (error !== undefined) throw new Error(MISSING, { cause: error })
}

interface Job {
  readonly job_name: string
  readonly authorization?: { readonly credentials_file?: string }
}

interface Configuration {
  readonly global: object
  readonly rule_files: readonly string[]
  readonly scrape_configs: readonly Job[]
}

/** The configuration of deploy/, told where everything is on this machine. Only places and intervals change. */
function writeConfig(
  folder: string,
  here: { targets: readonly string[]; token: string; address: string },
): string {
  const text = readFileSync(prometheusFile('prometheus.yml'), 'utf8')
  const config = parse(text) as Configuration
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, here.token)
  const jobs = config.scrape_configs.map(({ authorization, ...job }) => ({
    ...Object.fromEntries(Object.entries(job).filter(([name]) => !name.endsWith('_sd_configs'))),
    static_configs: [{ targets: job.job_name === 'sojourn' ? here.targets : [here.address] }],
    ...(authorization === undefined
      ? {}
      : { authorization: { ...authorization, credentials_file: tokenFile } }),
  }))
  const file = join(folder, 'prometheus.yml')
  const local = {
    ...config,
    global: { ...config.global, scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: config.rule_files.map(prometheusFile),
    scrape_configs: jobs,
  }
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(local))
  return file
}

async function ask(
  address: string,
  path: string,
  fields: Record<string, string>,
): Promise<unknown> {
  const answer = await fetch(
    `http://${address}/api/v1/${path}?${String(new URLSearchParams(fields))}`,
  )
  const reply = (await answer.json()) as { status: string; error?: string; data?: unknown }
  if (reply.status === 'success') return reply.data
  throw new Error(`${fields['query'] ?? path}: ${reply.error ?? reply.status}`)
}

function found(data: unknown): readonly Found[] {
  const { result } = data as {
    result: { metric: Found['metric']; value: readonly [number, string] }[]
  }
  return result.map(({ metric, value }) => ({ metric, value: toNumber(value[1]) }))
}

/** Prometheus writes `+Inf` where JavaScript reads `Infinity`. */
function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'))
}

function rulesOf(data: unknown): readonly LiveRule[] {
  const { groups } = data as { groups: readonly { rules: readonly LiveRule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}
