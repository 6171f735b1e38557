/**
 * requests/ owns `npm run bench -- --part requests`: what a request costs with each stack. This file counts what needs no
 * clock, in a pass of its own before the rounds, one request at a time: commands and round trips to Redis through a proxy
 * that counts, bytes on the wire, bytes in Redis. It also takes the time from the start of a process to its first answer.
 */
import { startCountingProxy } from '../harness/counting-proxy.mjs'
import { headerBytes } from '../harness/load.mjs'
import { openConnection } from '../harness/plain-requests.mjs'
import { bytesOfKeys } from '../harness/redis-bytes.mjs'
import { startRedis } from '../harness/redis.mjs'
import { anybody, signIn, someone, startServer } from '../harness/servers.mjs'

/**
 * @param {readonly import('../candidates.mjs').Candidate[]} candidates
 * @param {{ people?: number, requests?: number }} how for each server, and of each candidate
 * @returns {Promise<Map<import('../candidates.mjs').Candidate, object>>}
 */
export async function countExactly(candidates, { people = 40, requests = 80 } = {}) {
  const redis = await startRedis()
  const proxy = await startCountingProxy(redis.url)
  const found = new Map()
  try {
    for (const kind of new Set(candidates.map(({ kind }) => kind))) {
      const of = candidates.filter((one) => one.kind === kind)
      for (const [one, facts] of await countKind(kind, of, { redis, proxy, people, requests }))
        found.set(one, facts)
    }
  } finally {
    proxy.stop()
    redis.stop()
  }
  return found
}

async function countKind(kind, candidates, { redis, proxy, people, requests }) {
  const server = await startServer(kind, { redisUrl: proxy.url })
  try {
    const startUp = await timeToFirstAnswer(server, candidates[0])
    const found = []
    for (const credential of new Set(candidates.map((one) => one.credential))) {
      const before = await bytesOfKeys(redis.client)
      await signIn(server, credential, people)
      const after = await bytesOfKeys(redis.client)
      const redisBytes = Math.round((after.bytes - before.bytes) / people)
      const headers = headerBytes(server, credential)
      for (const one of candidates.filter((other) => other.credential === credential)) {
        const counted = await countRequests(server, one, { proxy, requests })
        found.push([one, { startUp, redisBytes, headerBytes: headers, ...counted }])
      }
    }
    return found
  } finally {
    await server.stop()
  }
}

/** Milliseconds from the start of the process to its first answer, whatever that says to a stranger. */
async function timeToFirstAnswer(server, { path, isSignIn }) {
  const connection = openConnection(server)
  await connection.ask(isSignIn ? '/me' : path, { host: `localhost:${server.port}` })
  connection.close()
  return performance.now() - server.startedAt
}

/** Commands, round trips and bytes of one request, of several that come one after the other. */
export async function countRequests(
  server,
  { path, credential, isSignIn, hasAccounts },
  { proxy, requests },
) {
  const host = `localhost:${server.port}`
  const people = server.headers[credential]
  const connection = openConnection(server)
  const ask = async (at) => {
    const status = isSignIn
      ? await connection.ask(
          `${path}?user=${hasAccounts ? anybody(server) : someone()}`,
          { host },
          'POST',
        )
      : await connection.ask(path, { host, ...people[at % people.length] })
    if (status !== 200) throw new Error(`${server.kind}${path} answered ${status}`)
  }
  // What a session does once only (the first write, the mark that it was seen) is over before anything is counted.
  for (let at = 0; at < people.length; at += 1) await ask(at)
  await quiet()
  const [wire, count] = [connection.bytes(), proxy.read()]
  for (let at = 0; at < requests; at += 1) await ask(at)
  await quiet()
  const [wireAfter, countAfter] = [connection.bytes(), proxy.read()]
  connection.close()
  return {
    commands: (countAfter.commands - count.commands) / requests,
    trips: (countAfter.trips - count.trips) / requests,
    bytesIn: Math.round((wireAfter.sent - wire.sent) / requests),
    bytesOut: Math.round((wireAfter.received - wire.received) / requests),
  }
}

/** Some write to Redis when the answer is out already. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 30))
