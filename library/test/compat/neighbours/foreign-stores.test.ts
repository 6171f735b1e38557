import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { load, MODULES, type CallbackStore } from './modules.js'
import { asked, walkThrough } from './store-walk.js'
import { fakeMongo } from './fake-mongo.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sojourn-file-store-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe.each(MODULES)('under $name', ({ name, session }) => {
  it('memorystore, a class made from our Store, keeps and forgets', async () => {
    const MemoryStore = load('memorystore')(session)
    const store = new MemoryStore({ checkPeriod: 86_400_000 })
    expect(store).toBeInstanceOf(session.Store)
    await walkThrough({ session, store, count: () => store.store.keys().length as number })
    store.stopInterval()
  })

  it('session-file-store, made with Store.call(this), keeps and forgets', async () => {
    const path = join(folder, name.replaceAll(/\W/g, '-'))
    const FileStore = load('session-file-store')(session)
    const store = new FileStore({ path, logFn: () => undefined, retries: 0, reapInterval: -1 })
    expect(store).toBeInstanceOf(session.Store)
    await walkThrough({ session, store, count: () => readdirSync(path).length })
    // Its way to say that there is none, which the middleware takes for no error.
    await expect(asked((done) => store.get('nobody', done))).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })

  // No mongod can be installed where these tests run. What stands for it answers the six calls that
  // connect-mongo makes; the store, its callbacks and its promises are the real ones.
  it('connect-mongo (not on a real MongoDB: a stand-in for its collection) keeps and forgets', async () => {
    const mongo = fakeMongo()
    const { MongoStore } = load('connect-mongo')
    const store = MongoStore.create({ clientPromise: Promise.resolve(mongo.client) })
    await walkThrough({ session, store: store as CallbackStore, count: () => mongo.rows.size })
    expect(mongo.calls).toContain('createIndex')
    expect(mongo.calls).toContain('updateOne')
  })
})
