/**
 * people/ owns `npm run bench -- --part people`: signing in, refreshing, and what is done to all sessions of a person
 * while many others have theirs in the same Redis. This file holds the stacks that are compared there.
 *
 * @typedef {object} Stack
 * @property {string} name
 * @property {boolean} isOurs
 * @property {(sessions: number, eachPerson: number) => Promise<void>} fill others' sessions, as many as asked for
 * @property {(user: string) => Promise<unknown>} signIn
 * @property {(session: unknown) => Promise<boolean>} isKnown asks Redis, whatever is cached
 * @property {(user: string) => Promise<number>} listFirst how many the first page holds; at most 50, where there are pages
 * @property {(user: string) => Promise<number>} listAll
 * @property {(user: string) => Promise<void>} revokeAll
 * @property {() => Promise<void>} settled what goes on after the answer is over
 * @property {() => Promise<void>} close
 */
import { createHash, randomBytes } from 'node:crypto'
import { RedisStore } from 'connect-redis'
import sessions from 'jwt-redis-sessions'
import { createSojourn } from 'sojourn'
import { createRedisStore } from 'sojourn/redis'
import { connect } from '../harness/redis.mjs'
import { exchangeWith, SECRET, TOKENS } from '../micro/people.mjs'
import { inFlight } from './in-flight.mjs'

const digest = () => createHash('sha256').update(randomBytes(16)).digest('base64url')

/** @returns {Promise<Stack>} */
export async function openOurs(redisUrl) {
  const clients = [await connect(redisUrl), await connect(redisUrl)]
  const [client, subscriber] = clients
  const store = createRedisStore({ client, subscriber })
  let sample
  const remembering = {
    ...store,
    create: (session) => store.create((sample = session)),
  }
  const sojourn = createSojourn({
    secrets: SECRET,
    store: remembering,
    tokens: TOKENS,
    limit: false,
    // Thousands at once are no fault here.
    resilience: { commandDeadline: '30s' },
  })
  const signIn = async (user) => {
    const exchange = exchangeWith(sojourn)
    await exchange.session.signIn(user)
    exchange.session.set('name', 'Ada')
    const { cookies } = await exchange.commit()
    return { cookie: cookies.map((line) => line.split(';')[0]).join('; ') }
  }
  return {
    name: 'sojourn',
    isOurs: true,
    async fill(count, eachPerson) {
      await signIn('somebody')
      await inFlight(count, 1_000, (at) => {
        const subject = `other-${Math.floor(at / eachPerson)}`
        const id = `${store.bucketOf(subject)}.${randomBytes(16).toString('base64url')}`
        return store.create({ ...sample, id, subject, secretDigest: digest() })
      })
    },
    signIn,
    async isKnown(headers) {
      const { session } = exchangeWith(sojourn, headers)
      await session.load({ fresh: true })
      return session.subject !== undefined
    },
    listFirst: async (user) => (await sojourn.list(user)).sessions.length,
    async listAll(user) {
      let count = 0
      let cursor
      do {
        const page = await sojourn.list(user, { limit: 100, cursor })
        count += page.sessions.length
        cursor = page.next
      } while (cursor !== undefined)
      return count
    },
    revokeAll: async (user) => void (await sojourn.revokeAll(user)),
    settled: () => sojourn.settled(),
    async close() {
      await sojourn.close()
      for (const one of clients) one.destroy()
    },
  }
}

/**
 * express-session + connect-redis: there is no index, so everybody's sessions are read to find one person's, which is
 * what is done there.
 *
 * @returns {Promise<Stack>}
 */
export async function openConnectRedis(redisUrl) {
  const client = await connect(redisUrl)
  const store = new RedisStore({ client })
  const idOf = () => randomBytes(24).toString('base64url')
  const keep = (id, subject) =>
    store.set(id, {
      cookie: {
        originalMaxAge: 3_600_000,
        expires: new Date(Date.now() + 3_600_000),
        httpOnly: true,
        path: '/',
      },
      subject,
      name: 'Ada',
    })
  const of = async (user) => (await store.all()).filter(({ subject }) => subject === user)
  const listAll = async (user) => (await of(user)).length
  return {
    name: 'express-session + connect-redis (reads everybody: no index)',
    isOurs: false,
    isSlow: true,
    fill: (count, eachPerson) =>
      inFlight(count, 1_000, (at) => keep(idOf(), `other-${Math.floor(at / eachPerson)}`)),
    async signIn(user) {
      const id = idOf()
      await keep(id, user)
      return id
    },
    isKnown: async (id) => (await store.get(id)) !== null,
    listFirst: listAll,
    listAll,
    async revokeAll(user) {
      await Promise.all((await of(user)).map(({ id }) => store.destroy(id)))
    },
    settled: async () => undefined,
    close: async () => client.destroy(),
  }
}

/** @returns {Promise<Stack>} */
export async function openJwtRedisSessions(redisUrl) {
  const client = await connect(redisUrl)
  await sessions.initialize({ config: { jwt: { secret: SECRET } }, redisClient: client })
  const signIn = (user) => sessions.generateToken({ userId: user })
  const listAll = async (user) => (await sessions.getUserSessions(user)).length
  return {
    name: 'jwt-redis-sessions',
    isOurs: false,
    fill: (count, eachPerson) => fillByExample(client, signIn, count, eachPerson),
    signIn,
    async isKnown({ accessToken }) {
      return sessions.verifyToken(accessToken).then(
        ({ valid }) => valid,
        () => false,
      )
    },
    listFirst: listAll,
    listAll,
    revokeAll: async (user) => void (await sessions.revokeAllUserTokens(user)),
    settled: async () => undefined,
    async close() {
      await sessions.closeRedisConnection()
      client.destroy()
    },
  }
}

/**
 * It signs 2,500 people in a second, in which a million take seven minutes: so one session that it made is copied, key by
 * key, with other names in it.
 */
async function fillByExample(client, signIn, count, eachPerson) {
  await client.flushAll()
  await signIn('example-user')
  const keys = await client.keys('*')
  const texts = []
  let indexKey
  for (const key of keys) {
    if ((await client.type(key)) === 'set') indexKey = key
    else texts.push({ key, text: await client.get(key), seconds: await client.ttl(key) })
  }
  const [id] = await client.sMembers(indexKey)
  const seconds = await client.ttl(indexKey)
  await inFlight(count, 500, (at) => {
    const user = `other-${Math.floor(at / eachPerson)}`
    const other = randomBytes(id.length / 2).toString('hex')
    const put = (text) => text.replaceAll(id, other).replaceAll('example-user', user)
    const writes = texts.map(({ key, text, seconds }) => {
      const expiration = seconds > 0 ? { expiration: { type: 'EX', value: seconds } } : {}
      return client.set(put(key), put(text), expiration)
    })
    const index = put(indexKey)
    return Promise.all([...writes, client.sAdd(index, other), client.expire(index, seconds)])
  })
}
