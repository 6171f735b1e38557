import { afterAll, beforeAll, describe, it } from 'vitest'
import { describeStoreConformance } from '../../../src/testing/index.js'
import type { RedisClient, RedisSubscriber } from '../../../src/store/redis/index.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import {
  connectAdmin,
  connectIoRedis,
  connectNodeRedis,
  redisHarness,
  type Admin,
  type Connected,
} from './harness.js'

/** `CONFORMANCE_OPERATIONS=10000` is what the suite does where nobody says how many; ten times that are done in memory. */
const OPERATIONS = Number(process.env['CONFORMANCE_OPERATIONS'] ?? 2_000)

/** Another database than the first, as some share a server. */
const database = 5

let server: RedisServer
let admin: Admin
let otherAdmin: Admin
const connected: Connected[] = []

beforeAll(async () => {
  server = await startRedis()
  admin = await connectAdmin([server.port])
  otherAdmin = await connectAdmin([server.port], { database })
  for (let copy = 0; copy < 3; copy += 1) connected.push(await connectNodeRedis(server.port))
  for (let copy = 0; copy < 3; copy += 1) {
    connected.push(await connectIoRedis(server.port, { db: database }))
  }
})

afterAll(async () => {
  await Promise.all([...connected, admin, otherAdmin].map((each) => each.close()))
  await server.stop()
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
  { operations: OPERATIONS, crowd: OPERATIONS },
)

describeStoreConformance(
  'redis (ioredis 6, standalone, another database)',
  redisHarness(() => ({ clients: clients(3), admin: otherAdmin, ...subscriber(5) })),
  { describe, it },
  { operations: 500, crowd: 500 },
)
