import assert from 'node:assert/strict'
import type { Store } from '../../store/store.js'
import { systemClock } from '../../system/clock.js'
import type { Chapter, ConformanceTest, Scene } from './harness.js'
import { isAmong, listen, until, withFeed } from './feed-listener.js'
import { OF_SESSIONS, OTHERS, QUIET, type News, type Quiet } from './feed-news.js'
import { changed, ended, setting, start, startMany } from './fixtures.js'

/** Somebody watches the first handle; one of them does it. */
async function hears(scene: Scene, handle: 'store' | 'other', { prepare }: News): Promise<void> {
  const act = await prepare(scene)
  await withFeed(scene, async ({ hear }) => {
    await hear(await act(scene[handle]))
  })
}

function isTold(news: News): ConformanceTest {
  return {
    title: `tells ${news.name} within a second, whoever did it`,
    async run(scene) {
      await hears(scene, 'store', news)
      await scene.elsewhere((fresh) => hears(fresh, 'other', news))
    },
  }
}

function isNotTold({ name, prepare }: Quiet): ConformanceTest {
  return {
    title: `never tells ${name}`,
    async run(scene) {
      const act = await prepare(scene)
      await withFeed(scene, async ({ told, hear }) => {
        // What was done to prepare may still be on its way.
        await hear(await mark(scene.store))
        told.length = 0
        for (const handle of [scene.store, scene.other]) {
          await act(handle)
          const marker = await mark(handle)
          await hear(marker)
          assert.deepEqual([...new Set(told.splice(0))], [marker])
        }
      })
    },
  }
}

/** Changes a session of its own, so that what was told before is known to be all. */
async function mark(store: Store): Promise<string> {
  const { id } = await start(store)
  changed(await store.change(id, setting('marker', '1')))
  return `session ${id}`
}

const more: readonly ConformanceTest[] = [
  {
    title: 'has told whatever happened as long ago as its age says',
    run: (scene) =>
      withFeed(scene, async ({ feed, told }) => {
        for (let round = 0; round < 20; round += 1) {
          const { id } = await start(scene.store)
          ended(await scene.other.end(id, 'logged_out'))
          const endedAt = systemClock.elapsed()
          const isDue = (): boolean => {
            const passed = systemClock.elapsed() - endedAt
            return feed.age() <= passed
          }
          await until(isDue, 'the age never comes down')
          assert.ok(isAmong(told, `session ${id}`), 'the feed is behind, and does not say so')
        }
      }),
  },
  {
    title: 'tells of every one of 200 sessions that end at once',
    async run(scene) {
      const { store, other } = scene
      const records = await startMany(store, 200)
      await withFeed(scene, async ({ hear }) => {
        await Promise.all(
          records.map(({ id }, index) => (index % 2 ? store : other).end(id, 'logged_out')),
        )
        await Promise.all(records.map(({ id }) => hear(`session ${id}`)))
      })
    },
  },
  {
    title: 'tells everybody who watches, until they stop',
    run: (scene) =>
      withFeed(scene, async (first) => {
        const second = await listen(first.feed)
        const both = await mark(scene.store)
        await Promise.all([first.hear(both), second.hear(both)])
        second.close()
        second.told.length = 0
        await first.hear(await mark(scene.other))
        assert.deepEqual(second.told, [])
      }),
  },
  {
    title: 'knows nothing while nobody watches',
    async run(scene) {
      assert.equal(scene.store.changes?.age() ?? Infinity, Infinity)
      await withFeed(scene, async ({ hear }) => hear(await mark(scene.store)))
      assert.equal(scene.store.changes?.age() ?? Infinity, Infinity)
      await withFeed(scene, async ({ hear }) => hear(await mark(scene.other)))
    },
  },
  {
    title: 'tells nothing of another storage',
    run: (scene) =>
      withFeed(scene, async ({ told, hear }) => {
        await scene.elsewhere(async (fresh) => {
          await fresh.store.endAll('ann', 'revoked_admin')
          await mark(fresh.store)
        })
        const marker = await mark(scene.store)
        await hear(marker)
        assert.deepEqual([...new Set(told)], [marker])
      }),
  },
]

/** What is told of changes, and what is not. Where a store has no feed, there is nothing to prove. */
export const feed: Chapter = {
  title: 'change feed',
  tests: () => [...[...OF_SESSIONS, ...OTHERS].map(isTold), ...QUIET.map(isNotTold), ...more],
}
