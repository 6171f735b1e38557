import assert from 'node:assert/strict'
import { InvalidInput } from '../../errors.js'
import { endedBecause, type SessionRecord } from '../../store/record.js'
import type { Store, WalkResult } from '../../store/store.js'
import type { Chapter, ConformanceTest, Scene } from './harness.js'
import {
  assertBetween,
  changed,
  DAY,
  ended,
  find,
  HOUR,
  ids,
  inParallel,
  MARGIN,
  MINUTE,
  start,
  startMany,
  stateOf,
} from './fixtures.js'
import { MALFORMED_CURSORS } from './paging.js'

/** More steps than any of these walks takes. */
const ENDLESS = 10_000

/** One step. Only called where the store has the verb. */
async function step(store: Store, limit: number, cursor?: string): Promise<WalkResult> {
  assert.ok(store.walk, 'one handle can walk, another cannot')
  return store.walk(cursor === undefined ? { limit } : { limit, cursor })
}

/** Everything that a walk meets, each session once: stores may give one again. */
export async function walkAll(
  store: Store,
  limit: number,
  between: (round: number) => Promise<unknown> = () => Promise.resolve(),
): Promise<Map<string, SessionRecord>> {
  const met = new Map<string, SessionRecord>()
  let cursor: string | undefined
  for (let round = 0; round < ENDLESS; round += 1) {
    const { records, next } = await step(store, limit, cursor)
    for (const record of records) met.set(record.id, record)
    if (next === undefined) return met
    await between(round)
    cursor = next
  }
  throw new assert.AssertionError({ message: 'the walk never ends' })
}

async function idsMet(store: Store, limit = 100): Promise<string[]> {
  return [...(await walkAll(store, limit)).keys()].sort()
}

/** A test that is passed by a store without the verb: it is optional. */
function walking(title: string, run: (scene: Scene) => Promise<void>): ConformanceTest {
  return {
    title,
    run: async (scene) => (scene.store.walk === undefined ? undefined : run(scene)),
  }
}

