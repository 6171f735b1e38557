/** The connection over which news of ends come: late, cut, silent. What a near cache then serves, and for how long. */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { NearCache } from '../../src/store/near-cache.js'
import { createRedisStore } from '../../src/store/redis/index.js'
import type { Store } from '../../src/store/store.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js'
import {
  BOUND,
  closeAll,
  fill,
  isCurrent,
  openCache,
  openClient,
  start,
  type Opened,
} from '../store/near-cache/processes.js'

const opened: Opened = []
let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterEach(() => closeAll(opened))
afterAll(() => server.stop())

interface Scene {
  readonly cache: NearCache
  /** Another process: it ends sessions, over a connection that is as good as ever. */
  readonly elsewhere: Store
  /** Between Redis and what the near cache listens on. */
  readonly link: TcpProxy
}

async function openScene(): Promise<Scene> {
  const link = await startProxy(server.port)
  opened.push(() => link.close())
  const cache = openCache(opened, {
    client: await openClient(opened, server.port),
    subscriber: await openClient(opened, link.port),
  })
  await isCurrent(cache)
  return {
    cache,
    link,
    elsewhere: createRedisStore({ client: await openClient(opened, server.port) }),
  }
}

/** What becomes of the link, and how it is made good. */
const FAULTS: Readonly<
  Record<string, readonly [(link: TcpProxy) => unknown, (link: TcpProxy) => unknown]>
> = {
  'is paused': [(link) => link.swallow(), (link) => mend(link)],
  'is cut': [(link) => link.refuse(), (link) => link.accept()],
  'is slow': [(link) => link.slow({ delay: 400 }), (link) => link.slow()],
  'breaks again and again': [(link) => breakOften(link), (link) => link.accept()],
}

function mend(link: TcpProxy): void {
  link.passOn()
  link.cut()
}

async function breakOften(link: TcpProxy): Promise<void> {
  for (let count = 0; count < 5; count += 1) {
    link.cut()
    await sleep(40)
  }
  await link.refuse()
}

/** Asks without a pause until `until`, and answers when each session was accepted last. */
async function watch(
  cache: NearCache,
  ids: readonly string[],
  until: () => boolean,
): Promise<ReadonlyMap<string, number>> {
  const accepted = new Map<string, number>()
  while (!until()) {
    for (const id of ids) {
      const now = performance.now()
      if (cache.peek(id) !== undefined) accepted.set(id, now)
    }
    await turn()
  }
  return accepted
}

describe('the link over which a near cache hears of ends', () => {
  it.each(Object.keys(FAULTS))(
    'fault F28: %s, and no session is accepted past the bound after its end; nothing is kept while it is down',
    async (name) => {
      const [harm, heal] = FAULTS[name] ?? []
      const { cache, elsewhere, link } = await openScene()
      const ids: string[] = []
      for (let count = 0; count < 20; count += 1)
        ids.push(await start(elsewhere, `person ${count}`))
      for (const id of ids) await fill(cache, id)
      const endedAt = new Map<string, number>()
      let isOver = false
      const watching = watch(cache, ids, () => isOver)
      const harmed = harm?.(link)
      for (const id of ids.slice(0, 15)) {
        expect((await elsewhere.end(id, 'revoked_admin')).status).toBe('ended')
        endedAt.set(id, performance.now())
        await sleep(20)
      }
      await harmed
      await sleep(BOUND + 100)
      isOver = true
      const accepted = await watching
      const late = [...endedAt].map(([id, at]) => (accepted.get(id) ?? at) - at)
      console.log(`${name}: accepted up to ${Math.max(...late).toFixed(0)} ms after the end`)
      expect(Math.max(...late)).toBeLessThanOrEqual(BOUND)
      // Those that live are not served from memory either: nobody would tell of their end.
      for (const id of ids) expect(cache.peek(id)).toBeUndefined()
      expect(cache.stats().age).toBeGreaterThan(BOUND)
      // A slow link is not down: there, each is dropped as its end is heard.
      if (name !== 'is slow') await expect.poll(() => cache.stats().entries).toBe(0)
      await heal?.(link)
      await isCurrent(cache)
      for (const id of ids.slice(0, 15)) expect((await cache.read(id)).status).toBe('ended')
      for (const id of ids.slice(15)) await fill(cache, id)
    },
  )
})
