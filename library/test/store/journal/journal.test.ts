import { afterEach, describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../../src/errors.js'
import type { ChangeWatcher } from '../../../src/store/change-feed.js'
import { createJournal, type Journal, type JournalOptions } from '../../../src/store/journal.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { NotDurable } from '../../../src/store/not-durable.js'
import { MINUTE, openForgetful, ownedBy, sessionOf, tokenOf, type Forgetful } from './support.js'

interface Scene extends Forgetful {
  readonly journal: Journal
  readonly told: unknown[]
}

const open: Scene[] = []

function scene(options: JournalOptions = {}): Scene {
  const forgetful = openForgetful()
  const told: unknown[] = []
  const journal = createJournal(forgetful.store, {
    clock: forgetful.clock,
    onRollback: (entries) => told.push({ rollback: entries }),
    onReset: () => told.push('reset'),
    onEnded: (id, subject, reason) => told.push({ id, subject, reason }),
    onAllEnded: (subject, reason, count) => told.push({ subject, reason, count }),
    ...options,
  })
  const opened = { ...forgetful, journal, told }
  open.push(opened)
  return opened
}

afterEach(async () => {
  for (const { journal } of open.splice(0)) await journal.store.close()
})

/** Until the journal is re-applied. */
async function restored({ journal }: Scene): Promise<void> {
  await expect.poll(() => journal.stats().isRestoring).toBe(false)
}

const away = (): Error => new StoreUnavailable('away')

describe('a store that does not forget', () => {
  it('is left as it is', async () => {
    const store = createMemoryStore()
    const journal = createJournal(store)
    expect(journal.store).toBe(store)
    await journal.verify()
    expect(journal.stats()).toMatchObject({ sessions: 0, isRestoring: false })
  })
})

describe('a session that was ended before the store went back in time', () => {
  it('is refused by every verb, and ended again', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(sessionOf('a'))
    at.cut()
    await store.end('AA.a', 'logged_out')
    at.failOver()
    expect((await at.store.read('AA.a')).status).toBe('found')

    const answer = await store.read('AA.a')
    expect(answer).toMatchObject({ status: 'ended', ending: { reason: 'logged_out' } })
    expect(await store.change('AA.a', { seen: true })).toMatchObject({ status: 'gone' })
    expect(await store.rotate('AA.a', tokenOf(1))).toMatchObject({ status: 'gone' })
    await restored(at)
    expect(await at.store.read('AA.a')).toMatchObject({ ending: { reason: 'logged_out' } })
    expect(at.told).toEqual([{ rollback: { sessions: 1, subjects: 0 } }])
    expect(at.journal.stats()).toMatchObject({ rollbacks: 1, restored: 1 })
  })

  it('is not told of twice', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(sessionOf('a'))
    at.cut()
    await store.end('AA.a', 'logged_out')
    at.failOver()
    const again = await store.end('AA.a', 'revoked_admin')
    expect(again).toMatchObject({ status: 'gone', ending: { reason: 'logged_out' } })
  })

  it('is no rollback where the answer was under way as it ended', async () => {
    const at = scene()
    let arrive = (): void => undefined
    const underWay = new Promise<void>((resolve) => (arrive = resolve))
    const slow = new Proxy(at.store, {
      get: (target, name) =>
        name === 'read'
          ? async (id: string) => target.read(id).finally(() => underWay)
          : (Reflect.get(target, name) as unknown),
    })
    const journal = createJournal(slow, { clock: at.clock })
    const { store } = journal
    await store.create(sessionOf('a'))
    const reading = store.read('AA.a')
    await store.end('AA.a', 'logged_out')
    arrive()
    expect((await reading).status).toBe('ended')
    expect(journal.stats().rollbacks).toBe(0)
    await store.close()
  })

  it('stays in use for as long as it was given', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(sessionOf('a'))
    at.cut()
    await store.end('AA.a', 'signed_in', { after: 30_000 })
    at.failOver()
    expect((await store.read('AA.a')).status).toBe('found')
    at.clock.advance(30_001)
    expect(await store.read('AA.a')).toMatchObject({ ending: { reason: 'signed_in' } })
  })

  it('is remembered where it was evicted, or ended for a spent token', async () => {
    const at = scene()
    const { store } = at.journal
    const limit = { max: 1, whenFull: 'evict-oldest' } as const
    const first = ownedBy(store, 'ann', 'first')
    const family = { seedDigest: 'seed', lifetime: 600 * MINUTE }
    await store.create(first)
    await store.create(sessionOf('family', { family }))
    await store.rotate('AA.family', tokenOf(1))
    at.cut()
    await store.create(ownedBy(store, 'ann', 'second', { limit }))
    at.clock.advance(10_001)
    expect((await store.rotate('AA.family', tokenOf(1))).status).toBe('reused')
    at.failOver()
    expect(await store.read(first.id)).toMatchObject({ ending: { reason: 'evicted_limit' } })
    expect(await store.read('AA.family')).toMatchObject({ ending: { reason: 'refresh_reuse' } })
  })
})

