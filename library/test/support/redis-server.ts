import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/**
 * Real Redis servers for tests: real processes on free ports of the loopback interface, each in a directory of
 * its own. They end with `stop()`, and at the latest when this process ends, however it ends.
 */

/** One running redis-server. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Process id of the server. */
  pid(): number
  /** Ends it and removes its directory. */
  stop(): Promise<void>
  /** SIGKILL: gone between two instructions, as in a crash. {@link RedisServer.restart} brings it back. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void
  /** SIGCONT. */
  resume(): void
  /** Ends it and starts it again on the same port and directory; what was not persisted is lost. */
  restart(): Promise<void>
  /** Runs redis-cli against it and answers what it prints. Fails where Redis answers an error. */
  cli(...args: string[]): Promise<string>
}

/** Several primaries with all slots shared out. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  readonly ports: readonly number[]
  /** Ends all of them. */
  stop(): Promise<void>
}

export interface RedisServerOptions {
  /** More command line for redis-server, such as `['--maxmemory', '3mb']`. Default: no persistence. */
  readonly args?: readonly string[]
}

const run = promisify(execFile)

/**
 * A shell between us and the server: it holds a pipe from this process, and when that closes (even by
 * SIGKILL) it takes the server down. Node has no other way to tie a child's life to its parent's.
 */
const WATCHDOG =
  'redis-server "$@" >/dev/null & server=$!; echo $server; cat >/dev/null; kill -9 $server; wait $server'

/** Starts one server, with no persistence unless `args` asks for it. */
export function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  return start(async (port, directory) => [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory],
    ...['--save', '', '--loglevel', 'warning', '--logfile', join(directory, 'log')],
    ...(options.args ?? []),
  ])
}

/** Starts a sentinel that watches the primary on `primaryPort` under `name`. */
export function startSentinel(primaryPort: number, name = 'main'): Promise<RedisServer> {
  return start(async (port, directory) => {
    const config = join(directory, 'sentinel.conf')
    await writeFile(config, `sentinel monitor ${name} 127.0.0.1 ${String(primaryPort)} 1\n`)
    return [config, '--sentinel', '--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
  })
}

type CommandLine = (port: number, directory: string) => Promise<readonly string[]>

async function start(commandLine: CommandLine): Promise<RedisServer> {
  assertInstalled()
  const directory = await mkdtemp(join(tmpdir(), 'sojourn-redis-'))
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  // Between finding a free port and taking it another process may have been faster.
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const command = await commandLine(port, directory)
    try {
      return toServer(port, await launch(command, port), () => launch(command, port), remove)
    } catch (error) {
      if (attempt === 3) {
        await remove()
        throw error
      }
    }
  }
}

function toServer(
  port: number,
  first: Launched,
  again: () => Promise<Launched>,
  remove: () => Promise<void>,
): RedisServer {
  let running = first
  return {
    port,
    url: `redis://127.0.0.1:${String(port)}`,
    pid: () => running.pid,
    async stop() {
      await running.end()
      await remove()
    },
    kill: () => running.end(),
    pause: () => process.kill(running.pid, 'SIGSTOP'),
    resume: () => process.kill(running.pid, 'SIGCONT'),
    async restart() {
      await running.end()
      running = await again()
    },
    cli: (...words) => redisCli(port, words),
  }
}

/** Starts a cluster of primaries without replicas, and waits until every node serves every slot. */
export async function startCluster(primaries = 3): Promise<RedisCluster> {
  const nodes: RedisServer[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  try {
    for (let index = 0; index < primaries; index += 1) {
      const bus = String(await freePort())
      const args = ['--cluster-enabled', 'yes', '--cluster-port', bus]
      nodes.push(await startRedis({ args: [...args, '--cluster-node-timeout', '2000'] }))
    }
    await introduce(nodes)
  } catch (error) {
    await stop()
    throw error
  }
  return { nodes, ports: nodes.map((node) => node.port), stop }
}

/** Shares out the slots and introduces the nodes to each other. */
async function introduce(nodes: readonly RedisServer[]): Promise<void> {
  const share = Math.ceil(16_384 / nodes.length)
  for (const [index, node] of nodes.entries()) {
    await node.cli('cluster', 'set-config-epoch', String(index + 1))
    const last = Math.min((index + 1) * share, 16_384) - 1
    await node.cli('cluster', 'addslotsrange', String(index * share), String(last))
  }
  for (const [index, node] of nodes.entries()) {
    const bus = lastLine(await node.cli('config', 'get', 'cluster-port'))
    for (const other of nodes.slice(index + 1)) {
      await other.cli('cluster', 'meet', '127.0.0.1', String(node.port), bus)
    }
  }
  await waitFor('the cluster to agree', async () => {
    const infos = await Promise.all(nodes.map((node) => node.cli('cluster', 'info')))
    const known = `cluster_known_nodes:${String(nodes.length)}`
    return infos.every((info) => info.includes('cluster_state:ok') && info.includes(known))
  })
}

interface Launched {
  readonly pid: number
  end(): Promise<void>
}

async function launch(command: readonly string[], port: number): Promise<Launched> {
  const shell = spawn('sh', ['-c', WATCHDOG, 'sh', ...command], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const pid = await firstNumber(shell)
  const launched: Launched = {
    pid,
    async end() {
      shell.ref()
      shell.stdin?.destroy()
      if (shell.exitCode === null && shell.signalCode === null) {
        await new Promise((resolve) => shell.once('close', resolve))
      }
    },
  }
  const isUp = async (): Promise<boolean> => {
    if (!isRunning(pid)) throw new Error(`redis-server ended at once: ${command.join(' ')}`)
    return (await isOpen(port)) && (await redisCli(port, ['ping']).catch(() => '')) === 'PONG'
  }
  await waitFor(`redis-server on port ${String(port)}`, isUp).catch(async (error: unknown) => {
    await launched.end()
    throw error
  })
  for (const handle of [shell, shell.stdin, shell.stdout]) unref(handle)
  return launched
}

/** Keeps a forgotten server from keeping this process alive. */
function unref(handle: unknown): void {
  const { unref } = handle as { unref?: () => void }
  unref?.call(handle)
}

function firstNumber(shell: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    shell.once('error', reject)
    shell.stdout?.once('data', (chunk: Buffer) => {
      resolve(Number(chunk.toString().trim()))
    })
  })
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', settle(true)).once('error', settle(false))
  })
}

async function redisCli(port: number, words: readonly string[]): Promise<string> {
  const { stdout } = await run('redis-cli', ['-e', '-p', String(port), ...words], {
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout.trim()
}

function lastLine(text: string): string {
  return text.split('\n').at(-1) ?? ''
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => {
        resolve(port)
      })
    })
  })
}

/** Waits until `isTrue`, at most ten seconds. */
export async function waitFor(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + 10_000
  while (!(await isTrue())) {
    if (performance.now() > until) throw new Error(`waited 10 s in vain for ${what}`)
    await sleep(20)
  }
}

function assertInstalled(): void {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    execFileSync('redis-cli', ['--version'], { stdio: 'ignore' })
  } catch {
    throw new Error(
      'These tests need a real Redis: install redis-server 7 or later (Debian and Ubuntu: ' +
        '`apt-get install redis-server`; macOS: `brew install redis`), so that `redis-server` and ' +
        '`redis-cli` are on the PATH.',
    )
  }
}
