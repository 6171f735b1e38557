import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, waitFor } from '../../../../library/test/support/redis-server.js'
import { MISSING } from '../../../../library/test/telemetry/promtool.js'
import { repositoryFile } from './panels.js'

/** One series of an answer. */
export interface Found {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

/** A real Prometheus that reads one server. */
export interface Prometheus {
  /** Evaluates PromQL now. Throws where Prometheus refuses it. */
  query(expr: string): Promise<readonly Found[]>
  stop(): Promise<void>
}

/** Holds a pipe from this process: when that closes, even by SIGKILL, Prometheus ends too. */
const WATCHDOG = 'prometheus "$@" & server=$!; cat >/dev/null; kill -9 $server; wait $server'

/** Starts Debian's Prometheus with the configuration of deploy/, told where everything is on this machine. */
export async function startPrometheus(target: string, token: string): Promise<Prometheus> {
  assertInstalled()
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-prometheus-'))
  const port = await freePort()
  const address = `127.0.0.1:${String(port)}`
  const config = join(folder, 'prometheus.yml')
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, token)
  writeFileSync(config, localConfig({ target, tokenFile, address }))
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
    query: async (expr) => ask(address, expr),
    async stop() {
      shell.stdin.destroy()
      await isOver
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function assertInstalled(): void {
  const { error } = spawnSync('prometheus', ['--version'], { stdio: 'ignore' })
  if (error !== undefined) throw new Error(MISSING, { cause: error })
}

function localConfig(here: { target: string; tokenFile: string; address: string }): string {
  const changes = [
    ['service:3000', here.target],
    ['/run/secrets/metrics_token', here.tokenFile],
    ['localhost:9090', here.address],
    ['scrape_interval: 5s', 'scrape_interval: 250ms\n  scrape_timeout: 250ms'],
  ] as const
  let text = readFileSync(repositoryFile('deploy/prometheus/prometheus.yml'), 'utf8')
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`prometheus.yml has no ${from}`)
    text = text.replace(from, to)
  }
  return text
}

interface Reply {
  readonly status: string
  readonly error?: string
  readonly data?: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>
      readonly value: readonly [number, string]
    }[]
  }
}

async function ask(address: string, expr: string): Promise<readonly Found[]> {
  const answer = await fetch(`http://${address}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expr }),
  })
  const { status, error, data } = (await answer.json()) as Reply
  if (status !== 'success') throw new Error(`${expr}: ${error ?? status}`)
  return (data?.result ?? []).map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
}
