/**
 * A Redis Cluster under faults: its slots move, a primary dies, a shard is lost. Seen by the service (node-redis) and by
 * an application with the library (ioredis), which share the cluster; what comes last takes it apart.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createRedisStore, type RedisClient } from '../../../library/src/store/redis/index.js'
import { slotOf } from '../../../library/src/store/redis/feed/slot.js'
import { createResilientStore } from '../../../library/src/store/resilient.js'
import type { Store } from '../../../library/src/store/store.js'
import { startApp, type App, type Person } from '../../../library/test/fault/app.js'
import { createMover } from '../../../library/test/fault/slots.js'
import { startWitness } from '../../../library/test/fault/witness.js'
import { startCluster, type RedisCluster } from '../../../library/test/support/redis-cluster.js'
import { waitFor, type RedisServer } from '../../../library/test/support/redis-server.js'
import type { Client } from '../support/client.js'
import { percentile, timesBeside, watchLateness } from '../support/load.js'
import { startService, type Service } from '../support/service.js'

// They wait for conditions, each with a deadline of its own.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 90_000 })

const PASSWORD = 'correct horse battery 9'
const SETTINGS = [
  // A shard that is lost takes no other with it; and what was written is there when it is started again.
  ...['--cluster-require-full-coverage', 'no', '--appendonly', 'yes'],
]

let cluster: RedisCluster
let service: Service
let app: App
/** Does not come back. */
let dead: RedisServer | undefined
const rejections: unknown[] = []
const note = (reason: unknown): unknown => rejections.push(reason)

beforeAll(async () => {
  process.on('unhandledRejection', note)
  cluster = await startCluster({ replicas: 1, nodeTimeout: 1_000, args: SETTINGS })
  const nodes = cluster.ports.map((port) => `127.0.0.1:${String(port)}`).join(',')
  const io = ioCluster()
  await io.connect()
  app = await startApp({ client: io, close: () => io.disconnect() })
  service = await startService({ REDIS_CLUSTER_NODES: nodes })
}, 90_000)

afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await app.close()
  await cluster.stop()
  process.off('unhandledRejection', note)
})

/** As docs/guide/redis-faults.md recommends it. */
function ioCluster(): Cluster {
  const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }))
  const client = new Cluster(nodes, {
    lazyConnect: true,
    enableOfflineQueue: false,
    slotsRefreshInterval: 1_000,
    retryDelayOnFailover: 0,
    redisOptions: { autoResendUnfulfilledCommands: false },
  })
  client.on('error', () => undefined)
  return client
}

