import { bytesNow, startRedis } from '../harness/redis.mjs'
import { median, say } from '../harness/table.mjs'
import { inFlight } from './in-flight.mjs'
import { watchOthers } from './others.mjs'
import { openConnectRedis, openJwtRedisSessions, openOurs } from './stacks.mjs'

/** How many sessions the people have that something is done to, and how many such people there are. */
const SIZES = [
  { size: 1, people: 5 },
  { size: 100, people: 5 },
  { size: 10_000, people: 2 },
]
const EACH_OTHER_PERSON = 10

/** Lists and ends all sessions of people who have few and many, among `sessions` of others, each stack on a Redis of its own. */
export async function measureAmongMany({ sessions }) {
  const found = []
  for (const open of [openOurs, openConnectRedis, openJwtRedisSessions]) {
    const redis = await startRedis()
    const stack = await open(redis.url)
    try {
      found.push(await measureStack(stack, redis, sessions))
    } finally {
      await stack.close()
      redis.stop()
    }
  }
  return found
}

async function measureStack(stack, redis, sessions) {
  const before = await bytesNow(redis.client)
  const startedAt = performance.now()
  await stack.fill(sessions, EACH_OTHER_PERSON)
  const bytes = Math.round(((await bytesNow(redis.client)) - before) / sessions)
  say(`${stack.name}: ${sessions} sessions in ${seconds(startedAt)} s, ${bytes} bytes each`)
  const bystander = await stack.signIn('bystander')
  const ask = async () => {
    if (!(await stack.isKnown(bystander))) throw new Error(`${stack.name} lost a bystander`)
  }
  const others = await watchOthers({ redisUrl: redis.url, ask })
  try {
    const idle = await others.during(() => new Promise((resolve) => setTimeout(resolve, 500)))
    const sizes = []
    for (const { size, people } of SIZES) {
      // It reads everybody's sessions, however many this person has: twice is enough where that takes seconds.
      const count = stack.isSlow && sessions > 200_000 ? 1 : people
      sizes.push({ size, ...(await measureSize(stack, others, size, count)) })
    }
    return { name: stack.name, isOurs: stack.isOurs, sessions, bytes, idle: waits(idle), sizes }
  } finally {
    await others.stop()
  }
}

const waits = ({ sameProcess, otherProcess }) => ({ sameProcess, otherProcess })
const seconds = (since) => ((performance.now() - since) / 1e3).toFixed(1)

async function measureSize(stack, others, size, people) {
  const users = Array.from({ length: people }, (_, at) => `person-${size}-${at}`)
  const signIns = []
  for (const user of users) {
    let last
    await inFlight(size, 50, async () => {
      last = await stack.signIn(user)
    })
    signIns.push(last)
  }
  const results = { listFirst: [], listAll: [], revokeAll: [], sameProcess: [], otherProcess: [] }
  for (const [at, user] of users.entries()) {
    results.listFirst.push(await timed(() => stack.listFirst(user)))
    results.listAll.push(
      await timed(async () => {
        const count = await stack.listAll(user)
        if (count !== size) throw new Error(`${stack.name} listed ${count} of ${size}`)
      }),
    )
    const { result, ...waited } = await others.during(async () => {
      const took = await timed(() => stack.revokeAll(user))
      const isKnown = await stack.isKnown(signIns[at])
      await stack.settled()
      return { took, isKnown }
    })
    if (result.isKnown) throw new Error(`${stack.name} did not revoke a session of ${user}`)
    results.revokeAll.push(result.took)
    results.sameProcess.push(waited.sameProcess)
    results.otherProcess.push(waited.otherProcess)
  }
  return Object.fromEntries(Object.entries(results).map(([name, all]) => [name, median(all)]))
}

async function timed(run) {
  const start = performance.now()
  await run()
  return performance.now() - start
}
