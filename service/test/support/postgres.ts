import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const BIN = process.env['POSTGRES_BIN'] ?? '/usr/lib/postgresql/15/bin'
const run = promisify(execFile)

/** A PostgreSQL server of the test's own. */
export interface TestPostgres {
  /** The address of an empty database. */
  readonly url: string
  /** Stops every process of the server without ending it: it accepts nothing and answers nothing. */
  freeze(): Promise<void>
  /** Lets it go on. */
  thaw(): Promise<void>
  /** Makes another empty database and answers its address. */
  createDatabase(name: string): Promise<string>
  /** Starts the server again, after a kill. */
  start(): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Stops the server and deletes its files. */
  remove(): Promise<void>
}

/** Starts PostgreSQL on a free port of the loopback address, in a temporary folder. */
export async function startPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-postgres-'))
  if (isRoot()) await giveToPostgres(folder)
  const data = join(folder, 'data')
  await asPostgres('initdb', [
    '-D',
    data,
    '-U',
    'sojourn',
    '-A',
    'trust',
    '--no-sync',
    '-E',
    'UTF8',
  ])
  const port = await freePort()
  const address = (database: string) => `postgres://sojourn@127.0.0.1:${String(port)}/${database}`
  const server = new Server(data, folder, port)
  await server.start()
  const createDatabase = async (name: string): Promise<string> => {
    await run(join(BIN, 'createdb'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'sojourn', name])
    return address(name)
  }
  return {
    url: await createDatabase('sojourn_test'),
    freeze: () => server.signalAll('SIGSTOP'),
    thaw: () => server.signalAll('SIGCONT'),
    createDatabase,
    start: () => server.start(),
    stop: (signal) => server.stop(signal),
    async remove() {
      await server.stop('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

class Server {
  readonly #arguments: readonly string[]
  readonly #port: number
  #process: ChildProcess | undefined

  constructor(data: string, folder: string, port: number) {
    this.#port = port
    const fast = ['-c', 'fsync=off', '-c', 'shared_buffers=16MB', '-c', 'max_connections=60']
    const place = ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`]
    this.#arguments = ['-D', data, '-p', String(port), ...fast, ...place]
  }

  /** The processes that answer queries are children of the server, each in a group of its own. */
  async signalAll(signal: NodeJS.Signals): Promise<void> {
    const parent = this.#process?.pid ?? 0
    const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(parent)])
    for (const pid of [parent, ...stdout.trim().split(/\s+/).map(Number)]) process.kill(pid, signal)
  }

  async start(): Promise<void> {
    const [command, options] = commandOf('postgres', this.#arguments)
    this.#process = spawn(command, options, { stdio: 'ignore', cwd: tmpdir() })
    for (let round = 0; round < 200; round += 1) {
      if (await isReady(this.#port)) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('PostgreSQL did not start')
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    const server = this.#process
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGCONT')
    server.kill(signal)
    await ended
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    await run(join(BIN, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-t', '1'])
    return true
  } catch {
    return false
  }
}

async function asPostgres(program: string, options: readonly string[]): Promise<void> {
  const [command, all] = commandOf(program, options)
  await run(command, all, { cwd: tmpdir() })
}

/** PostgreSQL refuses to run as root. `setpriv` becomes the program, so signals reach it. */
function commandOf(program: string, options: readonly string[]): [string, string[]] {
  const path = join(BIN, program)
  if (!isRoot()) return [path, [...options]]
  const become = ['--reuid=postgres', '--regid=postgres', '--init-groups']
  return ['setpriv', [...become, path, ...options]]
}

function isRoot(): boolean {
  return userInfo().uid === 0
}

async function giveToPostgres(folder: string): Promise<void> {
  const { stdout } = await run('id', ['-u', 'postgres'])
  chownSync(folder, Number(stdout.trim()), 0)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
