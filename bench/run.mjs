/**
 * `npm run bench`: ours and what people use today, side by side in one run.
 *
 * Every round pairs each candidate with a bare Express handler measured right before it, so that a noisy machine
 * moves both; what counts is the ratio. Options: --rounds 6, --seconds 3, --connections 50, --json FILE.
 */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { createClient } from 'redis'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '50' },
    json: { type: 'string' },
  },
})
const ROUNDS = Number(options.rounds)
const SECONDS = Number(options.seconds)
const CONNECTIONS = Number(options.connections)
const USERS = 200

/** What is measured: a server, the path, the ratio to bare Express that we want, and what else to say. */
const CANDIDATES = [
  {
    name: 'sojourn, route that never looks',
    kind: 'sojourn-redis',
    path: '/untouched',
    commands: 0,
  },
  { name: 'sojourn, memory store', kind: 'sojourn-memory', path: '/me' },
  { name: 'sojourn, SQLite store', kind: 'sojourn-sqlite', path: '/me', target: 0.75 },
  {
    name: 'sojourn, Redis store (strict)',
    kind: 'sojourn-redis',
    path: '/me',
    target: 0.8,
    commands: 1,
  },
  {
    name: 'sojourn, Redis store, write each time',
    kind: 'sojourn-redis',
    path: '/write',
    commands: 2,
  },
  { name: 'express-session, MemoryStore', kind: 'express-session-memory', path: '/me' },
  { name: 'express-session + connect-redis', kind: 'express-session-redis', path: '/me' },
  {
    name: 'express-session + connect-redis, write each time',
    kind: 'express-session-redis',
    path: '/write',
  },
]

const say = (text) => process.stderr.write(`${text}\n`)

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

