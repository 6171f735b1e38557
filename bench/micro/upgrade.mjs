/**
 * `node bench/micro/upgrade.mjs`: what an upgrade from connect-redis costs while it lasts, and afterwards. One small
 * application, a process of its own for each phase, over the same sessions: nodes of before, our drop-ins while they keep the records
 * of before up to date, and after `legacy: 'adopt'`, without and with a near cache. For each: requests a second, commands a request
 * sends to Redis, and what a session takes there.
 *
 * Options: --sessions 2000, --seconds 2 (for each in each round), --rounds 3, --connections 32.
 */
import autocannon from 'autocannon'
import { fork } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import express from 'express'
import { connect, startRedis } from '../harness/redis.mjs'
import { machine, median, spread, table, two } from '../harness/table.mjs'

const SECRET = 'a secret for measuring that is long enough 0123456789'
const AGE = 3_600_000
const PATHS = ['/me', '/write']

const PHASES = [
  { name: 'before: express-session + connect-redis', kind: 'old' },
  { name: 'drop-ins, mirroring', kind: 'mirror' },
  { name: "drop-ins, after 'adopt'", kind: 'adopt' },
  { name: "drop-ins, after 'adopt', with a subscriber", kind: 'near' },
]

if (process.send === undefined) await measureAll()
else await serve(process.argv[2], process.argv[3])

// --- a node ---

async function serve(kind, redisUrl) {
  const from = kind === 'old' ? '' : 'sojourn/'
  const { default: session } = await import(`${from}express-session`)
  const { RedisStore } = await import(`${from}connect-redis`)
  const client = await connect(redisUrl)
  const subscriber = kind === 'near' ? { subscriber: await connect(redisUrl) } : {}
  const upgrade = { legacy: kind === 'mirror' ? 'mirror' : 'adopt', ...subscriber }
  const app = express().disable('x-powered-by')
  app.use(
    session({
      secret: SECRET,
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: AGE },
      store: new RedisStore({ client, upgrade }),
    }),
  )
  app.get('/me', (request, response) => response.json({ user: request.session.user }))
  app.get('/write', (request, response) => {
    request.session.n = Math.random()
    response.json({ user: request.session.user })
  })
  const server = app.listen(0, '127.0.0.1', () => process.send(server.address().port))
  process.on('disconnect', () => process.exit())
}

async function startNode(kind, redisUrl) {
  const child = fork(new URL(import.meta.url), [kind, redisUrl], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [port] = await once(child, 'message')
  return { url: `http://127.0.0.1:${port}`, stop: () => child.disconnect() }
}

// --- the measuring ---

async function measureAll() {
  const options = toOptions()
  const redis = await startRedis()
  const rows = []
  try {
    const empty = await memory(redis.client)
    const cookies = await seed(redis.client, options.sessions)
    for (const { name, kind } of PHASES) {
      const node = await startNode(kind, redis.url)
      // Everybody comes by once, and what is taken over is; then everybody has written.
      for (const path of [...PATHS, '/me']) await visitAll(node, path, cookies)
      const bytes = ((await memory(redis.client)) - empty) / options.sessions
      const cells = []
      for (const path of PATHS) cells.push(...(await measure(node, path, cookies, redis, options)))
      rows.push([name, ...cells, String(Math.round(bytes))])
      node.stop()
    }
  } finally {
    redis.stop()
  }
  print(rows, options)
}

function toOptions() {
  const { values } = parseArgs({
    options: {
      sessions: { type: 'string', default: '2000' },
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '32' },
    },
  })
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]))
}

/** Sessions as an old node keeps them, with what a shop would have in them. */
async function seed(client, count) {
  const { RedisStore } = await import('connect-redis')
  const { default: session } = await import('express-session')
  const store = new RedisStore({ client })
  const cookies = []
  for (let index = 0; index < count; index += 1) {
    const sid = randomBytes(24).toString('base64url')
    const cookie = new session.Cookie({ maxAge: AGE })
    const cart = [{ id: 4711, quantity: 2, name: 'a thing with a name' }]
    await store.set(sid, { cookie, user: `user-${index}`, cart, n: 0, returnTo: '/account/orders' })
    const tag = createHmac('sha256', SECRET).update(sid).digest('base64').replace(/=+$/, '')
    cookies.push(`connect.sid=${encodeURIComponent(`s:${sid}.${tag}`)}`)
  }
  return cookies
}

async function visitAll({ url }, path, cookies) {
  let next = 0
  const walk = async () => {
    for (let index = next++; index < cookies.length; index = next++) {
      const response = await fetch(url + path, { headers: { cookie: cookies[index] } })
      const { user } = await response.json()
      if (user !== `user-${index}`) throw new Error(`${path}: user-${index} is ${user}`)
    }
  }
  await Promise.all(Array.from({ length: 16 }, walk))
}

async function measure(node, path, cookies, redis, { seconds, rounds, connections }) {
  const requests = cookies.map((cookie) => ({ path, headers: { cookie } }))
  const rates = []
  for (let round = 0; round < rounds; round += 1) {
    const result = await autocannon({ url: node.url, connections, duration: seconds, requests })
    if (result.non2xx > 0 || result.errors > 0) throw new Error(`${path}: bad answers`)
    rates.push(result.requests.total / result.duration)
  }
  const sample = cookies.slice(0, 100)
  const commands = await commandsDuring(redis.url, () => visitAll(node, path, sample))
  return [String(Math.round(median(rates))), spread(rates), two(commands / sample.length)]
}

/** What came over the wire: Redis tells every command as it runs, and which of them a script calls. */
async function commandsDuring(redisUrl, job) {
  const { port } = new URL(redisUrl)
  const socket = connectSocket(Number(port), '127.0.0.1')
  let told = ''
  socket.on('data', (chunk) => (told += chunk.toString('latin1')))
  socket.write('MONITOR\r\n')
  while (!told.includes('+OK')) await sleep(5)
  // What the load left behind has come to its end.
  await sleep(300)
  told = ''
  await job()
  await sleep(200)
  socket.destroy()
  // The pings of the subscriber come with time, not with requests.
  return told.split('\n').filter((line) => /^\+\d.*\[\d+ [\d.]+:\d+\] "(?!PING)/i.test(line)).length
}

async function memory(client) {
  const info = await client.info('memory')
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1])
}

function print(rows, { sessions, seconds, rounds, connections }) {
  const heads = ['phase', 'reads/s', '', 'commands', 'writes/s', '', 'commands', 'bytes/session']
  console.log(
    `${table(heads, rows)}\n\n${machine()}; ${sessions} sessions, ${rounds} x ${seconds} s, `,
  )
  console.log(
    `${connections} connections, everything on this machine; Redis' memory for all its keys.`,
  )
}