async function nodeRedisCluster() {
  const client = createCluster({
    rootNodes: cluster.ports.map((port) => ({ url: `redis://127.0.0.1:${String(port)}` })),
    defaults: { disableOfflineQueue: true },
  })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const slotOfBucket = (bucket: string): number => slotOf(`{${bucket}}`)

describe('a cluster', () => {
  it('fault F12: slots move from primary to primary under load and back, key by key, and no answer is wrong; nothing fails but for a moment', async () => {
    const [one, other] = [await nodeRedisCluster(), ioCluster()]
    await other.connect()
    const store = (client: RedisClient): Store =>
      createResilientStore(createRedisStore({ client, keyPrefix: 'moved:' }))
    const [first, second] = [store(one), store(other)]
    const witnesses = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay'].map((subject, at) =>
      startWitness(at % 2 === 0 ? [first, second] : [second, first], subject),
    )
    const used = new Set(witnesses.map(({ bucket }) => slotOfBucket(bucket)))
    const empty = Array.from({ length: 300 }, (_, at) => 54 * at).filter((slot) => !used.has(slot))
    const mover = await createMover(cluster)
    const began = [...used].map((slot) => mover.holderOf(slot))
    const lateness = watchLateness()
    await pause(200)
    const moveAround = async (): Promise<void> => {
      for (let round = 0; round < 3; round += 1) {
        // Once so slowly that nobody can wait for it.
        for (const [at, slot] of [...used].entries()) {
          await mover.move(slot, round === 0 && at < 3 ? 100 : 20)
        }
      }
    }
    for (const slot of [...empty, ...empty]) await mover.move(slot)
    await moveAround()
    // Once more where the machine is so busy that too little was asked meanwhile.
    const isEnough = (): boolean =>
      witnesses.some((witness) => witness.faults().some((fault) => fault.includes('TRYAGAIN'))) &&
      witnesses.reduce((sum, witness) => sum + witness.answers(), 0) > 1_000
    for (let more = 0; more < 4 && !isEnough(); more += 1) await moveAround()
    mover.close()
    const testimonies = await Promise.all(witnesses.map((witness) => witness.stop()))
    one.destroy()
    other.disconnect()

    expect(testimonies.flatMap(({ wrong }) => wrong)).toEqual([])
    // There was something to move, and it was in the way of somebody.
    expect([...used].map((slot) => mover.holderOf(slot))).toEqual(began)
    expect(mover.keysMoved()).toBeGreaterThan(60)
    const faults = testimonies.flatMap((testimony) => testimony.faults)
    expect(faults.some((fault) => fault.includes('TRYAGAIN'))).toBe(true)
    const answers = testimonies.reduce((sum, testimony) => sum + testimony.answers, 0)
    expect(answers).toBeGreaterThan(1_000)
    expect(faults.length).toBeLessThan(answers / 10)
    expect(Math.max(...testimonies.map(({ slowest }) => slowest))).toBeLessThan(1_000 + lateness())
    expect(rejections).toEqual([])
  })

  it('fault F11, behaviour 18b, 18d: a primary is killed under load; whose sessions are elsewhere notices nothing, the others are told to try again until its replica takes over, and nothing that Redis had passed on is lost', async () => {
    const people = await gather()
    const victim = people.affected.server
    const victimIs = `127.0.0.1:${String(victim.port)}`
    const load = startLoad(people)
    await pause(1_500)
    const waitedAt = performance.now()
    // All that was answered before this is on the replica, too: more than Redis promises of its own accord.
    await victim.cli('wait', '1', '1000')
    const killedAt = performance.now()
    await victim.kill()
    dead = victim
    const isBack = async (): Promise<boolean> => (await isWell(people.affected)).every(Boolean)
    await waitFor('the replica to take over', isBack)
    const gap = performance.now() - killedAt
    const isOfOthers = (one: Sample): boolean => !one.isAffected && one.begunAt > killedAt
    await waitFor('the others to be seen', async () => load.samples.filter(isOfOthers).length > 60)
    await pause(500)
    const lateness = await load.stop()

    expect(gap).toBeLessThan(15_000)
    for (const sample of load.samples) expectGoodOr503(sample)
    const after = load.samples.filter(({ begunAt }) => begunAt > killedAt)
    const lost = after.filter(({ isAffected }) => isAffected)
    expect(lost.filter(({ status }) => status === 503).length).toBeGreaterThan(10)
    const kept = after.filter(({ isAffected }) => !isAffected)
    // How long the others wait at the same time is the machine; there is a bound of its own for that below.
    const late = lateness + percentile(timesOf(kept), 0.99)
    expect(percentile(timesOf(lost), 0.99)).toBeLessThan(1_000 + late)
    expect(kept.length).toBeGreaterThan(50)
    // A circuit that is open refuses at once. After its deadline a call may fail for this machine, too, which is rare.
    const refused = kept.filter(({ status }) => status !== 200)
    expect(refused.filter(({ milliseconds }) => milliseconds < 200)).toEqual([])
    expect(refused.length).toBeLessThanOrEqual(lateness < 100 ? 0 : kept.length / 20)
    const before = load.samples.filter((one) => !one.isAffected && one.begunAt < killedAt)
    // A call that waits for a node that is gone takes 250 ms; a busy machine is no reason.
    const usual = percentile(timesOf(before), 0.99)
    expect(percentile(timesOf(kept), 0.99)).toBeLessThan(usual + 150 + lateness)

    // A breaker opened, and only that of the shard.
    const opened = app.told.flatMap(({ name, event }) =>
      name === 'store.breaker' && 'state' in event && event.state === 'open' ? [event] : [],
    )
    expect(new Set(opened.map((event) => 'shard' in event && event.shard))).toEqual(
      new Set([victimIs]),
    )

    const written = load.samples.filter(({ key, status }) => key !== undefined && status === 200)
    const safe = written.filter(({ endedAt }) => endedAt < waitedAt || endedAt > killedAt)
    expect(safe.filter(({ isAffected }) => isAffected).length).toBeGreaterThan(20)
    const there = new Set((await Promise.all(people.all.map(dataOf))).flat())
    expect(safe.filter(({ key }) => !there.has(key ?? ''))).toEqual([])

    // The new primary had never seen a script of ours.
    const successor = await cluster.ownerOf(people.affected.slot)
    expect(successor.port).not.toBe(victim.port)
    expect(await successor.cli('info', 'commandstats')).toContain('cmdstat_eval:')
    expectNoComplaint()
  })

  it('fault F14: a shard is lost whole and the cluster closes; nobody is served, nobody loses a cookie, readiness says so, and all is well with the cluster', async () => {
    const people = await gather()
    const everybody = [...people.affected.clients, ...people.others.clients]
    const cookies = everybody.map(({ cookie }) => cookie)
    const last = await cluster.ownerOf(people.affected.slot)
    const pair = pairOf(last)
    const others = cluster.nodes.filter((node) => node !== dead && !pair.includes(node))
    for (const node of others)
      await node.cli('config', 'set', 'cluster-require-full-coverage', 'yes')
    await Promise.all(pair.map((node) => node.kill()))
    const readiness = (): Promise<number> =>
      service
        .client()
        .get('/health/ready')
        .then(({ status }) => status)
    await waitFor('the cluster to be down', async () => {
      const states = await Promise.all(others.map(stateOf))
      return states.every((state) => state === 'fail')
    })
    await waitFor('readiness to say so', async () => (await readiness()) === 503)

    const load = startLoad(people)
    await pause(1_500)
    await waitFor('enough to be asked', async () => load.samples.length > 110)
    const lateness = await load.stop()
    expect(load.samples.length).toBeGreaterThan(100)
    for (const sample of load.samples) expectGoodOr503(sample)
    expect(load.samples.filter(({ status }) => status !== 503)).toEqual([])
    for (const client of everybody) await expectUnknown(client)
    const [first] = everybody as [Client]
    const { asked, beside } = await timesBeside(first, () => first.get('/dashboard'), 30)
    const busy = percentile(beside, 0.75)
    expect(percentile(asked, 0.75)).toBeLessThan(10 + 2 * busy)
    const late = lateness + Math.min(1_000, Math.max(...beside))
    expect(percentile(timesOf(load.samples), 0.99)).toBeLessThan(1_000 + late)

    await last.restart()
    await waitFor('the cluster to be whole', async () => {
      const states = await Promise.all([last, ...others].map(stateOf))
      return states.every((state) => state === 'ok')
    })
    const [backAt, latenessBack] = [performance.now(), watchLateness()]
    await waitFor('readiness', async () => (await readiness()) === 200)
    await waitFor('everybody', async () =>
      (await Promise.all([isWell(people.affected), isWell(people.others)])).flat().every(Boolean),
    )
    // Coming back takes some steps, each as long as a request.
    expect(performance.now() - backAt).toBeLessThan(2_000 + latenessBack() + 20 * busy)
    expect(everybody.map(({ cookie }) => cookie)).toEqual(cookies)
    expectNoComplaint()
  })
})

