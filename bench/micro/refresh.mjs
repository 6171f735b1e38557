import { createSojourn } from 'sojourn'
import { createRedisStore } from 'sojourn/redis'
import { callsBetween, commandsSent, connect, redisUsage } from '../harness/redis.mjs'
import { median, spread, two } from '../harness/table.mjs'
import { many, SECRET, signIn, TOKENS } from './people.mjs'
import { openTwice } from './stores.mjs'
import { openTheirs } from './theirs.mjs'

/** How many refresh tokens are exchanged a second, and what one costs the server, against what others do there. */

const IN_FLIGHT = 50

/**
 * Chains: each exchanges its token, then the successor, and so on.
 *
 * @typedef {object} Subject
 * @property {string} name
 * @property {boolean} isRedis
 * @property {string} [kind] see `commandsSent`
 * @property {string} [command] what Redis calls it
 * @property {readonly (() => Promise<void>)[]} chains
 */

/** @param {{ redis: { url: string, client: object }, rounds: number, seconds: number }} how */
export async function measureRefresh({ redis, rounds, seconds }) {
  const closers = []
  const subjects = []
  for (const make of SUBJECTS) {
    const { close, ...subject } = await make(redis)
    subjects.push({ ...subject, results: [] })
    closers.push(close)
  }
  try {
    for (const { chains } of subjects) await drive(chains, Math.min(seconds, 0.5))
    for (let round = 0; round < rounds; round += 1) {
      for (const { chains, results } of subjects) {
        const before = await redisUsage(redis.client)
        const done = await drive(chains, seconds)
        results.push({ ...done, before, after: await redisUsage(redis.client) })
      }
    }
  } finally {
    for (const close of closers) await close()
  }
  return subjects.map(toRow)
}

async function drive(chains, seconds) {
  const start = performance.now()
  const end = start + seconds * 1e3
  let count = 0
  await Promise.all(
    chains.map(async (step) => {
      while (performance.now() < end) {
        await step()
        count += 1
      }
    }),
  )
  return { count, rate: (count * 1e3) / (performance.now() - start) }
}

function toRow({ name, isRedis, kind, command, results }) {
  const rates = results.map(({ rate }) => rate)
  const row = { name, rate: Math.round(median(rates)), spread: spread(rates) }
  if (!isRedis) return row
  const each = (measure) => two(median(results.map(measure)))
  return {
    ...row,
    commands: each(({ before, after, count }) => commandsSent(before, after, kind) / count),
    usecPerCall: each(({ before, after }) => callsBetween(before, after, command).usecPerCall),
    redisCpu: each(({ before, after, count }) => (after.cpu - before.cpu) / count),
  }
}

function oursOn(storeName) {
  return async ({ url }) => {
    const { instances, close } = await openTwice(storeName, url)
    const [{ sojourn }] = instances
    const people = await many(IN_FLIGHT, () => signIn(sojourn))
    const chains = people.map(({ tokens: { refreshToken } }) => {
      let token = refreshToken
      return async () => {
        const result = await sojourn.tokens.refresh(token)
        if (result.how !== 'rotated') throw new Error(`refresh was ${result.how ?? result.status}`)
        token = result.tokens.refreshToken
      }
    })
    const name = `sojourn refresh, ${storeName}, access token signed (EdDSA)`
    return { name, isRedis: storeName === 'Redis', command: 'evalsha', chains, close }
  }
}

async function theirs({ url }) {
  const { signIn: begin, refresh, close } = await openTheirs(url)
  const chains = await many(IN_FLIGHT, async (at) => {
    let { refreshToken } = await begin(`user-${at}`)
    return async () => {
      ;({ refreshToken } = await refresh(refreshToken))
    }
  })
  return {
    name: 'jwt-redis-sessions refreshToken, two tokens signed (HS256)',
    isRedis: true,
    kind: 'jwt-redis-sessions',
    command: 'eval',
    chains,
    close,
  }
}

/** The verb of the store alone: no token is made. Over one connection its client sends what is under way in one go. */
function bareRotation(connections) {
  return async ({ url }) => {
    const clients = await many(connections, () => connect(url))
    const stores = clients.map((client) => createRedisStore({ client }))
    const sojourn = createSojourn({
      secrets: SECRET,
      store: stores[0],
      cache: false,
      tokens: TOKENS,
    })
    const chains = await many(IN_FLIGHT, async (at) => {
      const { tokens } = await signIn(sojourn)
      return rotateAgainAndAgain(stores[at % connections], tokens.sessionId)
    })
    return {
      name: `store.rotate alone, ${connections} connection(s)`,
      isRedis: true,
      command: 'evalsha',
      chains,
      close: async () => clients.forEach((client) => client.destroy()),
    }
  }
}

async function rotateAgainAndAgain(store, id) {
  const seedDigest = 'x'.repeat(43)
  await store.change(id, { family: { seedDigest, lifetime: 3_600_000 } })
  let generation = 1
  return async () => {
    const result = await store.rotate(id, {
      seedDigest,
      generation,
      client: undefined,
      grace: 10_000,
      forgiveFor: 0,
      idleTimeout: undefined,
      isSeen: true,
    })
    if (result.status !== 'rotated') throw new Error(`rotate was ${result.status}`)
    generation = result.generation
  }
}

/** The least that any stack asks of Redis: one value of a session's size. */
function bareGet(connections) {
  return async ({ url }) => {
    const clients = await many(connections, () => connect(url))
    const chains = await many(IN_FLIGHT, async (at) => {
      const key = `bench:get:${at}`
      const client = clients[at % connections]
      await client.set(key, 'x'.repeat(200))
      return async () => {
        await client.get(key)
      }
    })
    return {
      name: `GET of 200 bytes alone, ${connections} connection(s)`,
      isRedis: true,
      command: 'get',
      chains,
      close: async () => clients.forEach((client) => client.destroy()),
    }
  }
}

const SUBJECTS = [
  oursOn('memory'),
  oursOn('SQLite'),
  oursOn('Redis'),
  theirs,
  bareRotation(1),
  bareGet(1),
  bareRotation(IN_FLIGHT),
  bareGet(IN_FLIGHT),
]
