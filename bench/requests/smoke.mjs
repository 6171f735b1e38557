import { startCountingProxy } from '../harness/counting-proxy.mjs'
import { measureAgain } from '../harness/load.mjs'
import { startRedis } from '../harness/redis.mjs'
import { signIn, startServer } from '../harness/servers.mjs'
import { two } from '../harness/table.mjs'
import { CANDIDATES } from '../candidates.mjs'
import { countRequests } from './exact.mjs'

const find = (kind) => CANDIDATES.find((one) => one.kind === kind && one.path === '/me')
const INCUMBENT = find('express-session-redis')

/**
 * Floors for any machine, however busy: what the incumbent's server spends of its CPU on a request, divided by what ours
 * does. Time by the clock says nothing where others use the machine; CPU time says enough. They are far below what a
 * quiet machine shows: only a mistake goes under them.
 */
const FLOORS = [
  { candidate: find('sojourn-redis'), commands: 0, floor: 1.2 },
  { candidate: find('sojourn-redis-strict'), commands: 1, floor: 0.85 },
]

const ROUNDS = 5
const WARM_UP = { amount: 1_000, connections: 10 }
const LOAD = { amount: 500, connections: 10 }

/** `--smoke`: whether everything runs and nothing has become far slower. @returns {Promise<number>} the exit code */
export async function smoke() {
  const redis = await startRedis()
  const proxy = await startCountingProxy(redis.url)
  const candidates = [INCUMBENT, ...FLOORS.map(({ candidate }) => candidate)]
  const servers = await Promise.all(
    candidates.map(({ kind }) => startServer(kind, { redisUrl: proxy.url })),
  )
  const serverOf = ({ kind }) => servers.find((server) => server.kind === kind)
  try {
    for (const server of servers) await signIn(server, 'cookie', 10)
    const costs = await measureCosts(candidates, serverOf, redis)
    const verdicts = []
    for (const rule of FLOORS) {
      const counted = await countRequests(serverOf(rule.candidate), rule.candidate, {
        proxy,
        requests: 20,
      })
      verdicts.push(judge(rule, costs, counted))
    }
    return verdicts.every((isGood) => isGood) ? 0 : 1
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
    proxy.stop()
    redis.stop()
  }
}

/**
 * CPU for a request, of each in turn, after all are warm. The least of the rounds counts: others on the machine can only
 * add to it.
 */
async function measureCosts(candidates, serverOf, redis) {
  const once = async (one, load) =>
    (await measureAgain(serverOf(one), one, { redis: redis.client, ...load })).cpu
  const costs = new Map(candidates.map((one) => [one, Infinity]))
  for (const one of candidates) await once(one, WARM_UP)
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const one of candidates) costs.set(one, Math.min(costs.get(one), await once(one, LOAD)))
  }
  return costs
}

function judge({ candidate, commands, floor }, costs, counted) {
  const ratio = costs.get(INCUMBENT) / costs.get(candidate)
  const isGood = ratio >= floor && Math.abs(counted.commands - commands) < 0.2
  const what = `${two(ratio)} times as many requests for the CPU as ${INCUMBENT.name} (at least ${floor})`
  process.stdout.write(
    `${isGood ? 'ok' : 'NOT OK'}: ${candidate.name}: ${what}; ${two(counted.commands)} Redis commands a request (${commands})\n`,
  )
  return isGood
}
