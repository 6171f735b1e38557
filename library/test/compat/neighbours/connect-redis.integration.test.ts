import { createClient } from 'redis'
import { createClient as createClient4 } from 'redis4'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { load, MODULES, type CallbackStore, type SessionModule } from './modules.js'
import { asked, walkThrough } from './store-walk.js'

let server: RedisServer
let client: any
let legacy: any
beforeAll(async () => {
  server = await startRedis()
  client = await createClient({ url: server.url }).connect()
  legacy = createClient4({ url: server.url, legacyMode: true })
  await legacy.connect()
})
afterAll(async () => {
  client.destroy()
  await legacy.disconnect()
  await server.stop()
})

const VERSIONS: readonly {
  version: string
  make: (session: SessionModule, prefix: string) => CallbackStore
}[] = [
  {
    version: 'connect-redis 6 with node-redis 4 in legacy mode',
    make: (session, prefix) => new (load('connect-redis6')(session))({ client: legacy, prefix }),
  },
  {
    version: 'connect-redis 7',
    make: (_session, prefix) => new (load('connect-redis7').default)({ client, prefix }),
  },
  {
    version: 'connect-redis 8',
    make: (_session, prefix) => new (load('connect-redis8').RedisStore)({ client, prefix }),
  },
  {
    version: 'connect-redis 9',
    make: (_session, prefix) => new (load('connect-redis').RedisStore)({ client, prefix }),
  },
]

describe.each(MODULES)('under $name', ({ name, session }) => {
  it.each(VERSIONS)('$version keeps and forgets in a real Redis', async ({ version, make }) => {
    const prefix = `${name}:${version}:`
    const keys = async (): Promise<string[]> => client.keys(`${prefix}*`)
    const store = make(session, prefix)
    await walkThrough({ session, store, count: async () => (await keys()).length })

    await asked((done) => store.set('one', { cookie: { maxAge: 1000 }, mine: 1 }, done))
    expect(await keys()).toEqual([`${prefix}one`])
    expect(await asked((done) => store.get('one', done))).toMatchObject({ mine: 1 })
  })
})