async function startRedis() {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-redis-'))
  const child = spawn(
    'redis-server',
    ['--port', port, '--save', '', '--dir', folder, '--loglevel', 'warning'],
    { stdio: 'ignore' },
  )
  const url = `redis://127.0.0.1:${port}`
  const client = createClient({ url, socket: { reconnectStrategy: 50 } })
  client.on('error', () => undefined)
  await client.connect()
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

async function startServer(kind, redisUrl) {
  const child = fork(new URL('app/server.mjs', import.meta.url), [kind], {
    env: { ...process.env, BENCH_REDIS_URL: redisUrl, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const [line] = await once(child.stdout, 'data')
  const { port } = JSON.parse(line)
  return { child, port, cookies: await signIn(port), stop: () => child.kill() }
}

/** Signs many people in: requests are spread over them, as they are in life. */
async function signIn(port) {
  const cookies = []
  for (let user = 0; user < USERS; user += 1) {
    // On plain http only localhost gets a cookie.
    const response = await fetch(`http://localhost:${port}/login?user=${user}`, { method: 'POST' })
    const lines = response.headers.getSetCookie().filter((line) => !line.includes('Max-Age=0'))
    cookies.push(lines.map((line) => line.split(';')[0]).join('; '))
    await response.arrayBuffer()
  }
  return cookies
}

async function usage(child) {
  child.send('usage')
  const [answer] = await once(child, 'message')
  return answer
}

/** The commands that these stacks send themselves: a script is one, whatever it does inside. */
const ON_THE_WIRE = new Set(['evalsha', 'eval', 'get', 'set', 'expire', 'del'])

async function commandCount(redis) {
  const info = await redis.info('commandstats')
  const calls = [...info.matchAll(/cmdstat_(\w+(?:\|\w+)?):calls=(\d+)/g)]
  // What a script calls inside Redis is counted under its own name; it never came over the wire.
  const sent = calls.filter(([, name]) => ON_THE_WIRE.has(name))
  return sent.reduce((sum, [, , count]) => sum + Number(count), 0)
}

/** Requests a second, and what each cost. */
async function measure(server, path, redis, seconds = SECONDS) {
  const before = { usage: await usage(server.child), commands: await commandCount(redis) }
  let user = 0
  const result = await autocannon({
    url: `http://127.0.0.1:${server.port}`,
    connections: CONNECTIONS,
    duration: seconds,
    requests: Array.from({ length: USERS }, () => ({
      path,
      headers: { host: `localhost:${server.port}`, cookie: server.cookies[(user += 1) % USERS] },
    })),
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${path}: ${result.non2xx} bad answers, ${result.errors} errors`)
  const after = { usage: await usage(server.child), commands: await commandCount(redis) }
  const { user: cpuUser, system } = after.usage.cpu
  const cpu = cpuUser + system - before.usage.cpu.user - before.usage.cpu.system
  return {
    rate: result.requests.total / result.duration,
    p99: result.latency.p99,
    cpu: cpu / result.requests.total,
    commands: (after.commands - before.commands) / result.requests.total,
    rss: after.usage.rss,
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
const two = (number) => number.toFixed(2)

async function bytesPerSession(redis) {
  const keys = await redis.sendCommand(['KEYS', 'sj:*'])
  let bytes = 0
  for (const key of keys)
    bytes += Number(await redis.sendCommand(['MEMORY', 'USAGE', key, 'SAMPLES', '0']))
  const sessions = keys.filter((key) => key.startsWith('sj:s{')).length
  const theirs = await redis.sendCommand(['KEYS', 'sess:*'])
  let theirBytes = 0
  for (const key of theirs) theirBytes += Number(await redis.sendCommand(['MEMORY', 'USAGE', key]))
  return {
    ours: Math.round(bytes / Math.max(1, sessions)),
    theirs: Math.round(theirBytes / Math.max(1, theirs.length)),
  }
}

const redis = await startRedis()
const servers = new Map()
try {
  for (const kind of new Set(['bare', ...CANDIDATES.map(({ kind }) => kind)])) {
    servers.set(kind, await startServer(kind, redis.url))
    say(`started ${kind}`)
  }
  const bytes = await bytesPerSession(redis.client)
  for (const [kind, server] of servers)
    await measure(server, kind === 'bare' ? '/me' : '/me', redis.client, 1)
  const rows = CANDIDATES.map((candidate) => ({ ...candidate, ratios: [], results: [] }))
  const bare = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const row of rows) {
      const floor = await measure(servers.get('bare'), '/me', redis.client)
      const result = await measure(servers.get(row.kind), row.path, redis.client)
      bare.push(floor)
      row.ratios.push(result.rate / floor.rate)
      row.results.push({ ...result, cpuRatio: result.cpu / floor.cpu })
    }
    say(`round ${round} of ${ROUNDS} done`)
  }
  const report = {
    machine: `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}`,
    command: `npm run bench -- --rounds ${ROUNDS} --seconds ${SECONDS} --connections ${CONNECTIONS}`,
    bare: {
      rate: Math.round(median(bare.map(({ rate }) => rate))),
      cpu: two(median(bare.map(({ cpu }) => cpu))),
    },
    bytesPerSession: bytes,
    rows: rows.map(({ name, target, ratios, results }) => ({
      name,
      ratio: two(median(ratios)),
      spread: `${two(Math.min(...ratios))}-${two(Math.max(...ratios))}`,
      target: target ?? null,
      cpu: two(median(results.map(({ cpuRatio }) => cpuRatio))),
      commands: two(median(results.map(({ commands }) => commands))),
      p99: median(results.map(({ p99 }) => p99)),
    })),
  }
  print(report)
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
} finally {
  for (const server of servers.values()) server.stop()
  redis.stop()
}

function print({ machine, command, bare, bytesPerSession: bytes, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  const out = [
    `${machine}; bare Express: ${bare.rate} requests/s, ${bare.cpu} us CPU each`,
    `\`${command}\``,
    '',
    line([
      'stack',
      'ratio to bare Express',
      'min-max',
      'target',
      'CPU against bare',
      'Redis commands/request',
      'p99 ms',
    ]),
    line(Array.from({ length: 7 }, () => '---')),
    ...rows.map((row) =>
      line([row.name, row.ratio, row.spread, row.target ?? '', row.cpu, row.commands, row.p99]),
    ),
    '',
    `Redis bytes per session: sojourn ${bytes.ours} with its index, connect-redis ${bytes.theirs} without one.`,
  ]
  process.stdout.write(`${out.join('\n')}\n`)
}
