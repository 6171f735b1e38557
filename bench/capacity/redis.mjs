/**
 * capacity/ owns the measurements behind docs/guide/capacity.md: how much room sessions take, and what a request costs. `capacity.mjs`
 * calls it. Nothing here measures speed: what is counted are bytes and commands, which do not depend on what else the machine does.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../harness/redis.mjs'
import { createServer } from 'node:net'
import { once } from 'node:events'

/** A Redis of one's own on a free port, without persistence. It ends with this process. */
export async function startRedis(settings = {}) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-capacity-'))
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const args = [
    '--port',
    String(port),
    '--save',
    '',
    '--dir',
    folder,
    '--loglevel',
    'warning',
    ...words,
  ]
  const child = spawn('redis-server', args, { stdio: 'ignore' })
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const url = `redis://127.0.0.1:${port}`
  const client = await connect(url)
  return {
    url,
    client,
    async stop() {
      client.destroy()
      child.kill()
      await once(child, 'close')
      process.removeListener('exit', end)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Numbers of INFO, by their names; those of a command behind its name: `evalsha.calls`. */
export async function infoOf(client) {
  const text = await client.info('everything')
  return Object.fromEntries(
    [...text.matchAll(/^(\w+):([\d.]+)\r?$/gm)].map(([, name, value]) => [name, Number(value)]),
  )
}

/** Bytes that the keys of a pattern take, and how many they are; at most `most` are looked at. */
export async function keyBytes(client, pattern, most = 2_000) {
  let cursor = '0'
  let keys = 0
  let bytes = 0
  do {
    const [next, found] = await client.sendCommand([
      'SCAN',
      cursor,
      'MATCH',
      pattern,
      'COUNT',
      '1000',
    ])
    cursor = next
    for (const key of found.slice(0, most - keys)) {
      bytes += Number(await client.sendCommand(['MEMORY', 'USAGE', key, 'SAMPLES', '0']))
      keys += 1
    }
  } while (cursor !== '0' && keys < most)
  return { keys, each: keys === 0 ? 0 : bytes / keys }
}
