import assert from 'node:assert/strict'
import type { ChangeFeed, Endings } from '../../store/change-feed.js'
import type { Store } from '../../store/store.js'
import type { Chapter, ConformanceTest, Scene } from './harness.js'
import {
  assertBetween,
  DAY,
  ended,
  find,
  MARGIN,
  MINUTE,
  newId,
  reapAll,
  start,
  startMany,
} from './fixtures.js'
import { advanceFamily, newFamily, rotation } from './family-fixtures.js'

/** A test of a store that has a feed; where it has none, there is nothing to prove. */
function ofFeed(
  title: string,
  run: (scene: Scene, feed: ChangeFeed) => Promise<void>,
): ConformanceTest {
  return {
    title,
    run: async (scene) => (scene.store.changes ? run(scene, scene.store.changes) : undefined),
  }
}

async function nowOf(store: Store): Promise<number> {
  return (await store.read(newId(store, 'ann'))).now
}

function idsOf({ sessions }: Endings): string[] {
  return [...new Set(sessions.map(({ id }) => id))].sort()
}

const tests: readonly ConformanceTest[] = [
  ofFeed('lists the sessions that have ended, and none that live', async (scene, feed) => {
    const { store, other } = scene
    const since = await nowOf(store)
    const family = newFamily()
    const over = await start(store)
    const reused = await start(other, { family })
    const guest = await start(store, { subject: undefined })
    const evicted = await start(store, { subject: 'bob' })
    await advanceFamily(store, reused.id, family, 3)
    ended(await store.end(over.id, 'logged_out'))
    ended(await other.end(guest.id, 'logged_out'))
    assert.equal((await other.rotate(reused.id, rotation(family, 1))).status, 'reused')
    await start(other, { subject: 'bob', limit: { max: 1, whenFull: 'evict-oldest' } })
    await startMany(store, 3)
    const endings = await feed.endings(since)
    const expected = [over, reused, guest, evicted].map(({ id }) => id).sort()
    assert.deepEqual(idsOf(endings), expected)
    assert.deepEqual(endings.subjects, [])
    assert.ok(endings.since <= since, 'the answer is not complete')
    for (const { endedAt } of endings.sessions) {
      assertBetween(endedAt, since, endings.now, 'endedAt')
    }
  }),
  ofFeed('lists from an instant on, so that its own instant is the next', async (scene, feed) => {
    const { store, other, advance } = scene
    const first = await start(store)
    const second = await start(store)
    const since = await nowOf(store)
    ended(await store.end(first.id, 'logged_out'))
    await store.endAll('bob', 'revoked_admin')
    const before = await feed.endings(since)
    assert.deepEqual(idsOf(before), [first.id])
    assert.deepEqual(
      before.subjects.map(({ subject }) => subject),
      ['bob'],
    )
    await advance(5 * MINUTE)
    ended(await other.end(second.id, 'logged_out'))
    const after = await feed.endings(before.now + MINUTE)
    assert.deepEqual(idsOf(after), [second.id])
    assert.deepEqual(after.subjects, [])
    assert.ok(idsOf(await feed.endings(before.now)).includes(second.id))
  }),
  ofFeed('lists subjects whose epoch was raised, and the session spared', async (scene, feed) => {
    const { store, other } = scene
    const since = await nowOf(store)
    const [kept] = await startMany(store, 3)
    await startMany(store, 2, { subject: 'bob' })
    await startMany(store, 2, { subject: 'eve' })
    await store.endAll('ann', 'logged_out_elsewhere', kept?.id)
    await other.endAll('bob', 'revoked_admin')
    await store.changeSubject('eve', { isDisabled: true })
    await store.changeSubject('dan', { set: new Map([['role', '"x"']]) })
    const { subjects, now } = await feed.endings(since)
    for (const { endedAt } of subjects) assertBetween(endedAt, since, now, 'endedAt')
    assert.deepEqual(
      subjects
        .map(({ subject, epoch, except }) => [subject, epoch, except])
        .sort(([left], [right]) => (String(left) < String(right) ? -1 : 1)),
      [
        ['ann', 1, kept?.id],
        ['bob', 1, undefined],
        ['eve', 1, undefined],
      ],
    )
  }),
  ofFeed('tells whom the last raising of an epoch spared, and nobody else', async (scene, feed) => {
    const { store, advance } = scene
    const since = await nowOf(store)
    const first = await start(store)
    const second = await start(store)
    const theirs = await start(store, { subject: 'bob' })
    const exceptOf = async (): Promise<readonly unknown[]> =>
      (await feed.endings(since)).subjects.map(({ epoch, except }) => [epoch, except])
    await store.endAll('ann', 'logged_out_elsewhere', first.id)
    assert.deepEqual(await exceptOf(), [[1, first.id]])
    await store.changeSubject('ann', { set: new Map([['role', '"x"']]) })
    assert.deepEqual(await exceptOf(), [[1, first.id]])
    await store.endAll('ann', 'logged_out_elsewhere', first.id)
    assert.deepEqual(await exceptOf(), [[2, first.id]])
    // Neither is one that is over, nor somebody else's.
    await store.endAll('ann', 'logged_out_elsewhere', second.id)
    assert.deepEqual(await exceptOf(), [[3, undefined]])
    await store.endAll('ann', 'logged_out_elsewhere', theirs.id)
    assert.deepEqual(await exceptOf(), [[4, undefined]])
    const { record } = await find(store, (await start(store)).id)
    await store.endAll('ann', 'logged_out_elsewhere', record.id)
    assert.deepEqual(await exceptOf(), [[5, record.id]])
    await store.changeSubject('ann', { isDisabled: true })
    await advance(MINUTE)
    assert.deepEqual(await exceptOf(), [[6, undefined]])
  }),
  ofFeed('still lists a subject when its sessions have been reaped', async (scene, feed) => {
    const { store } = scene
    const since = await nowOf(store)
    await startMany(store, 20)
    await store.endAll('ann', 'password_changed')
    assert.equal((await reapAll(store, 'ann')).length, 20)
    const { subjects } = await feed.endings(since)
    assert.deepEqual(
      subjects.map(({ subject, epoch }) => [subject, epoch]),
      [['ann', 1]],
    )
  }),
  ofFeed(
    'says from when on it is complete, where it cannot look back far enough',
    async (scene, feed) => {
      const { store, advance } = scene
      const since = await nowOf(store)
      const { id } = await start(store)
      ended(await store.end(id, 'logged_out'))
      await advance(DAY / 2)
      const whole = await feed.endings(since)
      assert.ok(whole.since <= since)
      assert.deepEqual(idsOf(whole), [id])
      await advance(3 * DAY)
      const late = await feed.endings(since)
      assertBetween(late.since, since + DAY, late.now, 'since')
      assertBetween(late.now, since + 3.5 * DAY, since + 3.5 * DAY + MARGIN, 'now')
    },
  ),
]

/** What ended at an instant or later: by decision, whatever the verb. */
export const endings: Chapter = { title: 'endings', tests: () => tests }