/** People whose sessions are on one shard. */
interface Group {
  readonly server: RedisServer
  readonly slot: number
  /** Of the service. */
  readonly clients: readonly Client[]
  /** Of the application. */
  readonly persons: readonly Person[]
}

interface People {
  readonly affected: Group
  readonly others: Group
  readonly all: readonly Person[]
}

let gathered = 0

/** Two people of the application and one or more of the service on one shard, and as many elsewhere. */
async function gather(): Promise<People> {
  gathered += 1
  const servers: RedisServer[] = []
  const persons: Person[] = []
  const clients: Client[] = []
  const slots: number[] = []
  for (let at = 0; new Set(servers).size < 2 || clients.length < 4; at += 1) {
    const client = service.client()
    const name = `person${String(gathered)}${String(at)}`
    await client.post('/register', { username: name, password: PASSWORD })
    const bucket = [...client.jar.values()].find((value) => /^[\w-]{2}\./.test(value))?.slice(0, 2)
    const slot = slotOfBucket(bucket ?? '')
    clients.push(client)
    slots.push(slot)
    servers.push(await cluster.ownerOf(slot))
  }
  const [server] = servers as [RedisServer]
  const { bucketOf } = createRedisStore({ client: unused })
  const owners: RedisServer[] = []
  while (
    owners.filter((owner) => owner === server).length < 2 ||
    owners.filter((owner) => owner !== server).length < 2
  ) {
    const name = `${String(gathered)}${String(owners.length)}`
    persons.push(await app.signIn(name))
    owners.push(await cluster.ownerOf(slotOfBucket(bucketOf(name))))
  }
  const group = (isThis: boolean): Group => ({
    server,
    slot: slots[0] ?? 0,
    clients: clients.filter((_, at) => (servers[at] === server) === isThis).slice(0, 2),
    persons: persons.filter((_, at) => (owners[at] === server) === isThis).slice(0, 2),
  })
  return { affected: group(true), others: group(false), all: persons }
}

