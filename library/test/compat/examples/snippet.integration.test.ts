import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort, startRedis, type RedisServer } from '../../support/redis-server.js'
import type { WebClient } from '../../support/web.js'
import {
  refusedExample,
  startExample,
  stopExamples,
  type RunningExample,
} from './running-example.js'

const SNIPPET = 'express-session-snippet/server.cjs'
const SECRET = 'Zr4u7x-A%D*G-KaPdSgVkYp3s6v9y-B&E)H'
const PUBLISHED = 'aVeryStrongSecretKeyThatShouldBeAtLeast32CharactersLong'
const DAY = 24 * 60 * 60 * 1000

let server: RedisServer
/** Started as most tests want it, once for all of them: each comes with a browser of its own. */
let shared: RunningExample
beforeAll(async () => {
  server = await startRedis()
  shared = await start()
})
afterEach(async () => {
  await stopExamples(shared)
  await server.cli('config', 'set', 'min-replicas-to-write', '0')
})
afterAll(async () => {
  await stopExamples()
  await server.stop()
})

async function start(environment: Record<string, string> = {}): Promise<RunningExample> {
  const port = String(await freePort())
  const known = { PORT: port, REDIS_URL: server.url, SESSION_SECRET: SECRET }
  return startExample(SNIPPET, { ...known, ...environment })
}

const text = async (client: WebClient, path: string): Promise<string> =>
  (await client.get(path)).body

const facts = async (client: WebClient): Promise<unknown> => JSON.parse(await text(client, '/me'))

/** The id and the signature in the cookie, as the wire has them. */
function credential(client: WebClient): { id: string; signature: string; raw: string } {
  const raw = decodeURIComponent(client.jar.get('connect.sid') ?? '')
  const [, id = '', signature = ''] = /^s:([^.]+)\.(.+)$/.exec(raw) ?? []
  return { id, signature, raw }
}

function attributes(cookie = ''): Record<string, string | true> {
  const pairs = cookie.split('; ').slice(1)
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value] = pair.split('=')
      return [name.toLowerCase(), value ?? true]
    }),
  )
}

