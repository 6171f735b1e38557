/** Synchronizer tokens whose secret rests in the session's record, on a real Redis that two processes share. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRedisStore } from '../../../src/store/redis/index.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { connectNodeRedis } from '../../store/redis/harness.js'
import { FORM, outcomeOf, stage, type Stage, type Visitor } from './support.js'

const KEPT = '~kept.csrf'
const FOREIGN = 'csrf_invalid: token_of_another_session'

let redis: RedisServer
const open: { close(): Promise<void> }[] = []
beforeAll(async () => {
  redis = await startRedis()
}, 60_000)
afterAll(async () => {
  for (const one of open.splice(0)) await one.close()
  await redis.stop()
})

/** One process, with connections of its own and a near cache that believes what it has seen. */
async function process(): Promise<Stage> {
  const { client, close } = await connectNodeRedis(redis.port)
  const store = createRedisStore({ client })
  const variants = { record: { mode: 'record', tokens: 'always' } } as const
  const one = await stage(variants, { store, cache: { maxStaleness: '10s' } })
  open.push(one, { close })
  return one
}

async function send(
  the: Stage,
  who: Visitor,
  { method = 'POST', header, field }: { method?: string; header?: string; field?: string },
): Promise<string> {
  const answer = await who.send('/record/do', {
    method,
    headers: {
      'sec-fetch-site': 'same-origin',
      'content-type': FORM,
      ...(header === undefined ? {} : { 'x-csrf-token': header }),
    },
    ...(field === undefined ? {} : { body: `_csrf=${field}` }),
  })
  return outcomeOf(answer, the.told)
}

/** The keys of the records that hold such a secret. */
async function holders(): Promise<string[]> {
  const keys = (await redis.cli('--scan', '--pattern', '*s{*')).split('\n')
  const found: string[] = []
  for (const key of keys) {
    const fields = await redis.cli('hkeys', key).catch(() => '')
    if (fields.includes(KEPT)) found.push(key)
  }
  return found
}

it('S0-09: tokens rest on a secret in the Redis record, and every unsafe method needs one', async () => {
  const [here, there] = [await process(), await process()]
  const ada = await here.client().signIn()
  const elsewhere = there.client()
  for (const [name, value] of ada.jar) elsewhere.jar.set(name, value)
  // The other process has seen the record before it held a secret, and its near cache believes that.
  expect(await send(there, elsewhere, { header: 'x'.repeat(44) })).toBe(FOREIGN)
  expect(await holders()).toEqual([])
  const tabs = await Promise.all(Array.from({ length: 5 }, () => ada.token('record')))
  const [key = '', ...others] = await holders()
  expect([key === '', ...others], 'one record').toEqual([false])
  expect(await redis.cli('hgetall', key)).not.toContain(tabs[0])

  for (const token of tabs) {
    expect(await send(here, ada, { header: token })).toBe('done')
    expect(await send(there, elsewhere, { field: token })).toBe('done')
  }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    expect([method, await send(here, ada, { method })]).toEqual([
      method,
      'csrf_invalid: token_missing',
    ])
    expect([method, await send(here, ada, { method, header: tabs[1] ?? '' })]).toEqual([
      method,
      'done',
    ])
  }
  expect(await send(here, ada, { method: 'GET' })).toBe('done')
  const bob = await here.client().signIn('bob')
  expect(await send(here, bob, { header: tabs[0] ?? '' })).toBe(FOREIGN)

  // It is the record that counts: without the secret in it no token is good any more.
  const field = (await redis.cli('hkeys', key)).split('\n').find((one) => one.includes(KEPT)) ?? ''
  await redis.cli('hdel', key, field)
  const fresh = await process()
  const later = fresh.client()
  for (const [name, value] of ada.jar) later.jar.set(name, value)
  expect(await send(fresh, later, { header: tabs[0] ?? '' })).toBe(FOREIGN)
})