/** To know buckets takes no Redis. */
const unused = {
  evalSha: () => Promise.reject(new Error()),
  eval: () => Promise.reject(new Error()),
}

interface Sample {
  readonly isAffected: boolean
  readonly begunAt: number
  readonly endedAt: number
  readonly milliseconds: number
  readonly status: number
  readonly retryAfter: string | undefined
  readonly cookies: readonly string[]
  /** What was written. */
  readonly key?: string
}

const REST = 60

/** Everybody looks or writes, over and over. */
function startLoad({ affected, others }: People) {
  const samples: Sample[] = []
  const lateness = watchLateness()
  let isOver = false
  type Ask = () => Promise<{
    status: number
    headers: Record<string, unknown>
    cookies: readonly string[]
  }>
  const once = async (isAffected: boolean, ask: Ask, key?: string): Promise<void> => {
    const begunAt = performance.now()
    const { status, headers, cookies } = await ask()
    const endedAt = performance.now()
    const retryAfter = headers['retry-after'] as string | undefined
    const sample = { isAffected, begunAt, endedAt, milliseconds: endedAt - begunAt }
    samples.push({ ...sample, status, retryAfter, cookies, ...(key === undefined ? {} : { key }) })
    await pause(REST)
  }
  const lives = [affected, others].flatMap((group) => {
    const isAffected = group === affected
    return [
      ...group.clients.map(
        (client) => async () => once(isAffected, () => client.get('/dashboard')),
      ),
      ...group.persons.map(({ web }, at) => {
        let round = 0
        if (at === 0) return async () => once(isAffected, () => web.get('/me'))
        return async () => {
          const key = `${String(isAffected)} ${String((round += 1))} ${String(gathered)}`
          await once(isAffected, () => web.post('/write', { [key]: true }), key)
        }
      }),
    ]
  })
  const done = Promise.all(
    lives.map(async (live) => {
      while (!isOver) await live()
    }),
  )
  done.catch(() => undefined)
  return {
    samples,
    /** Answers by how many milliseconds this machine was late for its own timers, at worst. */
    async stop() {
      isOver = true
      await done
      return lateness()
    },
  }
}

const timesOf = (samples: readonly Sample[]): number[] =>
  samples.map(({ milliseconds }) => milliseconds)

function expectGoodOr503({ status, retryAfter, cookies }: Sample): void {
  expect([status, retryAfter, cookies]).toEqual(
    status === 200 ? [200, undefined, []] : [503, '1', []],
  )
}

async function isWell({ clients, persons }: Group): Promise<boolean[]> {
  return Promise.all([
    ...clients.map(async (client) => (await client.get('/dashboard')).status === 200),
    ...persons.map(async ({ web }) => (await web.get('/me')).status === 200),
  ])
}

async function dataOf({ web }: Person): Promise<string[]> {
  return Object.keys(JSON.parse((await web.get('/data')).body) as object)
}

async function expectUnknown(client: Client): Promise<void> {
  const answer = await client.get('/public')
  expect([answer.status, answer.cookies]).toEqual([200, []])
  expect(answer.json()).toMatchObject({ authenticated: false, user: null })
}

/** A primary and its replica, whichever is which by now. */
function pairOf(node: RedisServer): readonly RedisServer[] {
  const { primaries, replicas } = cluster
  const at = Math.max(primaries.indexOf(node), replicas.indexOf(node))
  return [primaries[at], replicas[at]] as RedisServer[]
}

async function stateOf(node: RedisServer): Promise<string> {
  const info = await node.cli('cluster', 'info').catch(() => '')
  return /cluster_state:(\w+)/.exec(info)?.[1] ?? 'gone'
}

function expectNoComplaint(): void {
  expect(rejections).toEqual([])
  expect(service.output()).not.toMatch(/unhandled|uncaught|\n {4}at .*\.js:\d+/i)
}
