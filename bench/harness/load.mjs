import autocannon from 'autocannon'
import { commandsSent, redisUsage } from './redis.mjs'
import { usage } from './servers.mjs'

/**
 * Requests a second, and what each cost: microseconds of the server's CPU, commands sent to Redis and microseconds of
 * Redis' CPU.
 *
 * @param {{ path: string, credential: 'cookie' | 'bearer' }} candidate
 * @param {{ redis: object, seconds: number, connections: number }} options
 */
export async function measure(server, { path, credential }, { redis, seconds, connections }) {
  const requests = server.headers[credential].map((headers) => ({
    path,
    headers: { host: `localhost:${server.port}`, ...headers },
  }))
  const before = await readings(server, redis)
  let started = 0
  const result = await autocannon({
    url: `http://127.0.0.1:${server.port}`,
    connections,
    duration: seconds,
    // Each connection begins with somebody else: what is under way at once belongs to different people.
    setupClient(client) {
      const first = Math.floor((started * requests.length) / connections) % requests.length
      started += 1
      client.setRequests([...requests.slice(first), ...requests.slice(0, first)])
    },
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${server.kind}${path}: ${result.non2xx} bad answers, ${result.errors} errors`)
  return perRequest(server.kind, before, await readings(server, redis), result)
}

async function readings({ child }, redis) {
  return { server: await usage(child), redis: await redisUsage(redis) }
}

function perRequest(kind, before, after, { requests: { total }, duration, latency }) {
  const cpu = ({ server: { cpu } }) => cpu.user + cpu.system
  return {
    rate: total / duration,
    p99: latency.p99,
    cpu: (cpu(after) - cpu(before)) / total,
    commands: commandsSent(before.redis, after.redis, kind) / total,
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