const tests: readonly ConformanceTest[] = [
  walking(
    'meets every live session of everybody, with its data, whatever the length of the steps',
    async ({ store, other }) => {
      const records = [
        ...(await startMany(store, 20, { data: { a: '1' }, traits: { agent: 'x' } })),
        ...(await startMany(store, 5, { subject: 'a:{b}*\r\n' })),
        ...(await startMany(store, 5, { subject: undefined, data: { b: '{"c":[]}' } })),
      ]
      await store.changeSubject('ann', { set: new Map([['role', '"admin"']]) })
      await store.writeDocument('keys', '{}', 0)
      for (const limit of [1, 7, 30, 1_000]) {
        const met = await walkAll(other, limit)
        assert.deepEqual([...met.keys()].sort(), ids(records), `steps of ${String(limit)}`)
        for (const record of records) assert.deepEqual(met.get(record.id), record)
      }
    },
  ),
  walking('goes in steps of about the length that it is told', async ({ store }) => {
    await inParallel(300, 50, async () => {
      await start(store)
    })
    let steps = 0
    const met = await walkAll(store, 10, async () => (steps += 1))
    assert.equal(met.size, 300)
    assert.ok(steps >= 4, `${String(steps + 1)} steps of 10 for 300 sessions`)
  }),
  walking('leaves out what has ended, by decision, by time or by epoch', async (scene) => {
    const { store, other, advance } = scene
    const live = await start(store, { idleTimeout: DAY })
    const over = await start(store)
    await start(store, { idleTimeout: MINUTE })
    await start(store, { subject: undefined, absoluteTimeout: MINUTE })
    const leaving = await start(store, { idleTimeout: DAY })
    ended(await store.end(over.id, 'logged_out'))
    ended(await store.end(leaving.id, 'signed_in', { after: HOUR }))
    await startMany(store, 3, { subject: 'bob' })
    const spared = await start(store, { subject: 'bob' })
    await store.endAll('bob', 'revoked_admin', spared.id)
    await startMany(store, 3, { subject: 'cid' })
    await store.changeSubject('cid', { isDisabled: true })
    await startMany(store, 3, { subject: 'dan' })
    await store.changeSubject('dan', { isDisabled: true })
    await store.changeSubject('dan', { isDisabled: false })
    const anew = await start(store, { subject: 'dan' })
    await advance(MINUTE)
    assert.deepEqual(await idsMet(other), ids([live, leaving, spared, anew]))
    await advance(HOUR - MINUTE)
    assert.deepEqual(await idsMet(other), [live.id])
  }),
  walking('goes by the new idle time of a session that was given one', async (scene) => {
    const { store, other, advance } = scene
    const shorter = await start(store, { idleTimeout: HOUR })
    const longer = await start(store, { idleTimeout: MINUTE })
    changed(await store.change(shorter.id, { seen: true, idleTimeout: MINUTE }))
    changed(await store.change(longer.id, { seen: true, idleTimeout: HOUR }))
    await advance(2 * MINUTE)
    assert.deepEqual(await idsMet(other), [longer.id])
  }),
  walking('meets whoever lives throughout, while others start and end', async (scene) => {
    const { store, other } = scene
    const leave = await startMany(store, 40, { subject: 'bob' })
    const stay = await startMany(store, 40)
    const met = await walkAll(other, 5, async (round) => {
      const leaver = leave[round]
      if (leaver !== undefined) await store.end(leaver.id, 'logged_out')
      if (round < 100) await start(store, { subject: 'cid' })
    })
    for (const { id } of stay) assert.ok(met.has(id), 'a session that lived throughout was missed')
  }),
  walking('tells the store’s instant, at which all that it gives is live', async (scene) => {
    const { store, other, advance } = scene
    const { id } = await start(store)
    const before = await find(store, id)
    await advance(10 * MINUTE)
    const { records, now } = await step(other, 1_000)
    assertBetween(now, before.now + 10 * MINUTE, before.now + 10 * MINUTE + MARGIN, 'now')
    const subject = await store.readSubject('ann')
    for (const record of records) assert.equal(endedBecause(record, subject, now), undefined)
  }),
  walking('comes to an end where there is nothing', async ({ store }) => {
    assert.deepEqual(await idsMet(store), [])
    const { now } = await step(store, 10)
    assert.ok(Number.isSafeInteger(now) && now > 0, `now is ${String(now)}`)
  }),
  walking('changes nothing: who was met was not seen, who is over is not told', async (scene) => {
    const { store, advance } = scene
    const record = await start(store, { data: { a: '1' } })
    const over = await start(store, { idleTimeout: MINUTE })
    await advance(10 * MINUTE)
    await walkAll(store, 10)
    assert.deepEqual((await find(store, record.id)).record, record)
    assert.equal(await stateOf(store, over.id), 'expired_idle')
    const { reaped } = await store.reap('ann', 10)
    assert.deepEqual(reaped, [{ id: over.id, reason: 'expired_idle' }])
  }),
  walking('refuses a malformed cursor of a walk by its name', async ({ store }) => {
    await startMany(store, 30)
    const { next } = await step(store, 1)
    assert.ok(next !== undefined, 'a step of 1 met 30 sessions')
    for (const cursor of [...MALFORMED_CURSORS, `${next}!`, `!${next}`]) {
      await assert.rejects(
        step(store, 2, cursor),
        (error) => error instanceof InvalidInput && error.field === 'cursor',
        JSON.stringify(cursor.slice(0, 40)),
      )
    }
  }),
  walking('refuses a step of a length that is none', async ({ store }) => {
    await start(store)
    for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1_001]) {
      await assert.rejects(
        step(store, limit),
        (error) => error instanceof InvalidInput && error.field === 'limit',
        String(limit),
      )
    }
    assert.equal((await walkAll(store, 1_000)).size, 1)
  }),
  {
    ...walking('passes over a record that cannot be read', async ({ store, corrupt }) => {
      const broken = await start(store)
      const sound = await start(store)
      await corrupt(broken.id)
      assert.deepEqual(await idsMet(store), [sound.id])
      assert.equal((await store.read(broken.id)).status, 'corrupt')
    }),
    needs: 'corrupt',
  },
]

/** A walk goes over all live sessions, where the store has that verb. */
export const walks: Chapter = { title: 'walk', tests: () => tests }
