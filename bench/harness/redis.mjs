/** harness/ owns what both benches stand on: a Redis of their own, servers, load, and tables. It measures no claim itself. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'

/** A Redis for this run alone, without persistence. */
export async function startRedis() {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-redis-'))
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--save', '', '--dir', folder, '--loglevel', 'warning'],
    { stdio: 'ignore' },
  )
  const url = `redis://127.0.0.1:${port}`
  const client = await connect(url)
  return {
    url,
    client,
    stop: () => {
      client.destroy()
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A client of node-redis, connected. */
export async function connect(url) {
  const client = createClient({ url, socket: { reconnectStrategy: 50 } })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

/**
 * What Redis says it has done so far: calls and microseconds by command, and the CPU time of its process, which counts
 * reading, parsing and answering too.
 *
 * @returns {Promise<{ commands: Map<string, { calls: number, usec: number }>, cpu: number }>}
 */
export async function redisUsage(client) {
  const [stats, cpu] = await Promise.all([client.info('commandstats'), client.info('cpu')])
  const rows = [...stats.matchAll(/cmdstat_([\w|-]+):calls=(\d+),usec=(\d+)/g)]
  const commands = new Map(
    rows.map(([, name, calls, usec]) => [name, { calls: Number(calls), usec: Number(usec) }]),
  )
  const seconds = ['used_cpu_sys', 'used_cpu_user'].map((name) =>
    Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(cpu)?.[1] ?? 0),
  )
  return { commands, cpu: 1e6 * (seconds[0] + seconds[1]) }
}

/** Bytes that the data take now, by Redis' own account. */
export async function bytesNow(client) {
  return Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1] ?? 0)
}

/** What one command was asked for between two readings of {@link redisUsage}: calls, and microseconds for each. */
export function callsBetween(before, after, name) {
  const { calls = 0, usec = 0 } = after.commands.get(name) ?? {}
  const { calls: callsBefore = 0, usec: usecBefore = 0 } = before.commands.get(name) ?? {}
  const made = calls - callsBefore
  return { calls: made, usecPerCall: made === 0 ? 0 : (usec - usecBefore) / made }
}

/** The commands that these stacks send themselves: a script is one, whatever it does inside. */
const ON_THE_WIRE = ['evalsha', 'eval', 'get', 'set', 'expire', 'del']

/**
 * How many commands came over the wire. What a script calls inside Redis is counted under its own name, too; it never
 * came over the wire.
 */
export function commandsSent(before, after, kind) {
  const calls = (name) => callsBetween(before, after, name).calls
  // Its script calls GET itself; each is preceded by one EXISTS and one GET of its own.
  if (kind === 'jwt-redis-sessions') return calls('exists') + 2 * calls('eval')
  return ON_THE_WIRE.reduce((sum, name) => sum + calls(name), 0)
}