describe('a session of which it was heard that somebody else ended it', () => {
  /** The store of a scene, with a feed that tells what the test says. */
  function listening(at: Scene) {
    const watchers: ChangeWatcher[] = []
    const changes = {
      watch(watcher: ChangeWatcher) {
        watchers.push(watcher)
        return { close: () => undefined }
      },
    }
    const store = new Proxy(at.store, {
      get: (target, name) =>
        name === 'changes' ? changes : (Reflect.get(target, name) as unknown),
    })
    const journal = createJournal(store, { clock: at.clock })
    open.push({ ...at, journal })
    return { store: journal.store, tell: (id: string) => watchers[0]?.onEnded?.(id) }
  }

  it('is over for the reason that the store knows', async () => {
    const at = scene()
    const { store, tell } = listening(at)
    await store.create(sessionOf('a'))
    await at.store.end('AA.a', 'refresh_reuse')
    tell('AA.a')
    const gone = { status: 'gone', ending: { reason: 'refresh_reuse' } }
    expect(await store.change('AA.a', { seen: true })).toMatchObject(gone)
    expect(await store.rotate('AA.a', tokenOf(1))).toMatchObject(gone)
  })

  it('is over for a reason that nobody knows, where the store forgot it', async () => {
    const at = scene()
    const { store, tell } = listening(at)
    await store.create(sessionOf('a'))
    at.cut()
    await at.store.end('AA.a', 'refresh_reuse')
    tell('AA.a')
    at.failOver()
    const gone = { status: 'gone', ending: { reason: 'unknown' } }
    expect(await store.change('AA.a', { seen: true })).toMatchObject(gone)
    await expect.poll(() => at.store.read('AA.a')).toMatchObject({ status: 'ended' })
  })
})

describe('a session that was to be replaced, in vain', () => {
  it('is as good as before', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(sessionOf('a'))
    at.faults.set('end', away)
    await expect(store.end('AA.a', 'replaced')).rejects.toThrow(StoreUnavailable)
    at.faults.clear()
    expect((await store.read('AA.a')).status).toBe('found')
    expect(at.journal.stats().pending).toBe(0)
  })
})

