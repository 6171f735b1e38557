import { createRedisStore } from 'sojourn/redis'
import { connect } from '../harness/redis.mjs'
import { infoOf, startRedis } from './redis.mjs'
import { newSession, newSubject } from './sessions.mjs'

/** What one of each thing costs Redis: commands, bytes in and out, and CPU of the script. */

const FAMILY = { family: true }

/** Every verb that a request may cause, as something to be done to one session that is fresh. */
const VERBS = {
  'read (no near cache, or not in it)': (store, { id }) => store.read(id),
  'mark as seen (once a minute)': (store, { id }) => store.change(id, { seen: true }),
  'write one value of 20 bytes': (store, { id }) =>
    store.change(id, { set: new Map([['n', '"12345678901234567"']]) }),
  'refresh (rotation)': (store, session) =>
    store.rotate(session.id, {
      seedDigest: session.family.seedDigest,
      generation: 1,
      client: undefined,
      grace: 10_000,
      forgiveFor: 0,
      idleTimeout: undefined,
      isSeen: true,
    }),
  'sign-out': (store, { id }) => store.end(id, 'logged_out'),
  'revoke all of a person': (store, { subject }) => store.endAll(subject, 'logged_out_elsewhere'),
}

export async function measureCommands(count) {
  const redis = await startRedis({ 'hash-max-listpack-value': 1024 })
  const listeners = []
  try {
    const store = createRedisStore({ client: redis.client, lateAfter: 60_000 })
    const rows = [await measureVerb(redis.client, store, 'sign-in', count, (fresh) => fresh)]
    for (const [name, verb] of Object.entries(VERBS)) {
      rows.push(await measureVerb(redis.client, store, name, count, verb))
    }
    rows.push(await measureList(redis.client, store))
    const quiet = rows.find(({ name }) => name === 'sign-out').out
    const heard = await withListeners(redis, store, listeners, count)
    return { rows, perListener: (heard - quiet) / LISTENERS }
  } finally {
    for (const one of listeners) one.destroy()
    await redis.stop()
  }
}

const LISTENERS = 4

/** A script is sent by its digest; the first time, in full. Nothing else may happen in between. */
async function measureVerb(client, store, name, count, verb) {
  const isSignIn = name === 'sign-in'
  const sessions = Array.from({ length: count + 1 }, () => newSession(store, newSubject(), FAMILY))
  const doIt = isSignIn ? (one) => store.create(one) : (one) => verb(store, one)
  if (!isSignIn) for (const one of sessions) await store.create(one)
  await doIt(sessions.pop())
  const before = await infoOf(client)
  const calls = await callsOf(client)
  for (const one of sessions) await doIt(one)
  const after = await infoOf(client)
  const made = await callsOf(client)
  // The two readings in between are commands themselves: one of INFO each.
  const own = { in: 60, out: 0 }
  return {
    name,
    commands: (made.calls - calls.calls) / count,
    usec: (made.usec - calls.usec) / count,
    in: (after.total_net_input_bytes - before.total_net_input_bytes - own.in) / count,
    out: (after.total_net_output_bytes - before.total_net_output_bytes - calls.length) / count,
  }
}

async function callsOf(client) {
  const text = await client.info('commandstats')
  const found = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/.exec(text)
  return { calls: Number(found?.[1] ?? 0), usec: Number(found?.[2] ?? 0), length: text.length }
}

async function measureList(client, store) {
  const subject = newSubject()
  for (let at = 0; at < 60; at += 1) await store.create(newSession(store, subject, FAMILY))
  await store.list(subject, { limit: 50 })
  const before = await infoOf(client)
  const calls = await callsOf(client)
  const times = 100
  for (let at = 0; at < times; at += 1) await store.list(subject, { limit: 50 })
  const after = await infoOf(client)
  const made = await callsOf(client)
  return {
    name: 'list 50 devices',
    commands: (made.calls - calls.calls) / times,
    usec: (made.usec - calls.usec) / times,
    in: (after.total_net_input_bytes - before.total_net_input_bytes) / times,
    out: (after.total_net_output_bytes - before.total_net_output_bytes) / times,
  }
}

/** Bytes out for each sign-out while processes listen. They do not send a heartbeat here. */
async function withListeners(redis, store, listeners, count) {
  for (let at = 0; at < LISTENERS; at += 1) {
    const one = await connect(redis.url)
    listeners.push(one)
    await one.subscribe('sj:changes', () => undefined)
  }
  return (await measureVerb(redis.client, store, 'sign-out', count, VERBS['sign-out'])).out
}
