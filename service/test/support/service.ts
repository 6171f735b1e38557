import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from '../../../tools/workspace/build.mjs'
import { SERVICE_MAIN } from '../../../tools/workspace/places.mjs'
import { Client, type ClientOptions } from './client.js'

/**
 * The service as people run it: built, in a process of its own, on a free port, with a data folder of its own.
 * Nothing of the environment of the test reaches it but the PATH.
 */

/** Variables; `undefined` takes one away. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>>

export interface Service {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly dataDir: string
  /** What it was started with. */
  readonly environment: Environment
  /** Milliseconds from starting the process to its first answer. */
  readonly startedIn: number
  /** Everything it has printed, over all its lives. */
  output(): string
  /** The lines of the log. */
  log(): readonly LogLine[]
  /** A new client, which follows the service where it restarts. */
  client(options?: ClientOptions): Client
  /** Sends a signal, SIGTERM if nothing else is said, and answers the exit code once the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Ends it and starts it again on the same data. */
  restart(environment?: Environment, signal?: NodeJS.Signals): Promise<void>
  /** Reads what it prints, as at first, or leaves it where it is. */
  listen(isReading: boolean): void
  /** Sets its clock ahead. Needs `movingClock`. */
  advance(milliseconds: number): Promise<void>
  /** Ends it, and removes its data where they were made for it. */
  [Symbol.asyncDispose](): Promise<void>
}

export interface ServiceOptions {
  /** Shared with another service. Default: a folder of its own. */
  readonly dataDir?: string
  /** Lets `advance` move the clock. */
  readonly movingClock?: boolean
  /** It speaks TLS, with this certificate. */
  readonly certificate?: string
  /** The node that runs it. Default: the one that runs the test. */
  readonly node?: string
  /** The test makes it fail. Otherwise a fault that nobody caught fails the test (ASVS 16.5.4). */
  readonly mayFail?: boolean
  /** The file that starts it. Default: the build of this checkout. */
  readonly main?: string
  /** The program before node, such as `setpriv`, with its arguments. */
  readonly through?: readonly string[]
}

/** Looked at once in each test file. */
let built: Promise<void> | undefined

const CLOCK = fileURLToPath(new URL('moving-clock.mjs', import.meta.url))
const START_WITHIN = 20_000

const DEFAULTS: Environment = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', PORT: '0' }

/** Starts the service and waits until it answers. */
export async function startService(
  environment: Environment = {},
  options: ServiceOptions = {},
): Promise<Service> {
  await (built ??= build())
  const dataDir = options.dataDir ?? temporaryFolder()
  const service = new RunningService(dataDir, options, environment)
  await service.start()
  return service
}

/** What a service said that did not stay. */
export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly milliseconds: number
}

/** A service that refuses to start; or that is ended as soon as it has printed what `until` matches. */
export async function runToEnd(environment: Environment, until?: RegExp): Promise<Run> {
  await (built ??= build())
  const cwd = temporaryFolder()
  const start = performance.now()
  const child = spawn(process.execPath, [SERVICE_MAIN], {
    cwd,
    env: { ...DEFAULTS, DATA_DIR: cwd, ...environment },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (until?.test(stdout) === true) child.kill('SIGKILL')
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const giveUp = setTimeout(() => child.kill('SIGKILL'), START_WITHIN)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(giveUp)
  rmSync(cwd, { recursive: true, force: true })
  return { code, stdout, stderr, milliseconds: performance.now() - start }
}

/** What is done when the test process ends, whatever happens. */
const leftovers = new Set<() => void>()
process.once('exit', () => {
  for (const tidy of leftovers) tidy()
})

/** A folder that is removed when the test process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-service-'))
  leftovers.add(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

class RunningService implements Service {
  readonly dataDir: string
  readonly #options: ServiceOptions
  readonly #output: string[] = []
  #environment: Environment
  #child: ChildProcess | undefined
  #ended: Promise<number | null> = Promise.resolve(null)
  url = ''
  startedIn = 0

  constructor(dataDir: string, options: ServiceOptions, environment: Environment) {
    this.dataDir = dataDir
    this.#options = options
    this.#environment = environment
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  get environment(): Environment {
    return this.#environment
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  output(): string {
    return this.#output.join('')
  }

  log(): readonly LogLine[] {
    return this.output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine)
  }

  client(options: ClientOptions = {}): Client {
    return new Client(() => this.url, options)
  }

  async start(): Promise<void> {
    const started = performance.now()
    const child = this.#spawn()
    this.#child = child
    this.#ended = new Promise((resolve) => child.once('close', resolve))
    const mark = this.output().length
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#output.push(text))
    }
    this.url = await this.#whenListening(child, mark)
    if (this.#options.certificate === undefined) await fetch(`${this.url}/health`)
    this.startedIn = performance.now() - started
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    if (child === undefined) return null
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    return this.#ended
  }

  async restart(environment?: Environment, signal?: NodeJS.Signals): Promise<void> {
    await this.stop(signal)
    if (environment !== undefined) this.#environment = environment
    await this.start()
  }

  listen(isReading: boolean): void {
    if (isReading) this.#child?.stdout?.resume()
    else this.#child?.stdout?.pause()
  }

  async advance(milliseconds: number): Promise<void> {
    const child = this.#child
    if (child?.send === undefined) throw new Error('the clock of this service does not move')
    const done = new Promise((resolve) => child.once('message', resolve))
    child.send({ advance: milliseconds })
    await done
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
    if (this.#options.dataDir === undefined) rmSync(this.dataDir, { recursive: true, force: true })
    const failed = this.log().find(({ event }) => event === 'process.failed')
    if (failed !== undefined && this.#options.mayFail !== true) {
      throw new Error(`nobody caught: ${JSON.stringify(failed)}`)
    }
  }

  #spawn(): ChildProcess {
    const { movingClock = false, node = process.execPath, through = [] } = this.#options
    const { main = SERVICE_MAIN } = this.#options
    const clock = movingClock ? ['--import', CLOCK] : []
    const [command = '', ...args] = [...through, node, ...clock, main]
    const child = spawn(command, args, {
      cwd: this.dataDir,
      env: { ...DEFAULTS, DATA_DIR: this.dataDir, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe', ...(movingClock ? (['ipc'] as const) : [])],
    })
    // It must not outlive the test process.
    const end = (): void => {
      child.kill('SIGKILL')
    }
    leftovers.add(end)
    child.once('close', () => leftovers.delete(end))
    return child
  }

  async #whenListening(child: ChildProcess, mark: number): Promise<string> {
    const until = performance.now() + START_WITHIN
    for (;;) {
      const text = this.output().slice(mark)
      const port = /Server running on https?:\/\/\S+:(\d+)/.exec(text)?.[1]
      if (port !== undefined) return `http://127.0.0.1:${port}`
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > until) {
        child.kill('SIGKILL')
        throw new Error(`the service did not start:\n${text}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}