describe('all sessions of a subject', () => {
  it('stay ended, but for the one that was spared', async () => {
    const at = scene()
    const { store } = at.journal
    const [one, two, spared] = ['one', 'two', 'spared'].map((id) => ownedBy(store, 'ann', id))
    for (const session of [one, two, spared]) if (session) await store.create(session)
    at.cut()
    await store.endAll('ann', 'password_changed', one?.id)
    await store.endAll('ann', 'password_changed', spared?.id)
    at.failOver()
    expect(await store.read(one?.id ?? '')).toMatchObject({
      status: 'ended',
      ending: { reason: 'password_changed' },
    })
    at.faults.set('readSubject', away)
    expect((await store.list('ann', { limit: 10 })).records.map(({ id }) => id)).toEqual([
      spared?.id,
    ])
    at.faults.clear()
    await expect.poll(() => at.journal.stats().isRestoring, { timeout: 3_000 }).toBe(false)
    expect((await at.store.readSubject('ann')).epoch).toBe(2)
    expect((await store.read(spared?.id ?? '')).status).toBe('found')
    expect((await store.list('ann', { limit: 10 })).records.map(({ id }) => id)).toEqual([
      spared?.id,
    ])
  })

  it('are left out of lists before that', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(ownedBy(store, 'ann', 'one'))
    at.cut()
    await store.endAll('ann', 'password_changed')
    at.failOver()
    expect((await store.list('ann', { limit: 10 })).records).toEqual([])
    expect(at.journal.stats().rollbacks).toBe(1)
  })

  it('stay ended as the person signs in again, who then is signed in', async () => {
    const at = scene()
    const { store } = at.journal
    const old = ownedBy(store, 'ann', 'old')
    await store.create(old)
    at.cut()
    await store.endAll('ann', 'password_changed')
    await store.endAll('ann', 'password_changed')
    at.failOver()
    const fresh = ownedBy(store, 'ann', 'fresh')
    const result = await store.create(fresh)
    expect(result).toMatchObject({ status: 'created', record: { epoch: 2 } })
    await restored(at)
    expect((await store.read(fresh.id)).status).toBe('found')
    expect((await at.store.read(old.id)).status).toBe('found')
    expect((await store.read(old.id)).status).not.toBe('ended')
    const answer = await at.store.read(old.id)
    expect(answer.status === 'found' && answer.record.epoch < answer.subject.epoch).toBe(true)
  })

  it('stay ended where the subject was disabled, who stays so, too', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(ownedBy(store, 'ann', 'one'))
    at.cut()
    await store.changeSubject('ann', { isDisabled: true })
    at.failOver()
    await store.list('ann', { limit: 1 })
    await restored(at)
    expect(await at.store.readSubject('ann')).toMatchObject({ isDisabled: true, epoch: 1 })
  })
})

