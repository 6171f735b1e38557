import assert from 'node:assert/strict'
import { InvalidInput } from '../../errors.js'
import type { Resting, Store, Transfer } from '../../store/store.js'
import { MALFORMED_CURSORS } from './paging.js'
import { advanceFamily, exchanged, newFamily, rotation } from './family-fixtures.js'
import { listen } from './feed-listener.js'
import type { Chapter, ConformanceTest, Scene } from './harness.js'
import {
  changed,
  dataOf,
  ended,
  find,
  HOUR,
  listIds,
  MINUTE,
  newSession,
  setting,
  start,
  startMany,
  stateOf,
} from './fixtures.js'

/** More steps than any of these takes. */
const ENDLESS = 10_000

/** Only called where the store has the verbs. */
function transferOf(store: Store): Transfer {
  assert.ok(store.transfer, 'one handle can be moved, another cannot')
  return store.transfer
}

/** All that a store gives, in steps of three. */
async function giveAll(store: Store): Promise<{ items: Resting[]; unreadable: number }> {
  const given = { items: [] as Resting[], unreadable: 0 }
  let cursor: string | undefined
  for (let step = 0; step < ENDLESS; step += 1) {
    const { items, unreadable, next } = await transferOf(store).give({ limit: 3, cursor })
    given.items.push(...items)
    given.unreadable += unreadable
    if (next === undefined) return given
    cursor = next
  }
  throw new assert.AssertionError({ message: 'the giving never ends' })
}

/** Moves everything; the answers, sorted: items come in no order. */
async function moveAll(from: Store, to: Store): Promise<string[]> {
  const answers: string[] = []
  for (const item of (await giveAll(from)).items) answers.push(await transferOf(to).take(item))
  return answers.sort()
}

/** A test that is passed by a store without the verbs: they are optional. */
function moving(title: string, run: (scene: Scene) => Promise<void>): ConformanceTest {
  return {
    title,
    run: async (scene) => (scene.store.transfer === undefined ? undefined : run(scene)),
  }
}

