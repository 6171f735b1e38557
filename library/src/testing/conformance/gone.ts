import assert from 'node:assert/strict'
import type { EndReason } from '../../store/end-reason.js'
import type { Change, Store } from '../../store/store.js'
import { randomToken } from '../../system/random.js'
import type { Chapter, ConformanceTest, Scene } from './harness.js'
import {
  DAY,
  ended,
  gone,
  HOUR,
  listIds,
  MINUTE,
  newId,
  reapAll,
  setting,
  start,
  stateOf,
} from './fixtures.js'
import { newFamily, rotation } from './family-fixtures.js'

/** How a session comes to be over, and the reason that has to be told (`undefined`: none is known). */
interface WayOut {
  readonly name: string
  readonly reason: EndReason | undefined
  leave(scene: Scene): Promise<string>
}

/** Every session that is over had one: the tokens are the right ones. */
const family = newFamily()

const WAYS_OUT: readonly WayOut[] = [
  { name: 'never existed', reason: undefined, leave: async ({ store }) => newId(store, 'ann') },
  {
    name: 'was ended',
    reason: 'logged_out',
    async leave({ store }) {
      const { id } = await start(store, { family })
      ended(await store.end(id, 'logged_out'))
      return id
    },
  },
  {
    name: 'was ended, and its tombstone is over',
    reason: undefined,
    async leave({ store, advance }) {
      const { id } = await start(store, { family })
      ended(await store.end(id, 'logged_out'))
      await advance(2 * DAY)
      return id
    },
  },
  {
    name: 'expired',
    reason: 'expired_idle',
    async leave({ store, advance }) {
      const { id } = await start(store, { family })
      await advance(HOUR)
      return id
    },
  },
  {
    name: 'expired and has lingered',
    reason: undefined,
    async leave({ store, advance }) {
      const { id } = await start(store, { family })
      await advance(3 * HOUR)
      return id
    },
  },
  {
    name: 'expired and was reaped',
    reason: 'expired_absolute',
    async leave({ store, advance }) {
      const { id } = await start(store, { family, absoluteTimeout: MINUTE })
      await advance(MINUTE)
      await reapAll(store, 'ann')
      return id
    },
  },
  {
    name: 'ended with all others',
    reason: 'password_changed',
    async leave({ store }) {
      const { id } = await start(store, { family })
      await store.endAll('ann', 'password_changed')
      return id
    },
  },
  {
    name: 'ended with all others, and was reaped',
    reason: 'password_changed',
    async leave({ store }) {
      const { id } = await start(store, { family })
      await store.endAll('ann', 'password_changed')
      await reapAll(store, 'ann')
      return id
    },
  },
  {
    name: 'was evicted',
    reason: 'evicted_limit',
    async leave({ store }) {
      const { id } = await start(store, { family })
      const limit = { max: 1, whenFull: 'evict-oldest' } as const
      const { id: next } = await start(store, { limit })
      ended(await store.end(next, 'logged_out'))
      return id
    },
  },
  {
    name: 'belongs to a disabled subject',
    reason: 'subject_disabled',
    async leave({ store }) {
      const { id } = await start(store, { family })
      await store.changeSubject('ann', { isDisabled: true })
      return id
    },
  },
]

const CHANGES: readonly Change[] = [
  {},
  { seen: true },
  { seen: true, idleTimeout: DAY },
  setting('a', '1'),
  { delete: ['a'] },
  { increment: new Map([['n', 1]]) },
  { traits: { methods: 'pwd', agent: null } },
  { forgetPrevious: true },
  { family: newFamily() },
  { isAuthentication: true, presentedGeneration: 1 },
  { expect: new Map([['a', 0]]), set: new Map([['a', '1']]), baseRevision: 0, seen: true },
  { expect: new Map([['a', 99]]) },
  {
    seen: true,
    renewal: {
      from: 'x'.repeat(43),
      to: 'y'.repeat(43),
      keepPreviousFor: 1,
      isAuthentication: true,
    },
  },
]

/** All that a reader could see of the session and its subject, but for the present instant. */
async function view(store: Store, id: string): Promise<unknown> {
  const { now: _, ...read } = await store.read(id)
  return { read, list: await listIds(store, 'ann'), subject: await store.readSubject('ann') }
}

function assertGone(result: Parameters<typeof gone>[0], { reason }: WayOut): void {
  const { ending } = gone(result)
  assert.equal(ending?.reason, reason)
  if (ending !== undefined) assert.equal(ending.subject, 'ann')
}

function test(way: WayOut): ConformanceTest {
  return {
    title: `behaviour 2c: no verb writes to a session that ${way.name}; all say gone`,
    async run(scene) {
      const { store, other } = scene
      const id = await way.leave(scene)
      const before = await view(store, id)
      for (const change of CHANGES) {
        assertGone(await store.change(id, change), way)
        assertGone(await other.change(id, change), way)
      }
      for (const generation of [0, 1, 2, 3]) {
        const shown = rotation(family, generation, { isSeen: true })
        assertGone(await store.rotate(id, shown), way)
        assertGone(await other.rotate(id, shown), way)
      }
      for (const after of [undefined, 0, DAY]) {
        const options = after === undefined ? {} : { after }
        assertGone(await other.end(id, 'key_retired', options), way)
      }
      assert.deepEqual(await view(store, id), before)
      assert.deepEqual(await listIds(store, 'ann'), [])
    },
  }
}

const more: readonly ConformanceTest[] = [
  {
    title: 'behaviour 2c: a renewal with the right digest does not bring an ended session back',
    async run({ store }) {
      const record = await start(store)
      ended(await store.end(record.id, 'logged_out'))
      const renewal = {
        from: record.secretDigest,
        to: randomToken(32),
        keepPreviousFor: MINUTE,
        isAuthentication: true,
      }
      gone(await store.change(record.id, { renewal, seen: true, ...setting('a', '1') }))
      assert.equal(await stateOf(store, record.id), 'logged_out')
    },
  },
  {
    title: 'being seen does not revive a session that has expired but still lingers',
    async run({ store, other, advance }) {
      const { id } = await start(store)
      await advance(HOUR)
      gone(await store.change(id, { seen: true }))
      gone(await other.change(id, { seen: true }))
      assert.equal(await stateOf(store, id), 'expired_idle')
      assert.deepEqual(await reapAll(store, 'ann'), [{ id, reason: 'expired_idle' }])
    },
  },
  {
    title: 'endAll does not revive the session it is to spare, where that is over already',
    async run({ store, advance }) {
      const over = await start(store)
      const idle = await start(store, { idleTimeout: MINUTE })
      const live = await start(store)
      ended(await store.end(over.id, 'logged_out'))
      await advance(MINUTE)
      for (const except of [over.id, idle.id, newId(store, 'ann')]) {
        await store.endAll('ann', 'revoked_admin', except)
      }
      assert.equal(await stateOf(store, over.id), 'logged_out')
      assert.notEqual(await stateOf(store, idle.id), 'live')
      assert.equal(await stateOf(store, live.id), 'revoked_admin')
      assert.deepEqual(await listIds(store, 'ann'), [])
    },
  },
]

/** Only `create` creates (sentence 1 of the contract). */
export const goneForGood: Chapter = {
  title: 'gone',
  tests: () => [...WAYS_OUT.map(test), ...more],
}