describe('a look at the store', () => {
  it('finds that it went back, though nobody asked for what had ended', async () => {
    const at = scene()
    const { store, verify } = at.journal
    await store.create(sessionOf('a'))
    await verify()
    at.cut()
    await store.end('AA.a', 'logged_out')
    await verify()
    at.failOver()
    await verify()
    await restored(at)
    expect(at.told).toEqual([{ rollback: { sessions: 1, subjects: 0 } }])
    expect((await at.store.read('AA.a')).status).toBe('ended')
  })

  it('finds it, though the end was the last that happened', async () => {
    const at = scene()
    const { store, verify } = at.journal
    await store.create(sessionOf('a'))
    await verify()
    await verify()
    at.cut()
    await store.end('AA.a', 'logged_out')
    at.failOver()
    await verify()
    expect(at.journal.stats().rollbacks).toBe(1)
  })

  it('finds it, though others have written since', async () => {
    const at = scene()
    const other = createJournal(at.store, { clock: at.clock })
    await at.journal.verify()
    at.cut()
    for (let beat = 0; beat < 3; beat += 1) await at.journal.verify()
    at.failOver()
    for (let beat = 0; beat < 5; beat += 1) await other.verify()
    await at.journal.verify()
    expect(at.journal.stats().rollbacks).toBe(1)
    expect(other.stats().rollbacks).toBe(0)
    await other.store.close()
  })

  it('finds nothing where all is well, however long nobody looked', async () => {
    const at = scene()
    await at.journal.verify()
    at.clock.advance(24 * 60 * MINUTE)
    await at.journal.verify()
    await at.journal.verify()
    expect(at.told).toEqual([])
  })

  it('tells an empty store from one that went back, and a restored one from both', async () => {
    const at = scene()
    const { store, verify } = at.journal
    await store.create(sessionOf('a'))
    await store.create(sessionOf('b'))
    await verify()
    at.empty()
    await verify()
    await verify()
    expect(at.told).toEqual(['reset'])
    expect((await store.read('AA.a')).status).toBe('missing')
    expect(at.journal.stats()).toMatchObject({ resets: 1, isReset: true, isRestoring: false })
    at.restore()
    await verify()
    await restored(at)
    expect(at.told).toHaveLength(2)
    expect((await store.read('AA.a')).status).toBe('found')
    expect(at.journal.stats()).toMatchObject({ rollbacks: 1, isReset: false })
  })

  it('makes what an emptied store does not know a fault, where that is wanted', async () => {
    const at = scene({ onStoreReset: 'fail' })
    const { store, verify } = at.journal
    await store.create(sessionOf('a'))
    await verify()
    expect((await store.read('AA.none')).status).toBe('missing')
    at.empty()
    await verify()
    await expect(store.read('AA.a')).rejects.toThrow(StoreUnavailable)
    await expect(store.rotate('AA.a', tokenOf(1))).rejects.toThrow(StoreUnavailable)
    expect((await store.create(sessionOf('new'))).status).toBe('created')
    expect((await store.read('AA.new')).status).toBe('found')
    at.restore()
    await verify()
    expect((await store.read('AA.none')).status).toBe('missing')
  })

  it('comes before the next answer is believed after a fault', async () => {
    const at = scene()
    const { store, verify } = at.journal
    await store.create(sessionOf('a'))
    await store.create(sessionOf('b'))
    await verify()
    at.cut()
    await store.end('AA.a', 'logged_out')
    at.faults.set('read', away)
    await expect(store.read('AA.b')).rejects.toThrow('away')
    at.faults.clear()
    at.failOver()
    expect((await store.read('AA.b')).status).toBe('found')
    // Not a journal that looks later: the other session has ended again by now.
    expect((await at.store.read('AA.a')).status).toBe('ended')
    at.calls.length = 0
    await store.read('AA.b')
    expect(at.calls).toEqual(['read'])
  })

  it('is not ready until everything is re-applied, and makes answers wait meanwhile', async () => {
    const at = scene()
    const { store, verify } = at.journal
    await store.create(sessionOf('a'))
    await store.create(sessionOf('b'))
    at.cut()
    await store.end('AA.a', 'logged_out')
    at.failOver()
    at.faults.set('end', away)
    await verify()
    await expect.poll(() => at.calls.includes('end')).toBe(true)
    expect(at.journal.stats()).toMatchObject({ isRestoring: true, restored: 0 })
    // Nothing is under way, and what has ended is known: others are let in.
    await expect.poll(async () => (await store.read('AA.b')).status).toBe('found')
    expect((await store.read('AA.a')).status).toBe('ended')
    at.faults.clear()
    await expect.poll(() => at.journal.stats().isRestoring, { timeout: 3_000 }).toBe(false)
    expect((await at.store.read('AA.a')).status).toBe('ended')
  })
})

