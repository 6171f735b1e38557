/** Several processes of the service that share what they keep: nobody has to come back to the same one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import { startPostgres, type TestPostgres } from '../support/postgres.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'
import type { Client } from '../support/client.js'

const PASSWORD = 'correct horse battery 9'
const body = (username: string) => ({ username, password: PASSWORD })

/** One person at whichever process is asked: the cookie goes with the person, not with the process. */
async function at(service: Service, person: Client, path: string): Promise<number> {
  return (await service.client().get(path, { cookie: person.cookie })).status
}

describe('three services on one Redis and one PostgreSQL', () => {
  let redis: RedisServer
  let postgres: TestPostgres
  let services: Service[]

  beforeAll(async () => {
    ;[redis, postgres] = await Promise.all([startRedis(), startPostgres()])
    const environment = {
      REDIS_URL: redis.url,
      DATABASE_URL: postgres.url,
      SESSION_SECRET: 'the one secret they share: pZ7q-Xw2v',
    }
    // Machines of their own: no file is shared. They migrate the database all at once.
    services = await Promise.all([1, 2, 3].map(() => startService(environment)))
  })
  afterAll(async () => {
    for (const service of services) await service[Symbol.asyncDispose]()
    await Promise.all([redis.stop(), postgres.remove()])
  })

  it('S0-17, S1-05: signed in at one is signed in at all, and signed out at one is out at all', async () => {
    const [one, two, three] = services as [Service, Service, Service]
    const person = one.client()
    await person.post('/register', body('ada'))
    for (const service of services) expect(await at(service, person, '/dashboard')).toBe(200)
    const elsewhere = three.client()
    expect((await elsewhere.post('/login', body('ada'))).status).toBe(200)
    const devices = await two.client().get('/sessions', { cookie: person.cookie })
    expect(devices.json()).toHaveLength(2)

    const before = person.cookie
    expect((await two.client().post('/logout', {}, { cookie: person.cookie })).status).toBe(200)
    for (const service of services) expect(await at(service, person, '/dashboard')).toBe(401)
    expect((await three.client().get('/dashboard', { cookie: before })).json()).toMatchObject({
      reason: 'logged_out',
    })
    for (const service of services) expect(await at(service, elsewhere, '/dashboard')).toBe(200)
    expect((await elsewhere.post('/logout-all')).json()).toMatchObject({ count: 1 })
    for (const service of services) expect(await at(service, elsewhere, '/dashboard')).toBe(401)
  })

  it('what one writes, all read at once, and a renewed secret counts at all of them', async () => {
    const [one, two, three] = services as [Service, Service, Service]
    const person = one.client()
    await person.post('/register', body('grace'))
    for (let value = 0; value < 20; value += 1) {
      await person.patch('/session', { value })
      const seen = await two.client().get('/session', { cookie: person.cookie })
      expect(seen.json().data).toEqual({ value })
    }
    const before = person.copy()
    await person.post('/reauthenticate', { password: PASSWORD })
    expect(await at(three, person, '/dashboard')).toBe(200)
    expect(await at(two, before, '/dashboard')).toBe(401)
  })

  it('one that dies takes nobody with it', async () => {
    const [one, two, three] = services as [Service, Service, Service]
    const people = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const person = one.client()
        expect((await person.post('/register', body(`person ${index}`))).status).toBe(201)
        return person
      }),
    )
    await one.stop('SIGKILL')
    for (const person of people) {
      expect(await at(two, person, '/dashboard')).toBe(200)
      expect(await at(three, person, '/profile')).toBe(200)
    }
    await one.restart()
    for (const person of people) expect(await at(one, person, '/dashboard')).toBe(200)
  })
})

describe('two services on one data folder', () => {
  it('share accounts, sessions and ends, from the very first start, and one that is killed loses nothing', async () => {
    const dataDir = temporaryFolder()
    const starting = [startService({}, { dataDir }), startService({}, { dataDir })] as const
    await using one = await starting[0]
    await using two = await starting[1]
    const people = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const [here] = index % 2 === 0 ? [one] : [two]
        const person = here.client()
        expect((await person.post('/register', body(`person ${index}`))).status).toBe(201)
        return person
      }),
    )
    // Killed while all of them write.
    const writes = people.map(async (person, index) => {
      for (let value = 1; value <= 30; value += 1) {
        await two.client().patch('/session', { value }, { cookie: person.cookie })
        if (index === 0 && value === 15) await one.stop('SIGKILL')
      }
    })
    await Promise.all(writes)
    await one.restart()
    for (const person of people) {
      const seen = await one.client().get('/session', { cookie: person.cookie })
      expect([seen.status, seen.json().data]).toEqual([200, { value: 30 }])
    }
    const [leaver] = people as [Client]
    await one.client().post('/logout', {}, { cookie: leaver.cookie })
    expect(await at(two, leaver, '/dashboard')).toBe(401)
  })
})
