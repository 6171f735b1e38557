// @ts-nocheck It runs as it is, on sources that are compiled only when it is started.
// A process of its own on a store's file. Arguments: the folder from build.ts, a task, its parameters as JSON.
import cluster from 'node:cluster'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder, task, json] = process.argv.slice(2)
const parameters = JSON.parse(json)
const load = (path) => import(pathToFileURL(join(folder, path)).href)
const { openSqliteStore } = await load('store/sqlite/index.js')

/** One line, handed to the operating system before this returns. */
const say = (value) => writeSync(1, `${JSON.stringify(value)}\n`)

const newSession = (store, wish = {}) => {
  const { subject = 'ann', ...rest } = wish
  return {
    id: `${store.bucketOf(subject)}.${randomBytes(16).toString('base64url')}`,
    subject,
    secretDigest: randomBytes(32).toString('base64url'),
    idleTimeout: 3_600_000,
    absoluteTimeout: 86_400_000,
    traits: {},
    data: new Map(),
    ...rest,
  }
}

/** On the file, or on the Redis of these ports. */
async function openAnywhere() {
  const { file, ports } = parameters
  if (file !== undefined) {
    const store = await open()
    return { store, leave: () => store.close() }
  }
  const { createClient, createCluster } = await import('redis')
  const { createRedisStore } = await load('store/redis/index.js')
  const [url, ...more] = ports.map((port) => `redis://127.0.0.1:${port}`)
  const rootNodes = [url, ...more].map((each) => ({ url: each }))
  const client = more.length === 0 ? createClient({ url }) : createCluster({ rootNodes })
  client.on('error', () => undefined)
  await client.connect()
  return { store: createRedisStore({ client, lateAfter: 10_000 }), leave: () => client.destroy() }
}

const open = () => openSqliteStore({ file: parameters.file, ...parameters.options })

async function increments(store) {
  for (let index = 0; index < parameters.times; index += 1) {
    const result = await store.change(parameters.id, { increment: new Map([['n', 1]]) })
    if (result.status !== 'changed') throw new Error(result.status)
  }
}

const TASKS = {
  /** The import at the top is all. */
  nothing() {},

  /** Adds 1 to `n` so many times, one after another. */
  async increment() {
    const store = await open()
    await increments(store)
    await store.close()
  },

  /** Counts under one key as soon as it is told to, a few calls at once, and says what was allowed. */
  async count() {
    const { store, leave } = await openAnywhere()
    const { times, rate, rule } = parameters
    say({ isReady: true })
    await once(process.stdin, 'data')
    const spent = []
    const attempts = []
    for (let index = 0; index < times; index += 5) {
      const batch = Array.from({ length: 5 }, async () => {
        spent.push(await store.counters.spend('k', rate))
        attempts.push(await store.counters.attempt('k', rule))
      })
      await Promise.all(batch)
    }
    say({
      calls: spent.length,
      remaining: spent.filter(({ isAllowed }) => isAllowed).map(({ remaining }) => remaining),
      counts: attempts.filter(({ isAllowed }) => isAllowed).map(({ count }) => count),
      locks: attempts.filter(({ hasLocked }) => hasLocked).length,
    })
    await leave()
    process.stdin.destroy()
  },

  /** Signs the same subject in so many times, a few at once, with a limit of one session. */
  async create() {
    const store = await open()
    const limit = { max: 1, whenFull: 'evict-oldest' }
    for (let index = 0; index < parameters.times; index += 5) {
      const batch = Array.from({ length: 5 }, () => store.create(newSession(store, { limit })))
      for (const result of await Promise.all(batch)) {
        if (result.status !== 'created') throw new Error(result.status)
        say({ created: result.record.id, evicted: result.evicted })
      }
    }
    await store.close()
  },

  /** Writes until it is killed, and says what was answered as soon as it was. */
  async work() {
    const store = await open()
    for (;;) {
      const session = newSession(store, { subject: `user ${randomBytes(1)[0] % 8}` })
      const { id } = session
      const created = await store.create(session)
      say({ id, did: created.status })
      for (let n = 1; n <= 4; n += 1) {
        const changed = await store.change(id, { seen: true, increment: new Map([['n', 1]]) })
        say({ id, did: changed.status, n })
      }
      if (randomBytes(1)[0] % 2 === 0) say({ id, did: (await store.end(id, 'logged_out')).status })
    }
  },

  /** Increments in the workers of a cluster, each of which then reads what all of them wrote. */
  async cluster() {
    if (cluster.isPrimary) {
      const exits = Array.from({ length: parameters.workers }, () => {
        const worker = cluster.fork()
        return new Promise((resolve) => worker.once('exit', resolve))
      })
      process.exitCode = Math.max(...(await Promise.all(exits)))
      return
    }
    const store = await open()
    await increments(store)
    const own = newSession(store, { subject: 'workers' })
    await store.create(own)
    while ((await store.list('workers', { limit: 10 })).records.length < parameters.workers) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await store.close()
    process.disconnect()
  },

  /** Opens, reads and tries to write; says what came of each. */
  async probe() {
    const outcome = (promise) =>
      promise.then(
        ({ status }) => status,
        ({ name }) => name,
      )
    const store = await open()
    say({
      read: await outcome(store.read(parameters.id)),
      change: await outcome(store.change(parameters.id, { seen: true })),
      create: await outcome(store.create(newSession(store))),
      end: await outcome(store.end(parameters.id, 'logged_out')),
      readAgain: await outcome(store.read(parameters.id)),
      isWritable: (await store.check()).details.isWritable,
    })
    await store.close()
  },

  /** Lets simulated days pass over sessions that come and go, and says every hour what is held. */
  async churn() {
    let now = Date.UTC(2024, 0, 1)
    const clock = { now: () => now, elapsed: () => performance.now() }
    const store = await openSqliteStore({ file: parameters.file, clock })
    for (let minute = 0; minute < parameters.hours * 60; minute += 1) {
      now += 60_000
      const sessions = Array.from({ length: parameters.perMinute }, (_, index) =>
        newSession(store, { subject: `user ${minute % 500} ${index}`, idleTimeout: 1_800_000 }),
      )
      await Promise.all(sessions.map((session) => store.create(session)))
      await Promise.all(sessions.map(({ id }) => store.change(id, { seen: true })))
      await store.end(sessions[0].id, 'logged_out')
      await store.endAll(sessions[1].subject, 'revoked_admin')
      if (minute % 60 === 59) {
        globalThis.gc()
        const { details } = await store.check()
        say({ hour: (minute + 1) / 60, heap: process.memoryUsage().heapUsed, ...details })
      }
    }
    await store.close()
  },
}

await TASKS[task]()
