import { afterAll, beforeAll, describe, it } from 'vitest'
import { describeStoreConformance } from '../../../src/testing/index.js'
import type { RedisClient, RedisSubscriber } from '../../../src/store/redis/index.js'
import { startCluster, type RedisCluster } from '../../support/redis-cluster.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import {
  connectAdmin,
  connectIoRedis,
  connectNodeRedis,
  connectNodeRedisCluster,
  redisHarness,
  type Admin,
  type Connected,
} from './harness.js'

let server: RedisServer
let cluster: RedisCluster
let admin: Admin
let clusterAdmin: Admin
const connected: Connected[] = []

beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedis(), startCluster()])
  admin = await connectAdmin([server.port])
  clusterAdmin = await connectAdmin(cluster.ports)
  for (const connect of [connectNodeRedis, connectIoRedis]) {
    for (let copy = 0; copy < 3; copy += 1) connected.push(await connect(server.port))
  }
  for (let copy = 0; copy < 2; copy += 1) {
    connected.push(await connectNodeRedisCluster(cluster.ports))
  }
})

afterAll(async () => {
  await Promise.all(connected.map((each) => each.close()))
  await Promise.all([admin, clusterAdmin].map((each) => each.close()))
  await Promise.all([server, cluster].map((each) => each.stop()))
})

function subscriber(at: number): { subscriber: RedisSubscriber } {
  return { subscriber: connected[at]?.client as RedisClient & RedisSubscriber }
}

function clients(first: number): [Connected['client'], Connected['client']] {
  const [one, other] = connected.slice(first, first + 2)
  if (one === undefined || other === undefined) throw new RangeError('no such client')
  return [one.client, other.client]
}

describeStoreConformance(
  'redis (node-redis 6, standalone)',
  redisHarness(() => ({ clients: clients(0), admin, ...subscriber(2) })),
  { describe, it },
)

describeStoreConformance(
  'redis (ioredis 6, standalone)',
  redisHarness(() => ({ clients: clients(3), admin, ...subscriber(5) })),
  { describe, it },
  { operations: 1_000, crowd: 1_000 },
)

describeStoreConformance(
  'redis (node-redis 6, cluster of 3 primaries)',
  redisHarness(() => ({ clients: clients(6), admin: clusterAdmin })),
  { describe, it },
  { operations: 1_000, crowd: 1_000 },
)
