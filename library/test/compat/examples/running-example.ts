import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { joinProgram, type JoinedProgram } from '../../support/javascript.js'
import { waitFor } from '../../support/redis-server.js'
import { WebClient } from '../../support/web.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const children = new Set<ChildProcess>()

export interface RunningExample {
  readonly pid: number | undefined
  readonly port: number
  readonly client: WebClient
  newClient(): WebClient
  /** Everything that it printed so far. */
  output(): string
  stop(): Promise<void>
}

/** What becomes of a program that ends by itself. */
export interface EndedExample {
  readonly exitCode: number | null
  readonly output: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** Starts a program of examples/, and waits until it says where it listens. */
export async function startExample(
  path: string,
  environment: Environment,
): Promise<RunningExample> {
  const { child, output } = await launch(path, environment)
  await waitFor(`${path} to start`, async () => {
    if (child.exitCode !== null) throw new Error(`${path} ended at once: ${output()}`)
    return /Server running on/.test(output())
  })
  const port = Number(/localhost:(\d+)/.exec(output())?.[1])
  const newClient = (): WebClient => new WebClient({ port })
  return { pid: child.pid, port, client: newClient(), newClient, output, stop: () => stop(child) }
}

/** Starts a program that is expected to refuse, and waits until it has ended. */
export async function refusedExample(
  path: string,
  environment: Environment,
): Promise<EndedExample> {
  const { child, output } = await launch(path, environment)
  await waitFor(`${path} to refuse`, async () => {
    if (/Server running on/.test(output())) throw new Error(`${path} started all the same`)
    return child.exitCode !== null
  })
  return { exitCode: child.exitCode, output: output() }
}

/** Ends what a test left running, but for what all tests of a file share. */
export async function stopExamples(shared?: RunningExample): Promise<void> {
  await Promise.all([...children].filter((child) => child.pid !== shared?.pid).map(stop))
}

const CHEAPLY = `--import=${new URL('cheap-passwords.mjs', import.meta.url).href}`

/** Programs that were started before, in one file each. */
const joined = new Map<string, Promise<JoinedProgram>>()
process.once('exit', () => {
  for (const { remove } of removable) remove()
})
const removable: JoinedProgram[] = []

/**
 * What is started: a program as its reader has it for the first time, and joined in one file from then on, which takes half of
 * the work. A copy that a test changes is what it is, each time.
 */
async function fileOf(path: string): Promise<string> {
  const file = join(ROOT, 'examples', path)
  if (path.startsWith('..')) return file
  const program = joined.get(path)
  if (program !== undefined) return (await program).file
  const made = joinProgram(file)
  joined.set(path, made)
  removable.push(await made)
  return file
}

async function launch(path: string, environment: Environment) {
  const { NODE_ENV, SESSION_SECRET, PORT, REDIS_URL, ...inherited } = process.env
  void [NODE_ENV, SESSION_SECRET, PORT, REDIS_URL]
  const child = spawn(process.execPath, [await fileOf(path)], {
    cwd: ROOT,
    env: { ...inherited, NODE_OPTIONS: CHEAPLY, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  }
  return { child, output: () => text }
}

async function stop(child: ChildProcess): Promise<void> {
  children.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGKILL')
  await ended
}
