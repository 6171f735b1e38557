/** What each release left in a store is read by the present code: records, credentials, ends. */
import { readdirSync } from 'node:fs'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisStore } from '../../../src/store/redis/index.js'
import type { Store } from '../../../src/store/store.js'
import { createManualClock } from '../../../src/testing/index.js'
import { incoming } from '../../support/browser.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { newPlace } from '../sqlite/support.js'
import {
  dumpRedis,
  dumpSqlite,
  FOLDER,
  readText,
  RECORDED_AT,
  restoreRedis,
  writeText,
} from './rest.js'
import { furnish, openSojourn, readAll, type Recorded } from './scene.js'

/** How long after it was recorded everything is read. */
const LATER = 60_000

const RELEASES = readdirSync(FOLDER).filter((name) => /^\d+\.\d+\.\d+/.test(name))

let server: RedisServer
let client: ReturnType<typeof createClient>

beforeAll(async () => {
  server = await startRedis()
  client = createClient({ url: server.url })
  await client.connect()
})

afterAll(async () => {
  client.destroy()
  await server.stop()
})

/** A store whose clock stands at `at`, and what to close. */
interface Opened {
  readonly store: Store
  close(): Promise<void>
}

function redisAt(keyPrefix: string, at: number): Store {
  const offset = at - Date.now()
  return createRedisStore({ client, keyPrefix, clockOffset: () => offset })
}

let restored = 0

/** How what was left in a kind of store is put back, as it was. */
const KINDS: Readonly<Record<string, (version: string, at: number) => Promise<Opened>>> = {
  async sqlite(version, at) {
    const place = newPlace()
    place.exec(`BEGIN;\n${readText(version, 'sqlite.sql')}COMMIT;`)
    const store = await place.open({ clock: createManualClock(at) })
    return { store, close: async () => place[Symbol.asyncDispose]() }
  },
  async redis(version, at) {
    const prefix = `was${String((restored += 1))}:`
    await restoreRedis(client, prefix, JSON.parse(readText(version, 'redis.json')))
    return { store: redisAt(prefix, at), close: async () => undefined }
  },
}

async function recordAs(
  version: string,
  kind: string,
  store: Store,
  dump: () => Promise<void>,
): Promise<void> {
  const clock = createManualClock(RECORDED_AT)
  const held = await furnish(store, clock)
  // Before it is read, which counts.
  await dump()
  const expected = { held, expected: await readAll(store, held) }
  writeText(version, `${kind}.expected.json`, `${JSON.stringify(expected, null, 1)}\n`)
}

// Only where it is asked for: see README.md.
const recorded = process.env['RECORD_STORE_FORMAT']
describe.runIf(recorded !== undefined)('recording', () => {
  const version = recorded ?? ''
  it('leaves one of everything in SQLite', async () => {
    await using place = newPlace()
    const store = await place.open({ clock: createManualClock(RECORDED_AT) })
    await recordAs(version, 'sqlite', store, async () => {
      writeText(version, 'sqlite.sql', dumpSqlite(place.raw()))
    })
  })

  it('leaves one of everything in Redis', async () => {
    await recordAs(version, 'redis', redisAt('record:', RECORDED_AT), async () => {
      const keys = await dumpRedis(client, 'record:')
      writeText(version, 'redis.json', `${JSON.stringify(keys, null, 1)}\n`)
    })
  })
})

const CASES = RELEASES.flatMap((version) => Object.keys(KINDS).map((kind) => [version, kind]))

it('behaviour 41a: there is a record of the present release', () => {
  const manifest = JSON.parse(readText('../../../..', 'package.json')) as { version: string }
  expect(RELEASES).toContain(manifest.version)
})

describe.each(CASES)('what release %s left in %s', (version = '', kind = '') => {
  const recording = (): Recorded => JSON.parse(readText(version, `${kind}.expected.json`))

  async function withStore(work: (store: Store, was: Recorded) => Promise<void>): Promise<void> {
    const opened = await KINDS[kind]?.(version, RECORDED_AT + LATER)
    if (opened === undefined) throw new Error(`nobody restores ${kind}`)
    await work(opened.store, recording()).finally(async () => opened.close())
  }

  it('behaviour 41a: is read as it was: sessions, ends, subjects, lists, documents, counts', async () => {
    await withStore(async (store, was) => {
      const now = await readAll(store, was.held)
      expect(now).toEqual(was.expected)
      expect(Object.values(now.sessions)).toHaveLength(10)
    })
  })

  it('behaviour 41a: opens to the credentials that clients still hold, and to nobody else', async () => {
    await withStore(async (store, { held }) => {
      const sojourn = openSojourn(store, createManualClock(RECORDED_AT + LATER))
      const states: Record<string, string> = {}
      for (const [name, { cookie }] of Object.entries(held)) {
        const { session } = sojourn.exchange(incoming(cookie))
        await session.load()
        const isWhole = session.state !== 'active' || (await session.get('cart')) !== undefined
        states[name] = `${session.state}${isWhole ? '' : ' without its data'}`
      }
      expect(states).toEqual({
        ...{ plain: 'active', tokens: 'active', odd: 'active', guest: 'active', again: 'active' },
        ...{ leaving: 'active', renewed: 'active', signedOut: 'revoked', swept: 'revoked' },
        barred: 'revoked',
      })
      const result = await sojourn.tokens.refresh(held['tokens']?.refreshToken ?? '')
      expect(result).toMatchObject({ status: 'refreshed', how: 'rotated', subject: 'ada' })
    })
  })

  it('behaviour 41a: can be written on: changed, ended, counted, moved', async () => {
    await withStore(async (store, { held }) => {
      const sojourn = openSojourn(store, createManualClock(RECORDED_AT + LATER))
      const { session } = sojourn.exchange(incoming(held['plain']?.cookie))
      await session.load()
      session.set('more', 1)
      const given = await store.transfer?.give({ limit: 1_000 })
      expect(given?.unreadable).toBe(0)
      expect(await sojourn.revokeAll('ada')).toBe(2)
      for (const name of ['plain', 'tokens']) {
        expect((await sojourn.find(held[name]?.id ?? '')).state).toBe('over')
      }
      const written = await store.writeDocument('shared', 'three', 2)
      expect(written).toEqual({ text: 'three', revision: 3 })
      expect(await store.writeDocument('shared', 'four', 2)).toBeUndefined()
    })
  })
})
