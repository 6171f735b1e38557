/** A Redis that is there and says no: to the login, to a command, to one more client; and records that make no sense. */
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeys } from '../../src/store/redis/keys.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { CLIENTS, present, refresh, startApp, type App, type Connect, type Person } from './app.js'
import { expectUnavailable, howLongUntil, watchFaults } from './support.js'

const PASSWORD = 'the-password-of-the-application'
const OTHER = 'another-password-by-now'

/** Somebody with all rights, on a connection that stays. */
interface Admin {
  (...words: string[]): Promise<unknown>
  close(): void
}

async function openAdmin(redis: RedisServer): Promise<Admin> {
  await redis.cli('acl', 'setuser', 'admin', 'on', '>admin', '~*', '&*', '+@all')
  const options = { url: redis.url, username: 'admin', password: 'admin', name: 'admin' }
  const client = await createClient(options)
    .on('error', () => undefined)
    .connect()
  const admin = (...words: string[]): Promise<unknown> => client.sendCommand(words)
  return Object.assign(admin, { close: () => client.destroy() })
}

/** What is taken away, how Redis calls it, and how it is given back. `isCut`: it is noticed with the next connection. */
interface Refusal {
  readonly code: string
  /** Words of the system that are told in its place where the client does not get to read what Redis said. */
  readonly or?: RegExp
  readonly isCut: boolean
  readonly login?: Parameters<Connect>[1]
  take(admin: Admin): Promise<unknown>
  give(admin: Admin): Promise<unknown>
}

const AS_APP = { username: 'app', password: PASSWORD }
const REFUSALS: readonly Refusal[] = [
  {
    code: 'NOPERM',
    isCut: false,
    login: AS_APP,
    take: (admin) => admin('ACL', 'SETUSER', 'app', '-evalsha', '-eval'),
    give: (admin) => admin('ACL', 'SETUSER', 'app', '+evalsha', '+eval'),
  },
  {
    code: 'WRONGPASS',
    isCut: true,
    login: AS_APP,
    take: (admin) => admin('ACL', 'SETUSER', 'app', 'resetpass', `>${OTHER}`),
    give: (admin) => admin('ACL', 'SETUSER', 'app', 'resetpass', `>${PASSWORD}`),
  },
  {
    code: 'NOAUTH',
    isCut: true,
    take: (admin) => admin('CONFIG', 'SET', 'requirepass', OTHER),
    give: (admin) => admin('ACL', 'SETUSER', 'default', 'nopass'),
  },
  {
    code: 'MAXCLIENTS',
    or: /ECONNRESET|EPIPE/,
    isCut: true,
    take: (admin) => admin('CONFIG', 'SET', 'maxclients', '1'),
    give: (admin) => admin('CONFIG', 'SET', 'maxclients', '1000'),
  },
]

describe.each(CLIENTS)('a Redis that says no, under %s', (_, connect) => {
  it('fault F25: to a login, a command or a client is answered with 503 and told by its word, without the password, and all is well when it is taken back', async () => {
    const redis = await startRedis()
    const admin = await openAdmin(redis)
    await admin('ACL', 'SETUSER', 'app', 'on', `>${PASSWORD}`, '~*', '&*', '+@all')
    const written: string[] = []
    const spied = (['stdout', 'stderr'] as const).map((name) => spy(name, written))
    for (const refusal of REFUSALS) await suffers(redis, admin, connect, refusal)
    for (const end of spied) end()
    expect(written.join('')).not.toMatch(new RegExp(`${PASSWORD}|${OTHER}`))
    admin.close()
    await redis.stop()
  })
})

async function suffers(
  redis: RedisServer,
  admin: Admin,
  connect: Connect,
  { code, or, isCut, login, take, give }: Refusal,
): Promise<void> {
  const watch = watchFaults()
  const app = await startApp(await connect(redis.port, login))
  const person = await app.signIn(code)
  const { web, tokens } = person
  const cookie = web.cookie
  await take(admin)
  if (isCut) await kickOut(admin)
  await howLongUntil(async () => {
    expectUnavailable(await watch.ask('look', () => web.get('/me')))
    const told = app.told.flatMap(({ event }) => ('message' in event ? [event.message] : []))
    return told.some((message) => message.includes(code) || or?.test(message) === true)
  }, 3_000)
  expectUnavailable(await watch.ask('refresh', () => refresh(app, tokens.refreshToken)))
  expectUnavailable(
    await watch.ask('sign in', () => app.visitor().post('/login', { name: 'late' })),
  )
  expectUnavailable(await watch.ask('sign out', () => web.post('/logout')))
  const open = await watch.ask('public', () => web.get('/public'))
  expect([open.status, open.body]).toEqual([200, '{"subject":null}'])
  expect(JSON.stringify([app.told, app.calls])).not.toMatch(new RegExp(`${PASSWORD}|${OTHER}`))
  const slowest = Math.max(...watch.samples.map(({ milliseconds }) => milliseconds))
  expect(slowest).toBeLessThan(1_000 + watch.lateness())

  await give(admin)
  const isIn = async (): Promise<boolean> => (await web.get('/me')).status === 200
  expect(await howLongUntil(isIn, 2_000)).toBeLessThan(2_000)
  expect(web.cookie).toBe(cookie)
  expect((await refresh(app, tokens.refreshToken)).status).toBe(200)
  expect((await app.sojourn.list('late')).sessions).toEqual([])
  await app.close()
  await watch.stop()
}

