import assert from 'node:assert/strict'
import type { Store } from '../../store/store.js'
import { randomToken } from '../../system/random.js'
import type { Scene } from './harness.js'
import { changed, ended, HOUR, MINUTE, setting, start } from './fixtures.js'
import { advanceFamily, newFamily, rotation } from './family-fixtures.js'

/** Something that is told: what comes before it, and then the one verb, with what has to be told of it. */
export interface News {
  readonly name: string
  prepare(scene: Scene): Promise<(store: Store) => Promise<string>>
}

/** A change of a session that has some data and a family. */
function aChange(name: string, change: Parameters<Store['change']>[1]): News {
  return {
    name,
    async prepare({ store, advance }) {
      const { id } = await start(store, { data: { a: '1', n: '1' }, family: newFamily() })
      await advance(MINUTE)
      return async (handle) => {
        changed(await handle.change(id, change))
        return `session ${id}`
      }
    },
  }
}

function renewalOf(from: string): Parameters<Store['change']>[1] {
  return { renewal: { from, to: randomToken(32), keepPreviousFor: HOUR, isAuthentication: false } }
}

/** Told as their session. */
export const OF_SESSIONS: readonly News[] = [
  aChange('a written key', setting('a', '2')),
  aChange('a deleted key', { delete: ['a'] }),
  aChange('an increment', { increment: new Map([['n', 1]]), seen: true }),
  aChange('a new idle time', { seen: true, idleTimeout: 2 * HOUR }),
  aChange('traits', { traits: { agent: 'b' } }),
  aChange('an authentication', { isAuthentication: true, seen: true }),
  aChange('another family', { family: newFamily() }),
  {
    name: 'a renewed secret',
    async prepare({ store }) {
      const { id, secretDigest } = await start(store)
      return async (handle) => {
        changed(await handle.change(id, renewalOf(secretDigest)))
        return `session ${id}`
      }
    },
  },
  {
    name: 'a forgotten secret',
    async prepare({ store }) {
      const { id, secretDigest } = await start(store)
      changed(await store.change(id, renewalOf(secretDigest)))
      return async (handle) => {
        changed(await handle.change(id, { forgetPrevious: true, seen: true }))
        return `session ${id}`
      }
    },
  },
  ...[0, MINUTE].map((after): News => ({
    name: after === 0 ? 'an end' : 'an end put off',
    async prepare({ store }) {
      const { id } = await start(store)
      return async (handle) => {
        ended(await handle.end(id, 'logged_out', { after }))
        return `session ${id}`
      }
    },
  })),
  {
    name: 'a reuse',
    async prepare({ store }) {
      const family = newFamily()
      const { id } = await start(store, { family })
      await advanceFamily(store, id, family, 3)
      return async (handle) => {
        assert.equal((await handle.rotate(id, rotation(family, 1))).status, 'reused')
        return `session ${id}`
      }
    },
  },
  {
    name: 'an eviction',
    async prepare({ store }) {
      const { id } = await start(store, { subject: 'bob' })
      return async (handle) => {
        await start(handle, { subject: 'bob', limit: { max: 1, whenFull: 'evict-oldest' } })
        return `session ${id}`
      }
    },
  },
]

/** Told as their subject, or as a document. */
export const OTHERS: readonly News[] = [
  {
    name: 'endAll',
    async prepare({ store }) {
      await start(store)
      return async (handle) => {
        await handle.endAll('ann', 'revoked_admin')
        return 'subject ann'
      }
    },
  },
  {
    name: 'endAll but for one',
    async prepare({ store }) {
      const { id } = await start(store)
      return async (handle) => {
        await handle.endAll('ann', 'revoked_admin', id)
        return 'subject ann'
      }
    },
  },
  ...[{ isDisabled: true }, setting('role', '"admin"'), { delete: ['role'] }].map(
    (change, index): News => ({
      name: ['a disabled subject', 'a written attribute', 'a deleted attribute'][index] ?? '',
      async prepare({ store }) {
        await store.changeSubject('ann', setting('role', '"x"'))
        return async (handle) => {
          await handle.changeSubject('ann', change)
          return 'subject ann'
        }
      },
    }),
  ),
  {
    name: 'a document',
    async prepare({ store }) {
      await store.writeDocument('keys', 'a', 0)
      return async (handle) => {
        assert.ok(await handle.writeDocument('keys', 'b', 1))
        return 'document keys'
      }
    },
  },
]

/** Something that changes nothing of what is told: what comes before it, and then what is done. */
export interface Quiet {
  readonly name: string
  prepare(scene: Scene): Promise<(store: Store) => Promise<unknown>>
}

/** Told not at all. */
export const QUIET: readonly Quiet[] = [
  {
    name: 'a session that was seen',
    async prepare({ store }) {
      const { id } = await start(store, { data: { a: '1' }, family: newFamily() })
      return async (handle) => changed(await handle.change(id, { seen: true }))
    },
  },
  {
    name: 'a session that was seen, with the idle time that it has',
    async prepare({ store }) {
      const { id, idleTimeout } = await start(store, { data: { a: '1' } })
      return async (handle) => changed(await handle.change(id, { seen: true, idleTimeout }))
    },
  },
  {
    name: 'what is read',
    async prepare({ store }) {
      const { id } = await start(store)
      await store.writeDocument('keys', 'a', 0)
      return async (handle) => {
        await handle.read(id)
        await handle.list('ann', { limit: 10 })
        await handle.readSubject('ann')
        await handle.readDocument('keys')
      }
    },
  },
  {
    name: 'a change that is not made',
    async prepare({ store }) {
      const { id } = await start(store, { data: { a: '1' } })
      const over = await start(store)
      ended(await store.end(over.id, 'logged_out'))
      await store.writeDocument('keys', 'a', 0)
      return async (handle) => {
        const expect = new Map([['a', 7]])
        assert.equal((await handle.change(id, { ...setting('a', '2'), expect })).status, 'conflict')
        assert.equal((await handle.change(id, renewalOf('another'))).status, 'superseded')
        assert.equal((await handle.change(over.id, setting('a', '2'))).status, 'gone')
        assert.equal((await handle.end(over.id, 'logged_out')).status, 'gone')
        assert.equal(await handle.writeDocument('keys', 'b', 7), undefined)
      }
    },
  },
  {
    name: 'a token that is not exchanged',
    async prepare({ store }) {
      const family = newFamily()
      const { id } = await start(store, { family })
      await advanceFamily(store, id, family, 3)
      return async (handle) => {
        assert.equal((await handle.rotate(id, rotation(family, 2))).status, 'replayed')
        assert.equal((await handle.rotate(id, rotation(family, 9))).status, 'refused')
        assert.equal((await handle.rotate(id, rotation(newFamily(), 1))).status, 'refused')
      }
    },
  },
]
