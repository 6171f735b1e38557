import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Certificates } from './certificates.js'
import { callRedis } from './redis-call.js'

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
  /** What redis-cli prints when it is called with these words. Fails where Redis answers an error. */
  cli(...args: string[]): Promise<string>
}

export interface RedisServerOptions {
  /** More command line for redis-server, such as `['--maxmemory', '3mb']`. Default: no persistence. */
  readonly args?: readonly string[]
  /** It speaks TLS and nothing else, with the certificate `good` or the one named. */
  readonly tls?: ServerTls
}

/** How a server speaks TLS. */
export interface ServerTls {
  readonly certificates: Certificates
  /** Default `good`. */
  readonly shows?: 'good' | 'expired' | 'otherHost'
  /** Who calls has to show a certificate of the same authority. Default: no. */
  readonly asksWhoCalls?: boolean
}

const run = promisify(execFile)

/**
 * A shell between us and the server: it holds a pipe from this process, and when that closes (even by
 * SIGKILL) it takes the server down. Node has no other way to tie a child's life to its parent's.
 */
const WATCHDOG =
  'redis-server "$@" >/dev/null & server=$!; echo $server; cat >/dev/null; kill -9 $server; wait $server'

/** Starts one server, with no persistence unless `args` asks for it. */
export function startRedis({ args = [], tls }: RedisServerOptions = {}): Promise<RedisServer> {
  return startWith(
    async (port, directory) => [
      ...(tls === undefined ? ['--port', String(port)] : toTlsWords(port, tls)),
      ...['--bind', '127.0.0.1', '--dir', directory],
      ...['--save', '', '--loglevel', 'warning', '--logfile', join(directory, 'log')],
      ...args,
    ],
    tls?.certificates,
  )
}

function toTlsWords(port: number, tls: ServerTls): string[] {
  const { certificates, shows = 'good', asksWhoCalls = false } = tls
  return [
    ...['--port', '0', '--tls-port', String(port), '--tls-ca-cert-file', certificates.authority],
    ...['--tls-cert-file', certificates[shows], '--tls-key-file', certificates.key],
    ...['--tls-auth-clients', asksWhoCalls ? 'yes' : 'no'],
    ...['--tls-replication', 'yes', '--tls-cluster', 'yes'],
  ]
}

/** What redis-server is called with. */
export type CommandLine = (port: number, directory: string) => Promise<readonly string[]>

/** Starts a server of any kind; `certificates` where it speaks TLS. */
export async function startWith(
  commandLine: CommandLine,
  certificates?: Certificates,
): Promise<RedisServer> {
  assertInstalled()
  const directory = await mkdtemp(join(tmpdir(), 'sojourn-redis-'))
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  // Between finding a free port and taking it another process may have been faster.
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const command = await commandLine(port, directory)
    const asAdmin: AsAdmin = (...words) => redisCli(port, words, certificates)
    const again = (): Promise<Launched> => launch(command, asAdmin)
    try {
      return toServer(port, { first: await again(), again, remove, asAdmin, certificates })
    } catch (error) {
      if (attempt === 3) {
        await remove()
        throw error
      }
    }
  }
}

type AsAdmin = (...words: string[]) => Promise<string>

interface ServerParts {
  readonly first: Launched
  readonly again: () => Promise<Launched>
  readonly remove: () => Promise<void>
  readonly asAdmin: AsAdmin
  readonly certificates: Certificates | undefined
}

function toServer(port: number, parts: ServerParts): RedisServer {
  const { again, remove, asAdmin, certificates } = parts
  let running = parts.first
  const host = certificates === undefined ? 'redis://127.0.0.1' : 'rediss://localhost'
  return {
    port,
    url: `${host}:${String(port)}`,
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
    cli: asAdmin,
  }
}

interface Launched {
  readonly pid: number
  end(): Promise<void>
}

async function launch(command: readonly string[], asAdmin: AsAdmin): Promise<Launched> {
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
    const answer = await asAdmin('ping').catch((error: unknown) => String(error))
    return answer === 'PONG'
  }
  await waitFor(`redis-server ${command.join(' ')}`, isUp).catch(async (error: unknown) => {
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

async function redisCli(
  port: number,
  words: readonly string[],
  certificates?: Certificates,
): Promise<string> {
  const isCommand = words[0]?.startsWith('-') === false
  if (certificates === undefined && isCommand) return callRedis(port, words)
  const tls = certificates === undefined ? [] : toTlsCall(certificates)
  const call = [
    '-e',
    '-h',
    certificates === undefined ? '127.0.0.1' : 'localhost',
    '-p',
    String(port),
  ]
  const { stdout } = await run('redis-cli', [...call, ...tls, ...words], {
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout.trim()
}

function toTlsCall({ authority, client, key }: Certificates): string[] {
  return ['--tls', '--cacert', authority, '--cert', client, '--key', key]
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

/** Waits until `isTrue`, at most ten seconds; what takes long is asked less often. */
export async function waitFor(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + 10_000
  for (let wait = 5; !(await isTrue()); wait = Math.min(wait * 1.3, 50)) {
    if (performance.now() > until) throw new Error(`waited 10 s in vain for ${what}`)
    await sleep(wait)
  }
}

let isInstalled = false

function assertInstalled(): void {
  if (isInstalled) return
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    execFileSync('redis-cli', ['--version'], { stdio: 'ignore' })
    isInstalled = true
  } catch {
    throw new Error(
      'These tests need a real Redis: install redis-server 7 or later (Debian and Ubuntu: ' +
        '`apt-get install redis-server`; macOS: `brew install redis`), so that `redis-server` and ' +
        '`redis-cli` are on the PATH.',
    )
  }
}