describe('a refresh token that was exchanged before the store went back in time', () => {
  const family = { seedDigest: 'seed', lifetime: 600 * MINUTE }

  async function exchanged(times: number): Promise<Scene> {
    const at = scene()
    const { store } = at.journal
    await store.create(sessionOf('a', { family }))
    await at.journal.verify()
    at.cut()
    for (let generation = 1; generation <= times; generation += 1) {
      at.clock.advance(MINUTE)
      expect((await store.rotate('AA.a', tokenOf(generation))).status).toBe('rotated')
    }
    at.failOver()
    return at
  }

  it('is reuse', async () => {
    const at = await exchanged(3)
    expect((await at.journal.store.rotate('AA.a', tokenOf(1))).status).toBe('reused')
    expect((await at.store.read('AA.a')).status).toBe('ended')
    expect(at.journal.stats().rollbacks).toBe(1)
  })

  it('is reuse where it is the last one and its grace is over', async () => {
    const at = await exchanged(1)
    at.clock.advance(10_001)
    expect((await at.journal.store.rotate('AA.a', tokenOf(1))).status).toBe('reused')
  })

  it('gets the same successor where it is the last one, within its grace', async () => {
    const at = await exchanged(1)
    expect(await at.journal.store.rotate('AA.a', tokenOf(1))).toMatchObject({ generation: 2 })
    expect((await at.store.read('AA.a')).status).toBe('found')
  })

  it('is brought forward, so that the present one goes on and other processes know', async () => {
    const at = await exchanged(5)
    await at.journal.verify()
    await restored(at)
    const answer = await at.store.read('AA.a')
    expect(answer.status === 'found' && answer.record.family).toMatchObject({ generation: 6 })
    expect((await at.store.rotate('AA.a', tokenOf(6))).status).toBe('rotated')
  })

  it('is reuse afterwards as well, once its grace is over', async () => {
    const at = await exchanged(2)
    at.clock.advance(10_001)
    await at.journal.verify()
    await restored(at)
    expect((await at.journal.store.rotate('AA.a', tokenOf(2))).status).toBe('reused')
  })

  it('is replayed as ever where nothing was lost', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(sessionOf('a', { family }))
    await store.rotate('AA.a', tokenOf(1))
    at.clock.advance(10_000)
    expect((await store.rotate('AA.a', tokenOf(1))).status).toBe('replayed')
    expect((await store.rotate('AA.a', tokenOf(2))).status).toBe('rotated')
    expect(at.journal.stats().rollbacks).toBe(0)
  })

  it('is forgiven as ever, and its other successor is not', async () => {
    const at = scene()
    const { store } = at.journal
    const forgiving = { forgiveFor: MINUTE }
    await store.create(sessionOf('a', { family }))
    await store.rotate('AA.a', tokenOf(1, forgiving))
    at.clock.advance(20_000)
    expect(await store.rotate('AA.a', tokenOf(1, forgiving))).toMatchObject({ status: 'forgiven' })
    at.clock.advance(20_000)
    expect((await store.rotate('AA.a', tokenOf(3, forgiving))).status).toBe('rotated')
    expect(at.journal.stats().rollbacks).toBe(0)
  })
})

