import { createRedisStore } from 'sojourn/redis'
import { infoOf, keyBytes, startRedis } from './redis.mjs'
import { create, KINDS } from './sessions.mjs'

/** How much memory sessions take in Redis, at several magnitudes and for several kinds. */

const CONFIGURED = { 'hash-max-listpack-value': 1024 }

/** One server that grows: what each magnitude takes for each session. */
export async function measureGrowth(magnitudes, { perPerson, kind }, onStep) {
  const redis = await startRedis(CONFIGURED)
  try {
    const store = createRedisStore({ client: redis.client, ...PATIENT })
    const empty = await settle(redis.client, store)
    const rows = []
    let there = 0
    for (const magnitude of magnitudes) {
      const seconds = await create(store, magnitude - there, { perPerson, kind })
      const made = magnitude - there
      there = magnitude
      rows.push({ sessions: there, made, seconds, ...(await weigh(redis.client, empty, there)) })
      onStep(rows.at(-1))
    }
    return rows
  } finally {
    await redis.stop()
  }
}

/** On a crowded machine a script may wait for long: that must not fail a measurement of memory. */
const PATIENT = { lateAfter: 60_000 }

/** Scripts and buffers of connections are there once, whatever the number of sessions: they are no part of any. */
async function settle(client, store) {
  await create(store, 1_000)
  await client.sendCommand(['FLUSHALL'])
  return infoOf(client)
}

async function weigh(client, empty, sessions) {
  const info = await infoOf(client)
  const used = (info.used_memory - empty.used_memory) / sessions
  const [records, indexes, subjects] = await Promise.all(
    ['sj:s{*', 'sj:u{*', 'sj:g{*'].map((pattern) => keyBytes(client, pattern)),
  )
  const keys = Number(await client.sendCommand(['DBSIZE']))
  return {
    used,
    total: info.used_memory,
    resident: info.used_memory_rss,
    fragmentation: info.mem_fragmentation_ratio,
    record: records.each,
    index: indexes.each,
    subject: subjects.each,
    keysPerSession: keys / sessions,
  }
}

/** What the kinds of session take under several bounds for compact hashes. */
export async function measureEncodings(count, bounds, onStep) {
  const rows = []
  for (const [name, kind] of Object.entries(KINDS)) {
    const row = { name }
    for (const bound of bounds) {
      const redis = await startRedis({ 'hash-max-listpack-value': bound })
      try {
        const store = createRedisStore({ client: redis.client, ...PATIENT })
        const before = (await settle(redis.client, store)).used_memory
        await create(store, count, { kind })
        row[bound] = ((await infoOf(redis.client)).used_memory - before) / count
      } finally {
        await redis.stop()
      }
    }
    rows.push(row)
    onStep(row)
  }
  return rows
}