describe(
  'the snippet of the source document, with its imports swapped',
  { timeout: 10_000 },
  () => {
    it('S2-01, S2-03, S2-09: counts views in its words, and req.sessionID is the id in the cookie', async () => {
      const client = shared.newClient()
      expect(await text(client, '/')).toBe('Welcome, first visit!')
      const { id } = credential(client)
      expect(id).toMatch(/^.{20,}$/)
      expect(await text(client, '/')).toBe(`Views: 2. Session ID: ${id}`)
      expect(await text(client, '/')).toBe(`Views: 3. Session ID: ${id}`)
    })

    it('S2-02: the prefix given to the store is the one in Redis', async () => {
      const client = shared.newClient()
      await client.get('/')
      const keys = (await server.cli('keys', '*')).split('\n')
      expect(keys.filter((key) => key.startsWith('myapp:')).length).toBeGreaterThan(0)
      expect(keys.filter((key) => key.startsWith('sess:'))).toEqual([])
    })

    it('S2-06, S2-07: who writes nothing gets no cookie and no record, and who only reads causes no save', async () => {
      const client = shared.newClient()
      const written = await server.cli('dbsize')
      const silent = await client.get('/me')
      expect([silent.status, silent.cookies]).toEqual([200, []])
      expect(await server.cli('dbsize')).toBe(written)
      await client.get('/')
      const before = await server.cli('info', 'commandstats')
      const reading = await client.get('/me')
      expect(reading.cookies).toEqual([])
      const sets = (stats: string): string => /cmdstat_set:calls=(\d+)/.exec(stats)?.[1] ?? '0'
      expect(sets(await server.cli('info', 'commandstats'))).toBe(sets(before))
    })

    it('S2-08: the cookie is HttpOnly, SameSite=Lax whatever the case of its option, lives a day, and is Secure in production alone', async () => {
      const [cookie] = (await shared.newClient().get('/')).cookies
      const plain = attributes(cookie)
      expect(plain).toMatchObject({ httponly: true, samesite: 'Lax', path: '/' })
      expect(plain).not.toHaveProperty('secure')
      const lifetime = Date.parse(String(plain['expires'])) - Date.now()
      expect(Math.abs(lifetime - DAY)).toBeLessThan(5000)

      const production = await start({ NODE_ENV: 'production', TRUST_PROXY: '1' })
      const secure = await production.client.get('/', { headers: { 'x-forwarded-proto': 'https' } })
      expect(attributes(secure.cookies[0])).toMatchObject({ httponly: true, secure: true })
      const insecure = await production.newClient().get('/')
      expect(insecure.cookies).toEqual([])
    })

    it.each(['GET', 'POST'])(
      'S2-10, S2-13: %s /login leads to a new id that knows who signed in; the old id knows nobody',
      async (method) => {
        const { newClient } = shared
        const client = newClient()
        await client.get('/')
        const before = credential(client)
        const planted = newClient()
        planted.jar.set('connect.sid', encodeURIComponent(before.raw))
        const answer = await client.send('/login', { method })
        expect([answer.status, answer.body]).toEqual([200, 'Logged in and session regenerated!'])
        expect(credential(client).id).not.toBe(before.id)
        expect(await facts(client)).toEqual({ userId: 'user123', isAdmin: true })
        expect(await facts(planted)).toEqual({ userId: null, isAdmin: false })
      },
    )

    it.each(['GET', 'POST'])(
      'S2-11: %s /logout ends the session, says so, and clears the cookie',
      async (method) => {
        const { newClient } = shared
        const client = newClient()
        await client.get('/login')
        const copy = newClient()
        copy.jar.set('connect.sid', encodeURIComponent(credential(client).raw))
        const answer = await client.send('/logout', { method })
        expect([answer.status, answer.body]).toEqual([200, 'Logged out!'])
        expect(answer.cookies).toHaveLength(1)
        const cleared = attributes(answer.cookies[0])
        expect(Date.parse(String(cleared['expires']))).toBeLessThan(Date.now())
        expect(answer.cookies[0]).toMatch(/^connect\.sid=;/)
        // Without the path that it was set with, a browser would keep it under /.
        expect(cleared['path']).toBe('/')
        expect(await facts(copy)).toEqual({ userId: null, isAdmin: false })
      },
    )

    it('S2-12: a store that cannot write is told to the callbacks, in the words of the source document', async () => {
      const client = shared.newClient()
      await client.get('/login')
      // Reads go on, writes are refused.
      await server.cli('config', 'set', 'min-replicas-to-write', '1')
      // Express closes a connection on which something failed after the answer.
      const alone = { headers: { connection: 'close' } }
      const { raw } = credential(client)
      const login = await client.post('/login', {}, alone)
      expect([login.status, login.body]).toEqual([500, 'Session regeneration failed'])
      client.jar.set('connect.sid', encodeURIComponent(raw))
      const logout = await client.post('/logout', {}, alone)
      expect([logout.status, logout.body]).toEqual([500, 'Failed to destroy session'])
      // The session lives on: whoever wanted to leave must be able to try again.
      expect(logout.cookies).toEqual([])
      await server.cli('config', 'set', 'min-replicas-to-write', '0')
      expect((await client.post('/logout')).body).toBe('Logged out!')
    })

    it('warns that GET changes who is signed in, once, and not of POST', async () => {
      const { client, output } = await start()
      await client.post('/login')
      expect(output()).not.toContain('use POST')
      await client.get('/login')
      await client.get('/login')
      expect(output().match(/use POST/g)).toHaveLength(1)
    })

    it('S2-14, S2-15: reads PORT and SESSION_SECRET, and says where it listens', async () => {
      const { port, output } = shared
      const client = shared.newClient()
      expect(output()).toContain(`Server running on http://localhost:${String(port)}\n`)
      await client.get('/')
      const { id, signature } = credential(client)
      const expected = createHmac('sha256', SECRET).update(id).digest('base64').replace(/=+$/, '')
      expect(signature).toBe(expected)
    })

    it('S2-14: the port is 3000 where none is named', async () => {
      // Somebody else may have it: then that is the port it says that it wanted.
      const known = { REDIS_URL: server.url, SESSION_SECRET: SECRET }
      const said = await startExample(SNIPPET, known).then(
        ({ output }) => output(),
        (error: unknown) => String(error),
      )
      expect(said).toMatch(/Server running on http:\/\/localhost:3000\n|EADDRINUSE.*:3000/)
    })

    it.each([
      [
        'S2-05: without a secret the fallback signs on your machine, and production refuses it',
        undefined,
        /stands in public documentation/,
      ],
      [
        'S2-05: the published secret, set on purpose, is refused in production, too',
        PUBLISHED,
        /stands in public documentation/,
      ],
      [
        'S2-16: production refuses a secret of 31 characters',
        SECRET.slice(0, 31),
        /fewer than 32 characters/,
      ],
    ])('%s', async (_title, secret, words) => {
      const environment = {
        PORT: String(await freePort()),
        REDIS_URL: server.url,
        SESSION_SECRET: secret,
      }
      const { exitCode, output } = await refusedExample(SNIPPET, {
        ...environment,
        NODE_ENV: 'production',
      })
      expect(exitCode).not.toBe(0)
      expect(output).toMatch(words)
      if (secret !== undefined) expect(output).not.toContain(secret)
      const { client } = await startExample(SNIPPET, environment)
      expect(await text(client, '/')).toBe('Welcome, first visit!')
    })
  },
)