describe('an end that the store did not take', () => {
  it('holds here at once, is no proof of anything, and is tried until it is taken', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(sessionOf('a'))
    at.faults.set('end', away)
    await expect(store.end('AA.a', 'logged_out')).rejects.toThrow('away')
    const answer = await store.read('AA.a')
    expect(answer).toMatchObject({ ending: { reason: 'logged_out', isPending: true } })
    expect(await store.change('AA.a', { seen: true })).toMatchObject({ status: 'gone' })
    expect(await store.rotate('AA.a', tokenOf(1))).toMatchObject({ status: 'gone' })
    expect(at.journal.stats()).toMatchObject({ pending: 1, rollbacks: 0 })
    at.faults.clear()
    await expect.poll(() => at.journal.stats().pending, { timeout: 3_000 }).toBe(0)
    expect((await at.store.read('AA.a')).status).toBe('ended')
    expect(at.told).toEqual([{ id: 'AA.a', subject: undefined, reason: 'logged_out' }])
    expect(await store.read('AA.a')).not.toHaveProperty('ending.isPending')
  })

  it('is over where the caller asks once more', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(sessionOf('a'))
    at.faults.set('end', away)
    await expect(store.end('AA.a', 'logged_out')).rejects.toThrow('away')
    at.faults.clear()
    expect((await store.end('AA.a', 'logged_out')).status).toBe('ended')
    expect(at.journal.stats()).toMatchObject({ pending: 0, rollbacks: 0 })
  })

  it('was not meant at once where it was to come later', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(sessionOf('a'))
    at.faults.set('end', away)
    await expect(store.end('AA.a', 'signed_in', { after: 30_000 })).rejects.toThrow('away')
    expect((await store.read('AA.a')).status).toBe('found')
  })

  it('ends all sessions of a subject that were there, and none that came since', async () => {
    const at = scene()
    const { store } = at.journal
    const [old, spared, fresh] = ['old', 'spared', 'fresh'].map((id) => ownedBy(store, 'ann', id))
    if (!old || !spared || !fresh) throw new RangeError('three sessions')
    await store.create(old)
    await store.create(spared)
    await store.read(old.id)
    at.faults.set('endAll', away)
    await expect(store.endAll('ann', 'password_changed', spared.id)).rejects.toThrow('away')
    expect((await store.read(old.id)).status).toBe('ended')
    expect((await store.read(spared.id)).status).toBe('found')
    at.clock.advance(10)
    await store.create(fresh)
    expect((await store.read(fresh.id)).status).toBe('found')
    expect((await store.list('ann', { limit: 9 })).records).toHaveLength(2)
    at.faults.clear()
    await expect.poll(() => at.journal.stats().pending, { timeout: 3_000 }).toBe(0)
    expect((await at.store.read(old.id)).status).toBe('ended')
    expect((await at.store.read(fresh.id)).status).toBe('found')
    expect((await at.store.read(spared.id)).status).toBe('found')
  })

  it('ends them in one step where nobody came since', async () => {
    const at = scene()
    const { store } = at.journal
    const old = ownedBy(store, 'ann', 'old')
    await store.create(old)
    await store.read(old.id)
    at.faults.set('changeSubject', away)
    await expect(store.changeSubject('ann', { isDisabled: true })).rejects.toThrow('away')
    expect((await store.read(old.id)).status).toBe('ended')
    await expect.poll(() => at.journal.stats().pending, { timeout: 3_000 }).toBe(0)
    expect(at.told).toEqual([{ subject: 'ann', reason: 'subject_disabled', count: 1 }])
    expect((await at.store.readSubject('ann')).epoch).toBe(1)
  })

  it('is kept where too few replicas have it, for a spent refresh token as well', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(sessionOf('a'))
    at.faults.set('rotate', () => new NotDurable(0, 1))
    await expect(store.rotate('AA.a', tokenOf(1))).rejects.toThrow('not durable: 0 of 1')
    expect(await store.read('AA.a')).toMatchObject({ ending: { reason: 'refresh_reuse' } })
  })

  it('is tried once more as the process ends', async () => {
    const at = scene()
    const { store } = at.journal
    await store.create(sessionOf('a'))
    at.faults.set('end', away)
    await expect(store.end('AA.a', 'logged_out')).rejects.toThrow('away')
    at.faults.clear()
    await store.close()
    expect((await at.store.read('AA.a')).status).toBe('ended')
  })
})

describe('what is kept', () => {
  it('is dropped after a while, and a few entries after a day', async () => {
    const at = scene({ keptFor: MINUTE })
    const { store } = at.journal
    for (let number = 0; number < 1_001; number += 1) {
      await store.create(sessionOf(String(number)))
      await store.end(`AA.${String(number)}`, 'logged_out')
    }
    expect(at.journal.stats().sessions).toBe(1_001)
    at.clock.advance(MINUTE + 1)
    await store.create(sessionOf('last'))
    await store.end('AA.last', 'logged_out')
    expect(at.journal.stats().sessions).toBe(1_000)
    at.clock.advance(24 * 60 * MINUTE + 1)
    await store.create(sessionOf('later'))
    await store.end('AA.later', 'logged_out')
    expect(at.journal.stats().sessions).toBe(1)
  })

  it('never is more than it may be', async () => {
    const at = scene({ maxEntries: 3 })
    const { store } = at.journal
    for (const id of ['a', 'b', 'c', 'd']) {
      await store.create(sessionOf(id))
      await store.end(`AA.${id}`, 'logged_out')
    }
    expect(at.journal.stats().sessions).toBe(3)
  })
})
