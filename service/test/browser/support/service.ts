import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findSqliteDriver } from '../../../../library/src/store/sqlite/driver.js'
import {
  freePort,
  startRedis,
  type RedisServer,
} from '../../../../library/test/support/redis-server.js'
import { SERVICE_MAIN } from '../../../../tools/workspace/places.mjs'

/** The service as it is shipped: a process of its own, started from the built files. */
const START_WITHIN = 15_000

export const STORES = ['sqlite', 'redis'] as const
export type StoreName = (typeof STORES)[number]

export interface ServiceOptions {
  readonly store?: StoreName
  /** More variables, such as `COOKIE_SAMESITE`. */
  readonly env?: Readonly<Record<string, string>>
  /** `https://` where the variables give a certificate. */
  readonly scheme?: 'http' | 'https'
}

/** One running service with data of its own. */
export interface Service {
  readonly store: StoreName
  /** Such as `http://localhost:40123`. */
  readonly origin: string
  /** The real Redis beneath it, where there is one. */
  readonly redis: RedisServer | undefined
  /** Ends the process by `signal` and starts it again, on the same port and data. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Moves the instant at which the person of session `id` last proved who they are into the past. */
  forgetSignIn(id: string, minutes: number): Promise<void>
  /** Replaces the device's name at rest, as an older version or another program might have written it. */
  renameDevice(id: string, label: string): Promise<void>
  /** How many sessions rest in the store, guests included. */
  countSessions(): Promise<number>
  /** What is done before it stops: pages that are still open would complain that it is gone. */
  beforeStop(leave: () => Promise<void>): void
  stop(): Promise<void>
}

export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const { store = 'sqlite', env = {}, scheme = 'http' } = options
  const folder = await mkdtemp(join(tmpdir(), 'sojourn-browser-'))
  const redis = store === 'redis' ? await startRedis() : undefined
  const port = await freePort()
  const variables = {
    PATH: process.env['PATH'],
    HOME: folder,
    LOG_LEVEL: 'warn',
    PORT: String(port),
    DATA_DIR: folder,
    ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    ...env,
  }
  let running = await launch(variables, folder)
  const visitors: (() => Promise<void>)[] = []
  return {
    store,
    origin: `${scheme}://localhost:${String(port)}`,
    redis,
    async restart(signal) {
      await running.end(signal)
      running = await launch(variables, folder)
    },
    ...(redis === undefined ? sqliteRecords(join(folder, 'sessions.db')) : redisRecords(redis)),
    beforeStop(leave) {
      visitors.push(leave)
    },
    async stop() {
      await Promise.all(visitors.map((leave) => leave()))
      // Nothing of it is needed any more, so nobody waits for connections to drain.
      await running.end('SIGKILL')
      await redis?.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Running {
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

async function launch(env: NodeJS.ProcessEnv, cwd: string): Promise<Running> {
  const child = spawn(process.execPath, [SERVICE_MAIN], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const killWithUs = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', killWithUs)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      process.removeListener('exit', killWithUs)
      resolve()
    })
  })
  await isListening(child)
  return {
    async end(signal) {
      child.kill(signal)
      await ended
    },
  }
}

function isListening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = (why: string): void => {
      reject(new Error(`The service ${why}. Is it built (npx tsc -b)? It said:\n${said}`))
    }
    const patience = setTimeout(() => {
      fail('did not start in time')
    }, START_WITHIN)
    child.once('exit', () => {
      fail('ended')
    })
    const listen = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-8_000)
      if (!said.includes('Server running on ')) return
      clearTimeout(patience)
      resolve()
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
  })
}

type Records = Pick<Service, 'forgetSignIn' | 'renameDevice' | 'countSessions'>

/** The embedded file, opened beside the service as a second process may. */
function sqliteRecords(file: string): Records {
  const run = async (sql: string, ...values: readonly (string | number)[]): Promise<unknown> => {
    const { DatabaseSync } = await findSqliteDriver()
    const database = new DatabaseSync(file)
    try {
      database.exec('PRAGMA busy_timeout = 2000')
      return database.prepare(sql).get(...values)
    } finally {
      database.close()
    }
  }
  return {
    async forgetSignIn(id, minutes) {
      const earlier = minutes * 60_000
      const set = 'UPDATE session SET authenticated_at = authenticated_at - ? WHERE id = ?'
      await run(`${set} RETURNING id`, earlier, id).then(assertFound)
    },
    async renameDevice(id, label) {
      const set = `UPDATE session SET traits = json_set(traits, '$.agent', ?) WHERE id = ?`
      await run(`${set} RETURNING id`, label, id).then(assertFound)
    },
    async countSessions() {
      const row = await run('SELECT count(*) AS sessions FROM session')
      return Number((row as { sessions: number }).sessions)
    },
  }
}

/** The fields are those of library/src/store/redis/record-fields.ts. */
function redisRecords(redis: RedisServer): Records {
  const keyOf = (id: string): string => {
    const [bucket = '', own = ''] = id.split('.')
    return `sojourn:s{${bucket}}${own}`
  }
  const field = async (key: string, name: string): Promise<number> => {
    const text = await redis.cli('hget', key, name)
    assertFound(text === '' ? undefined : text)
    return Number(text)
  }
  /** What a script of the store would say of its change, so that near caches look again. */
  const tell = async (id: string): Promise<void> => {
    await redis.cli('publish', 'sojourn:changes', `c ${id}`)
  }
  return {
    async forgetSignIn(id, minutes) {
      // Instants count from C, and without an A the person proved who they are at C.
      const key = keyOf(id)
      const earlier = minutes * 60_000
      for (const [name, by] of [
        ['C', -earlier],
        ['T', earlier],
        ['X', earlier],
      ] as const) {
        await redis.cli('hset', key, name, String((await field(key, name)) + by))
      }
      await tell(id)
    },
    async renameDevice(id, label) {
      const key = keyOf(id)
      await field(key, 'C')
      await redis.cli('hset', key, 'w', label)
      await tell(id)
    },
    async countSessions() {
      const keys = await redis.cli('--scan', '--pattern', 'sojourn:s{*')
      return keys === '' ? 0 : keys.split('\n').length
    },
  }
}

function assertFound(found: unknown): void {
  if (found === undefined) throw new Error('There is no such session in the store.')
}
