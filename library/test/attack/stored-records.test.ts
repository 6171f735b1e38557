/** Records that somebody or something has damaged where they rest: nobody gets in by them, and nobody falls over them. */
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import express from 'express'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { createSojourn } from '../../src/sojourn.js'
import { createKeys } from '../../src/store/redis/keys.js'
import { createRedisStore } from '../../src/store/redis/index.js'
import { connectNodeRedis, type Connected } from '../store/redis/harness.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { hearing, SECRET, TOKENS } from '../support/sojourn.js'
import { listen, WebClient, type RunningServer } from '../support/web.js'

let server: RedisServer
let connected: Connected
let admin: ReturnType<typeof createClient>
let http: RunningServer
const told: { id: string }[] = []

beforeAll(async () => {
  server = await startRedis()
  connected = await connectNodeRedis(server.port)
  admin = createClient({ url: `redis://127.0.0.1:${String(server.port)}` })
  await admin.connect()
  const sojourn = createSojourn({
    secrets: SECRET,
    store: createRedisStore({ client: connected.client }),
    cache: false,
    tokens: TOKENS,
  })
  sojourn.on('store.corrupt', (event) => told.push(event))
  const web = createExpressAdapter(sojourn)
  const app = express()
  app.use(web.sessions)
  app.post(
    '/login/:name',
    web.handler(async (request, response) => {
      await request.session.signIn(String(request.params['name']))
      request.session.set('cart', ['book'])
      response.json({ id: request.session.facts?.id, ...(await request.session.issueTokens()) })
    }),
  )
  app.get('/private', web.requireAuth(), (_request, response) => {
    response.json('private')
  })
  app.get(
    '/cart',
    web.optionalAuth(),
    web.handler(async (request, response) => {
      response.json((await request.session.get('cart')) ?? null)
    }),
  )
  http = await listen(app)
})
afterAll(async () => {
  await http.close()
  admin.destroy()
  await connected.close()
  await server.stop()
})

interface Person {
  readonly client: WebClient
  readonly id: string
  readonly key: string
  readonly accessToken: string
}

async function arrive(name: string): Promise<Person> {
  const client = new WebClient(http)
  const answer = await client.post(`/login/${name}`)
  const { id, accessToken } = JSON.parse(answer.body) as { id: string; accessToken: string }
  return { client, id, accessToken, key: createKeys('sj:').session(id) }
}

type Damage = (person: Person, other: Person) => Promise<unknown>

const replaceBy =
  (value: string): Damage =>
  async ({ key }) => {
    await admin.del(key)
    await admin.set(key, value, { expiration: { type: 'EX', value: 600 } })
  }
const without =
  (field: string): Damage =>
  ({ key }) =>
    admin.hDel(key, field)
const withField =
  (field: string, value: string): Damage =>
  ({ key }) =>
    admin.hSet(key, field, value)

const DAMAGES: Readonly<Record<string, Damage>> = {
  'text that is no JSON': replaceBy('{"subject":"ada"'),
  'JSON of another program': replaceBy('{"cookie":{"originalMaxAge":null},"user":"root"}'),
  'nothing at all in it': replaceBy(''),
  'a list': async ({ key }) => (await admin.del(key), admin.rPush(key, ['S', 'ada'])),
  'a sorted set': async ({ key }) => (
    await admin.del(key),
    admin.zAdd(key, { score: 1, value: 'S' })
  ),
  'a stream': async ({ key }) => (await admin.del(key), admin.xAdd(key, '*', { S: 'ada' })),
  'a future version of the schema': withField('V', '2'),
  'a version that is no number': withField('V', '{}'),
  'no digest of the secret': without('H'),
  'no start': without('C'),
  'no last visit': without('T'),
  'no idle time': without('I'),
  'no end': without('X'),
  'an end that is no number': withField('X', '9e99'),
  'a start that is no number': withField('C', 'x'),
  'nothing but a stranger’s field': async ({ key }) => (
    await admin.del(key),
    admin.hSet(key, 'x', '1')
  ),
  'the record of somebody else': ({ key }, other) =>
    admin.sendCommand(['COPY', other.key, key, 'REPLACE']),
}

describe('a record in Redis', () => {
  it('json-24: that is no record, of another type, of a future version, without its fields, or somebody else’s is 401, told with its id, and kept as it is', async () => {
    const other = await arrive('mallory')
    for (const [what, damage] of Object.entries(DAMAGES)) {
      const person = await arrive('ada')
      expect((await person.client.get('/private')).status).toBe(200)
      await damage(person, other)
      const before = await admin.sendCommand(['DUMP', person.key])
      expect(before, what).not.toBeNull()
      told.length = 0
      const message = 'The session does not exist or has ended.'
      const byCookie = await person.client.get('/private')
      const byToken = await new WebClient(http).get('/private', {
        headers: { authorization: `Bearer ${person.accessToken}` },
      })
      for (const answer of [byCookie, byToken]) {
        const { status, code, detail } = JSON.parse(answer.body) as Record<string, unknown>
        expect([what, answer.status, status, code, detail]).toEqual([
          what,
          401,
          401,
          'session_corrupt',
          message,
        ])
      }
      // Whoever may come without a session is served without one.
      const open = await person.client.get('/cart')
      expect([what, open.status, open.body]).toEqual([what, 200, 'null'])
      await hearing()
      expect([what, told]).toEqual([what, Array(3).fill({ id: person.id })])
      // An id is no credential: nothing that was told opens anything.
      expect(JSON.stringify(told)).not.toContain(person.client.cookie.split('.').at(-1))
      expect([what, await admin.sendCommand(['DUMP', person.key])]).toEqual([what, before])
      // They can come back.
      await admin.del(person.key)
      expect((await person.client.post('/login/ada')).status).toBe(200)
      expect((await person.client.get('/private')).status).toBe(200)
    }
    expect((await other.client.get('/private')).status).toBe(200)
  })
})
