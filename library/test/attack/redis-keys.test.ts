/** Names that would be patterns, tags, separators or commands elsewhere: in Redis they are names. */
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InvalidOption } from '../../src/errors.js'
import { createSojourn } from '../../src/sojourn.js'
import { createRedisStore } from '../../src/store/redis/index.js'
import { connectNodeRedis, type Connected } from '../store/redis/harness.js'
import { Browser } from '../support/browser.js'
import { startRedis, waitFor, type RedisServer } from '../support/redis-server.js'
import { SECRET } from '../support/sojourn.js'

const NASTY = [
  '*',
  '?',
  '[a-z]',
  'a:b',
  'a',
  '{AA}',
  '{AA}x',
  '}{',
  '../../x',
  'x\r\nDEL sj:*',
  'x y',
  '\\*',
  'sj:s{AA}x',
  "');redis.call('FLUSHALL')--",
  '%2A',
  '\u0000',
  'Ω',
]

let server: RedisServer
let connected: Connected
let commands: string[][]
let admin: ReturnType<typeof createClient>
let watcher: ReturnType<typeof createClient>

beforeAll(async () => {
  server = await startRedis()
  connected = await connectNodeRedis(server.port)
  admin = createClient({ url: `redis://127.0.0.1:${String(server.port)}` })
  await admin.connect()
  commands = []
  watcher = admin.duplicate()
  await watcher.connect()
  await watcher.monitor((line) => {
    commands.push([...String(line).matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) => word))
  })
})
afterAll(async () => {
  await connected.close()
  watcher.destroy()
  admin.destroy()
  await server.stop()
})

const appOn = (keyPrefix: string) =>
  createSojourn({
    secrets: SECRET,
    store: createRedisStore({ client: connected.client, keyPrefix }),
    cache: false,
  })

describe('a subject in Redis', () => {
  it('ASVS 1.2.4, ASVS 8.4.1, CVE-2026-37171, CVE-2022-36021: whatever it is called, it is nobody else, nothing of another tenant is touched, and no pattern is made of it', async () => {
    const tenants = ['a:', 'a:b:', 'a.'].map((prefix) => ({ prefix, app: appOn(prefix) }))
    for (const { app } of tenants) {
      for (const subject of NASTY) {
        const browser = new Browser(app)
        await browser.visit((session) => session.signIn(subject))
        await app.patchSubject(subject, { role: subject })
      }
    }
    const keys = (await admin.keys('*')).sort()
    // A session, its index and what is kept of the subject: of each, in one slot, under the tenant's own prefix.
    expect(keys).toHaveLength(tenants.length * NASTY.length * 3)
    for (const key of keys) expect(key).toMatch(/^a[.:](?:b:)?[sgu]\{[\w-]{2}\}[\x21-\x7e]+$/)

    const [one, two, three] = tenants
    if (one === undefined || two === undefined || three === undefined) throw new Error('three')
    for (const subject of NASTY) {
      const { sessions } = await one.app.list(subject)
      expect(sessions).toHaveLength(1)
      // What one tenant ends is over there alone, and for that subject alone.
      expect(await one.app.revokeAll(subject)).toBe(1)
      expect((await one.app.list(subject)).sessions).toEqual([])
      expect((await two.app.list(subject)).sessions).toHaveLength(1)
      expect((await three.app.list(subject)).sessions).toHaveLength(1)
    }
    // The id of one tenant's session is nothing in another.
    const [kept] = (await two.app.list('a')).sessions
    expect(await one.app.revoke(kept?.id ?? '')).toBe(false)
    expect(await two.app.revoke(kept?.id ?? '', { of: 'a' })).toBe(true)

    const named = commands.filter(
      ([name = '']) => !/^(?:keys|monitor|hello|client|info)$/i.test(name),
    )
    expect(named.length).toBeGreaterThan(100)
    expect(named.filter(([name = '']) => /^(?:keys|scan|flush.*)$/i.test(name))).toEqual([])
    // What was deleted is what the first tenant ended, one by one, and the one session of the second; reads delete two
    // keys that are never there, and learn from it whether the node may be believed.
    const strange = (): string[] =>
      commands
        .filter(([name = '']) => name.toLowerCase() === 'del')
        .flatMap(([, ...deleted]) => deleted)
        .filter((key) => !/^a:s\{[\w-]{2}\}[\w-]{22}$|^a[.:](?:b:)?-\{[\w-]{2}\}[ab]$/.test(key))
    await waitFor('the last command', async () => strange().length > 0)
    expect(strange()).toHaveLength(1)
  })

  it('is never part of the pattern by which an administrator walks over all sessions', async () => {
    const store = createRedisStore({ client: connected.client, keyPrefix: 'a:b:' })
    commands.length = 0
    let cursor: string | undefined
    const found = new Set<string>()
    do {
      const step = await store.walk?.({ limit: 100, ...(cursor === undefined ? {} : { cursor }) })
      for (const record of step?.records ?? []) found.add(record.subject ?? '')
      cursor = step?.next
    } while (cursor !== undefined)
    expect([...found].sort()).toEqual(NASTY.filter((name) => name !== 'a').sort())
    const patterns = commands
      .filter(([name = '']) => name.toLowerCase() === 'scan')
      .map((words) => words[words.findIndex((word) => word.toLowerCase() === 'match') + 1])
    expect([...new Set(patterns)]).toEqual(['a:b:s{*}*'])
    for (const keyPrefix of ['*', 'a?', '[a]', '{x}', 'a b', 'a\n', 'a\\'])
      expect(() => appOn(keyPrefix)).toThrow(InvalidOption)
  })
})
