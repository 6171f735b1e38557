import { describe, expect, it } from 'vitest'
import type { NewFamily, Rotation, Store } from '../../../src/store/store.js'
import { driver, inPlace, start } from './support.js'

const NORMAL = 1
const FULL = 2

/** SQLite as it is, asked before each commit how it is going to sync it. */
function createWatch() {
  const commits: number[] = []
  class DatabaseSync extends driver.DatabaseSync {
    override exec(sql: string): void {
      if (sql === 'COMMIT') {
        const row = this.prepare('PRAGMA synchronous').get() as { synchronous: number }
        commits.push(row.synchronous)
      }
      super.exec(sql)
    }
  }
  return { commits, driver: { DatabaseSync } }
}

/** How the one commit of `verb` was synced. */
async function commitOf(verb: (store: Store, id: string) => Promise<unknown>): Promise<number[]> {
  let commits: number[] = []
  await inPlace(async (place) => {
    const watch = createWatch()
    const store = await place.open({ driver: watch.driver })
    const id = await start(store, { secretDigest: 'first', family: newFamily() })
    // The one before was the other way round, so that a level which is never switched is noticed.
    await store.change(id, { seen: true })
    const before = watch.commits.length
    await verb(store, id)
    commits = watch.commits.slice(before)
  })
  return commits
}

const newFamily = (): NewFamily => ({ seedDigest: 'seed', lifetime: 86_400_000 })

const rotation = (generation: number): Rotation => ({
  seedDigest: 'seed',
  generation,
  client: undefined,
  grace: 10_000,
  forgiveFor: 0,
  idleTimeout: undefined,
  isSeen: true,
})

const renewal = { from: 'first', to: 'second', keepPreviousFor: 0, isAuthentication: false }

describe('what a power cut must not take back is synced to the disk', () => {
  it.each<[string, (store: Store, id: string) => Promise<unknown>]>([
    ['create', (store) => start(store)],
    ['end', (store, id) => store.end(id, 'logged_out')],
    ['end put off', (store, id) => store.end(id, 'signed_in', { after: 1_000 })],
    ['endAll', (store) => store.endAll('ann', 'revoked_admin')],
    ['changeSubject', (store) => store.changeSubject('ann', { isDisabled: true })],
    ['a renewal', (store, id) => store.change(id, { renewal })],
    ['forgetting the previous secret', (store, id) => store.change(id, { forgetPrevious: true })],
    ['an authentication', (store, id) => store.change(id, { isAuthentication: true })],
    ['a new family', (store, id) => store.change(id, { family: newFamily() })],
    ['a presented token', (store, id) => store.change(id, { presentedGeneration: 1 })],
    ['a rotation', (store, id) => store.rotate(id, rotation(1))],
    ['a reuse', (store, id) => store.rotate(id, rotation(0))],
    ['a document', (store) => store.writeDocument('keys', 'a', 0)],
    ['traits', (store, id) => store.change(id, { traits: { confirmation: 'x' } })],
  ])('%s', async (_, verb) => {
    expect(await commitOf(verb)).toEqual([FULL])
  })
})

describe('what costs too much to sync each time is not', () => {
  it.each<[string, (store: Store, id: string) => Promise<unknown>]>([
    ['a touch', (store, id) => store.change(id, { seen: true })],
    ['a patch of the data', (store, id) => store.change(id, { set: new Map([['a', '1']]) })],
    ['an increment', (store, id) => store.change(id, { increment: new Map([['n', 1]]) })],
    ['reap', (store) => store.reap('ann', 10)],
  ])('%s', async (_, verb) => {
    expect(await commitOf(verb)).toEqual([NORMAL])
  })
})

describe('writes of one turn of the event loop', () => {
  it('share one commit, which is synced where one of them asks for it', () =>
    inPlace(async (place) => {
      const watch = createWatch()
      const store = await place.open({ driver: watch.driver })
      const ids = await Promise.all(Array.from({ length: 10 }, () => start(store)))
      const before = watch.commits.length
      const [first = '', ...others] = ids
      await Promise.all([
        ...others.map((id) => store.change(id, { seen: true })),
        store.end(first, 'logged_out'),
      ])
      expect(watch.commits.slice(before)).toEqual([FULL])
    }))
})