const tests: readonly ConformanceTest[] = [
  moving('what was moved is what it was: data, traits, digests, family, end', async (scene) => {
    const { store } = scene
    const family = newFamily()
    const data = { 'a:{b}': '{"c":[]}', n: '-0', 'ü\r\n': '"x"' }
    const rich = await start(store, { family, data, traits: { agent: 'x\n', persistent: '1' } })
    await advanceFamily(store, rich.id, family, 3)
    const to = 'n'.repeat(43)
    const renewal = { from: rich.secretDigest, to, keepPreviousFor: MINUTE, isAuthentication: true }
    changed(await store.change(rich.id, { ...setting('b', '[1]'), seen: true, renewal }))
    const guest = await start(store, { subject: undefined, data: { cart: '["a"]' } })
    const odd = await start(store, { subject: 'a:{b}*\r\nü' })
    const leaving = await start(store)
    ended(await store.end(leaving.id, 'signed_in', { after: HOUR }))
    await scene.elsewhere(async ({ store: there, other }) => {
      await moveAll(store, there)
      for (const { id } of [rich, guest, odd, leaving]) {
        assert.deepEqual((await find(other, id)).record, (await find(store, id)).record)
      }
      assert.deepEqual(await listIds(other, 'ann'), await listIds(store, 'ann'))
      assert.deepEqual(await listIds(other, 'a:{b}*\r\nü'), [odd.id])
      exchanged(await other.rotate(rich.id, rotation(family, 3)), 'rotated')
    })
  }),
  moving('ends, epochs and disabled subjects are moved with what they hold', async (scene) => {
    const { store } = scene
    const over = await start(store)
    ended(await store.end(over.id, 'logged_out'))
    const [early, spared] = await startMany(store, 2, { subject: 'bob' })
    await store.endAll('bob', 'password_changed', spared?.id)
    const barred = await start(store, { subject: 'cid' })
    await store.changeSubject('cid', { isDisabled: true, set: new Map([['role', '"x"']]) })
    await scene.elsewhere(async ({ store: to, other }) => {
      await moveAll(store, to)
      for (const { id } of [over, early ?? over, barred]) {
        assert.equal(await stateOf(other, id), await stateOf(store, id))
      }
      for (const subject of ['bob', 'cid', 'ann']) {
        assert.deepEqual(await other.readSubject(subject), await store.readSubject(subject))
      }
      assert.deepEqual(await listIds(other, 'bob'), [spared?.id])
      const { reaped } = await other.reap('bob', 10)
      assert.deepEqual(reaped, [{ id: early?.id, reason: 'password_changed' }])
      const refused = await other.create(newSession(other, { subject: 'cid' }))
      assert.deepEqual(refused, { status: 'refused', reason: 'disabled' })
    })
  }),
  moving('all sessions of a subject that were moved end with one write', async (scene) => {
    const { store } = scene
    const moved = await startMany(store, 4)
    await scene.elsewhere(async ({ store: to, other }) => {
      await moveAll(store, to)
      const own = await start(to)
      assert.equal((await other.endAll('ann', 'revoked_admin')).count, 5)
      for (const { id } of [...moved, own]) assert.equal(await stateOf(to, id), 'revoked_admin')
    })
  }),
  moving('to move twice is to move once', async (scene) => {
    const { store } = scene
    const { id } = await start(store, { data: { a: '1' } })
    await store.changeSubject('ann', { set: new Map([['role', '"x"']]) })
    await store.writeDocument('keys', '{}', 0)
    await scene.elsewhere(async ({ store: to, countEntries }) => {
      const first = await moveAll(store, to)
      const entries = await countEntries()
      // A store may give an entry more than once (Redis does while its table grows): so the answers, not how many.
      assert.deepEqual(new Set(await moveAll(store, to)), new Set(first))
      assert.equal(await countEntries(), entries)
      assert.deepEqual((await find(to, id)).record, (await find(store, id)).record)
    })
  }),
  moving('what has changed since is moved by moving again', async (scene) => {
    const { store } = scene
    const [used, left] = await startMany(store, 2)
    assert.ok(used && left)
    await scene.elsewhere(async ({ store: to, other }) => {
      await moveAll(store, to)
      changed(await store.change(used.id, setting('a', '2')))
      ended(await store.end(left.id, 'logged_out'))
      const fresh = await start(store)
      await moveAll(store, to)
      assert.deepEqual(await dataOf(other, used.id), [['a', '2']])
      assert.equal(await stateOf(other, left.id), 'logged_out')
      assert.deepEqual(await listIds(other, 'ann'), [used.id, fresh.id].sort())
      await store.endAll('ann', 'revoked_admin')
      await moveAll(store, to)
      for (const { id } of [used, fresh]) assert.equal(await stateOf(other, id), 'revoked_admin')
      assert.deepEqual(await listIds(other, 'ann'), [])
    })
  }),
  moving('what has ended or was used later over there stays so', async (scene) => {
    const { store } = scene
    const [over, used] = await startMany(store, 2)
    const byEpoch = await start(store, { subject: 'bob' })
    const barred = await start(store, { subject: 'cid' })
    assert.ok(over && used)
    await scene.elsewhere(async ({ store: to, other }) => {
      await moveAll(store, to)
      ended(await to.end(over.id, 'logged_out'))
      changed(await to.change(used.id, setting('a', '1')))
      await to.endAll('bob', 'password_changed')
      await to.changeSubject('cid', { isDisabled: true })
      const answers = await moveAll(store, to)
      assert.deepEqual(
        ['kept', 'over'].map((word) => answers.filter((answer) => answer === word).length > 0),
        [true, true],
      )
      assert.equal(await stateOf(other, over.id), 'logged_out')
      assert.deepEqual(await dataOf(other, used.id), [['a', '1']])
      assert.equal(await stateOf(other, byEpoch.id), 'password_changed')
      assert.equal(await stateOf(other, barred.id), 'subject_disabled')
      assert.deepEqual(await listIds(other, 'bob'), [])
    })
  }),
  moving('of two epochs of a subject the higher counts, whichever side it is on', async (scene) => {
    const { store } = scene
    await store.endAll('ann', 'logged_out')
    const behind = await start(store, { subject: 'bob' })
    await scene.elsewhere(async ({ store: to, other }) => {
      await moveAll(store, to)
      const own = await start(to)
      await store.endAll('ann', 'revoked_admin')
      const fresh = await start(store)
      for (const reason of ['logged_out', 'password_changed'] as const)
        await to.endAll('bob', reason)
      await store.endAll('bob', 'revoked_admin')
      await moveAll(store, to)
      assert.equal((await other.readSubject('ann')).epoch, 2)
      assert.deepEqual(await listIds(other, 'ann'), [fresh.id])
      assert.equal(await stateOf(other, own.id), 'revoked_admin')
      const { epoch, epochReason } = await other.readSubject('bob')
      assert.deepEqual([epoch, epochReason], [2, 'password_changed'])
      assert.equal(await stateOf(other, behind.id), 'password_changed')
      assert.equal((await to.endAll('ann', 'logged_out')).count, 1)
    })
  }),
  moving('caches are told of a session that was moved anew', async (scene) => {
    const { store } = scene
    const { id } = await start(store)
    await scene.elsewhere(async ({ store: to, other }) => {
      await moveAll(store, to)
      if (other.changes === undefined) return
      const listener = await listen(other.changes)
      changed(await store.change(id, setting('a', '1')))
      await moveAll(store, to)
      await listener.hear(`session ${id}`).finally(() => listener.close())
    })
  }),
  moving(
    'of documents the later revision counts, and of two that differ that which rests',
    async (scene) => {
      const { store } = scene
      for (const name of ['a', 'b', 'c']) await store.writeDocument(name, `${name}1`, 0)
      await store.writeDocument('a', 'a2', 1)
      await scene.elsewhere(async ({ store: to, other }) => {
        await to.writeDocument('a', 'x1', 0)
        await to.writeDocument('b', 'x1', 0)
        const answers = await moveAll(store, to)
        assert.deepEqual(answers, ['kept', 'taken', 'taken'])
        assert.deepEqual(await other.readDocument('a'), { text: 'a2', revision: 2 })
        assert.deepEqual(await other.readDocument('b'), { text: 'x1', revision: 1 })
        assert.deepEqual(await other.readDocument('c'), { text: 'c1', revision: 1 })
      })
    },
  ),
  moving('refuses a malformed cursor, and a step that is none', async ({ store }) => {
    await start(store)
    for (const cursor of MALFORMED_CURSORS) {
      await assert.rejects(
        transferOf(store).give({ limit: 2, cursor }),
        (error) => error instanceof InvalidInput && error.field === 'cursor',
        JSON.stringify(cursor.slice(0, 40)),
      )
    }
    for (const limit of [0, 1.5, 1_001]) {
      await assert.rejects(transferOf(store).give({ limit }), InvalidInput)
    }
  }),
  {
    ...moving('leaves what it cannot read, and tells how much that is', async (scene) => {
      const { store, corrupt } = scene
      const broken = await start(store)
      const sound = await start(store)
      await corrupt(broken.id)
      const { items, unreadable } = await giveAll(store)
      const met = items.flatMap((item) => (item.kind === 'session' ? [item.record.id] : []))
      assert.deepEqual([met, unreadable], [[sound.id], 1])
    }),
    needs: 'corrupt',
  },
]

/** Everything can be moved to another storage of the same kind, where the store has those verbs. */
export const moves: Chapter = { title: 'transfer', tests: () => tests }
