import autocannon from 'autocannon'
import { redisUsage } from './redis.mjs'
import { anybody, someone, usage } from './servers.mjs'
import { say } from './table.mjs'

/**
 * Requests a second, how long they took, and what each cost: microseconds of the server's CPU and of Redis' CPU.
 *
 * @param {import('../candidates.mjs').Candidate} candidate
 * @param {{ redis: object, connections: number, seconds?: number, amount?: number }} options for so many seconds, or requests
 */
export async function measure(server, candidate, { redis, connections, seconds, amount }) {
  const requestsOf = toRequests(server, candidate, connections)
  const before = await readings(server, redis)
  const times = []
  const run = autocannon({
    url: `http://127.0.0.1:${server.port}`,
    connections,
    ...(amount === undefined ? { duration: seconds } : { amount }),
    // It only ends where a sample of its progress does.
    sampleInt: amount === undefined ? 100 : 20,
    setupClient(client) {
      client.setRequests(requestsOf())
    },
  })
  // Its own histogram knows whole milliseconds only.
  run.on('response', (_client, _status, _bytes, milliseconds) => times.push(milliseconds))
  const result = await run
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(
      `${server.kind}${candidate.path}: ${result.non2xx} bad answers, ${result.errors} errors`,
    )
  return perRequest(before, await readings(server, redis), result, times)
}

/** Answers that are no good end a run, but not at once: a busy machine may have made a store miss its deadline. */
export async function measureAgain(server, candidate, how) {
  for (let tries = 2; ; tries -= 1) {
    try {
      return await measure(server, candidate, how)
    } catch (error) {
      if (tries === 0) throw error
      say(`${error.message}: once more`)
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
  }
}

/** Each connection begins with somebody else: what is under way at once belongs to different people. */
function toRequests(server, candidate, connections) {
  const { path, credential, isSignIn } = candidate
  const host = `localhost:${server.port}`
  if (isSignIn) return () => [signInRequest(server, candidate, host)]
  const requests = server.headers[credential].map((headers) => ({
    path,
    headers: { host, ...headers },
  }))
  let started = 0
  return () => {
    const first = Math.floor((started * requests.length) / connections) % requests.length
    started += 1
    return [...requests.slice(first), ...requests.slice(0, first)]
  }
}

function signInRequest(server, { path, hasAccounts }, host) {
  return {
    method: 'POST',
    headers: { host },
    setupRequest: (request) => ({
      ...request,
      path: `${path}?user=${hasAccounts ? anybody(server) : someone()}`,
    }),
  }
}

async function readings({ child }, redis) {
  return { server: await usage(child), redis: await redisUsage(redis) }
}

function perRequest(before, after, { requests: { total }, duration }, times) {
  const cpu = ({ server: { cpu } }) => cpu.user + cpu.system
  const sorted = Float64Array.from(times).sort()
  return {
    rate: total / duration,
    p50: sorted[Math.floor(sorted.length * 0.5)],
    p99: sorted[Math.floor(sorted.length * 0.99)],
    cpu: (cpu(after) - cpu(before)) / total,
    redisCpu: (after.redis.cpu - before.redis.cpu) / total,
    rss: after.server.rss,
  }
}

/** Bytes of the header line that carries the credential, on the average. */
export function headerBytes(server, credential) {
  const lengths = server.headers[credential].flatMap((headers) =>
    Object.entries(headers).map(([name, value]) => name.length + value.length + 4),
  )
  return Math.round(lengths.reduce((sum, length) => sum + length, 0) / lengths.length)
}
