import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dump } from '../history.js'
import type { Orders } from '../apps/process.js'
import { startCluster } from '../../support/redis-cluster.js'
import { startRedis, waitFor, type RedisServer } from '../../support/redis-server.js'
import { createAppProcess, type AppProcess, type Built } from './app-process.js'
import { dumpRedis } from './dump.js'
import { openLine, type Line } from './line.js'
import type { Random } from './random.js'
import { createWire } from './wire.js'

/** Where an application runs, and what can be done to it. */
export interface Laboratory {
  readonly processes: readonly AppProcess[]
  /** Each breaks something, and answers what mends it. */
  readonly faults: Readonly<Record<string, (random: Random) => Promise<Mend>>>
  dump(): Promise<Pick<Dump, 'live' | 'indexed'>>
  close(): Promise<void>
}

export type Mend = () => Promise<void>

export interface Setting {
  readonly app: 'sojourn' | 'express-session'
  readonly topology: Orders['topology']
  readonly isStrict: boolean
  readonly processes: number
}

/**
 * What was written to the file is there after a SIGKILL, since the kernel has it; and it is written before the answer is sent. With
 * `everysec` it would be, too, but for the seconds in which a slow disk holds the write back.
 */
const APPEND_ONLY = ['--appendonly', 'yes', '--appendfsync', 'no']

export async function openLaboratory(built: Built, setting: Setting): Promise<Laboratory> {
  if (setting.topology === 'sqlite') return onSqlite(built, setting)
  return setting.topology === 'cluster' ? onCluster(built, setting) : onRedis(built, setting)
}

async function onRedis(
  built: Built,
  { app, isStrict, processes: count }: Setting,
): Promise<Laboratory> {
  const server = await startRedis({ args: APPEND_ONLY })
  const lines: Line[] = []
  const processes: AppProcess[] = []
  for (let at = 0; at < count; at += 1) {
    const [main, listening] = [await openLine(server.port), await openLine(server.port)]
    lines.push(main, listening)
    const ports = [main.port, listening.port]
    processes.push(createAppProcess(built, { topology: 'single', isStrict, ports }))
  }
  await Promise.all(processes.map((process) => process.start()))
  return {
    processes,
    faults: { ...onProcesses(processes), ...onServers([server]), ...onLines(lines) },
    dump: () => dumpRedis([server], app),
    async close() {
      await Promise.all(processes.map((process) => process.kill()))
      await Promise.all(lines.map((line) => line.close()))
      await server.stop()
    },
  }
}

async function onCluster(built: Built, { app, processes: count }: Setting): Promise<Laboratory> {
  const cluster = await startCluster({ args: APPEND_ONLY })
  const orders = { topology: 'cluster', isStrict: true, ports: cluster.ports } as const
  const processes = Array.from({ length: count }, () => createAppProcess(built, orders))
  await Promise.all(processes.map((process) => process.start()))
  return {
    processes,
    faults: { ...onProcesses(processes), ...onServers(cluster.primaries) },
    dump: () => dumpRedis(cluster.primaries, app),
    async close() {
      await Promise.all(processes.map((process) => process.kill()))
      await cluster.stop()
    },
  }
}

async function onSqlite(
  built: Built,
  { isStrict, processes: count }: Setting,
): Promise<Laboratory> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-history-'))
  const orders = { topology: 'sqlite', isStrict, file: join(folder, 'sessions.db') } as const
  const processes = Array.from({ length: count }, () => createAppProcess(built, orders))
  await Promise.all(processes.map((process) => process.start()))
  return {
    processes,
    faults: onProcesses(processes),
    async dump() {
      const wire = createWire(10_000)
      const answer = await wire.send(processes[0]?.port ?? 0, { method: 'GET', path: '/dump' })
      wire.close()
      if (typeof answer !== 'object') throw new Error('there is no dump')
      return { live: answer.body.live ?? [], indexed: null }
    },
    async close() {
      await Promise.all(processes.map((process) => process.kill()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** SIGKILL or SIGSTOP for one process of the application, in the middle of whatever it does. */
function onProcesses(processes: readonly AppProcess[]): Laboratory['faults'] {
  return {
    async 'application killed'(random) {
      const victim = random.pick(processes)
      await victim?.kill()
      return async () => victim?.start()
    },
    async 'application paused'(random) {
      const victim = random.pick(processes)
      victim?.pause()
      return async () => victim?.resume()
    },
  }
}

function onServers(servers: readonly RedisServer[]): Laboratory['faults'] {
  const some = (random: Random): RedisServer => {
    const server = random.pick(servers)
    if (server === undefined) throw new Error('there is no server')
    return server
  }
  const once =
    (...command: string[]) =>
    async (random: Random): Promise<Mend> => {
      await some(random).cli(...command)
      return async () => undefined
    }
  return {
    async 'Redis paused'(random) {
      const server = some(random)
      server.pause()
      return async () => server.resume()
    },
    async 'Redis killed'(random) {
      const server = some(random)
      await server.kill()
      return async () => {
        await server.restart()
        const isLoaded = async (): Promise<boolean> => (await server.cli('ping')) === 'PONG'
        await waitFor('Redis to be back', isLoaded)
      }
    },
    'clients killed': once('client', 'kill', 'type', 'normal'),
    'listeners killed': once('client', 'kill', 'type', 'pubsub'),
    'scripts flushed': once('script', 'flush'),
  }
}

/** What happens to the connections of one process. */
function onLines(lines: readonly Line[]): Laboratory['faults'] {
  const stalling = (some: readonly Line[]) => async (random: Random) => {
    const line = random.pick(some)
    line?.stall()
    return async () => line?.deliver()
  }
  return {
    async 'line cut'(random) {
      random.pick(lines)?.cut()
      return async () => undefined
    },
    async 'line silent'(random) {
      const line = random.pick(lines)
      line?.swallow()
      return async () => {
        // What was swallowed is lost, so nothing sensible can come over these connections any more.
        line?.cut()
        line?.passOn()
      }
    },
    // Every second one is listened on.
    'writer stalled': stalling(lines.filter((_, at) => at % 2 === 0)),
    'listener stalled': stalling(lines.filter((_, at) => at % 2 === 1)),
    async 'line refused'(random) {
      const line = random.pick(lines)
      await line?.refuse()
      return async () => line?.accept()
    },
  }
}