/** Ends every connection of the application. */
async function kickOut(admin: Admin): Promise<void> {
  const lines = String(await admin('CLIENT', 'LIST')).split('\n')
  for (const line of lines) {
    if (line.includes(' name=app '))
      await admin('CLIENT', 'KILL', 'ID', /id=(\d+)/.exec(line)?.[1] ?? '')
  }
}

function spy(name: 'stdout' | 'stderr', written: string[]): () => void {
  const stream = process[name]
  const write = stream.write.bind(stream)
  stream.write = (chunk: string | Uint8Array, ...rest: []) => {
    written.push(String(chunk))
    return write(chunk, ...rest)
  }
  return () => {
    stream.write = write
  }
}

describe('a record that makes no sense', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  /** What may rest under the key of a session. */
  const JUNK: readonly (readonly [what: string, ...command: string[]])[] = [
    ['a list', 'RPUSH', 'junk'],
    ['a text', 'SET', '{"junk":'],
    ['a set', 'SADD', 'junk'],
    ['numbers that are none', 'HSET', 'C', '1', 'T', '1e999', 'I', 'NaN', 'X', '', 'H', ''],
    ['missing fields', 'HSET', 'H', 'x'],
  ]

  it.each(CLIENTS)(
    'fault F26: under %s it costs that session alone: 401, an event, nothing else, and it is left for who looks into it',
    async (client, connect) => {
      const watch = watchFaults()
      const app = await startApp(await connect(redis.port))
      const sound = await app.signIn(`${client}-sound`)
      for (const [what, command, ...words] of JUNK) {
        const person = await app.signIn(`${client}-${what.replaceAll(' ', '-')}`)
        const key = await keyOf(app, person)
        await redis.cli('del', key)
        await redis.cli(command ?? '', key, ...words)
        await isCorrupt(app, person)
        expect(await redis.cli('exists', key)).toBe('1')
        expect((await watch.ask('look', () => sound.web.get('/me'), sound.name)).status).toBe(200)
        // The person comes in again, and has a session like any other.
        const again = await app.signIn(person.name)
        expect((await watch.ask('look', () => again.web.get('/me'), person.name)).status).toBe(200)
      }
      const later = await app.signIn(`${client}-later`)
      const key = await keyOf(app, later)
      await redis.cli('hset', key, 'V', '2')
      const before = await redis.cli('hgetall', key)
      await isCorrupt(app, later)
      expect(await redis.cli('hgetall', key)).toBe(before)
      expect((await refresh(app, sound.tokens.refreshToken)).status).toBe(200)
      await app.close()
      await watch.stop()
    },
  )

  async function keyOf(app: App, { name }: Person): Promise<string> {
    const { sessions } = await app.sojourn.list(name)
    return createKeys('sj:').session(sessions[0]?.id ?? '')
  }

  async function isCorrupt(app: App, { web, tokens }: Person): Promise<void> {
    const before = app.told.filter(({ name }) => name === 'store.corrupt').length
    const cookie = web.cookie
    const answers = [
      await web.get('/me'),
      await web.post('/write', { late: true }),
      await present(app, tokens.accessToken),
    ]
    for (const answer of answers) {
      expect([answer.status, answer.body]).toEqual([
        401,
        expect.stringContaining('session_corrupt'),
      ])
      expect(answer.cookies).toEqual([])
    }
    const denied = await refresh(app, tokens.refreshToken)
    expect([denied.status, denied.cookies]).toEqual([400, []])
    expect(web.cookie).toBe(cookie)
    await expect
      .poll(() => app.told.filter(({ name }) => name === 'store.corrupt').length)
      .toBeGreaterThanOrEqual(before + 3)
  }
})
