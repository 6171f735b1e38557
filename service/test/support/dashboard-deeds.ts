import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisServer } from '../../../library/test/support/redis-server.js'
import type { Answer, Client } from './client.js'
import type { Service } from './service.js'
import type { Pair } from './tokens.js'

/** Everything that happens seldom, once, so that no panel of a dashboard has only zeros to show. */

// Not those of tokens.ts, which brings the whole library along: a second of CPU.
const freshSecret = (): string => randomBytes(48).toString('base64url')
const bearing = (token: string) => ({ headers: { Authorization: `Bearer ${token}` }, cookie: '' })
const refresh = (client: Client, token: string): Promise<Answer> =>
  client.post('/refresh', undefined, bearing(token))

const PASSWORD = 'correct horse battery 9'
const CLIENT_SECRET = freshSecret()
const AGAIN = `${PASSWORD} again`

/** What the services are started with. Limits are low, and each network has its own. */
export const ENVIRONMENT = {
  METRICS_TOKEN: randomBytes(32).toString('base64url'),
  ADMIN_TOKEN: randomBytes(32).toString('base64url'),
  SESSION_SECRET: freshSecret(),
  JWT_SECRET: freshSecret(),
  REFRESH_SECRET: freshSecret(),
  OAUTH_CLIENTS: `gateway:${CLIENT_SECRET}`,
  TRUST_PROXY: 'loopback',
  RATE_LIMIT: '20',
  MAX_LOGIN_ATTEMPTS: '3',
} as const

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0'
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

function from(service: Service, address: string, agent = FIREFOX): Client {
  return service.client({ headers: { 'X-Forwarded-For': address, 'User-Agent': agent } })
}

/** What people do who mean well, at two processes on one store. */
export async function useEverything(first: Service, second: Service): Promise<void> {
  const alice = from(first, '198.51.100.1')
  const pair = await enter(alice, 'alice')
  await tokens(first, pair)
  await done(200, () => alice.post('/password', { currentPassword: PASSWORD, newPassword: AGAIN }))
  await endElsewhere(alice, second)
  const session = await done(200, () => alice.get('/session'))
  await administrate(first, session.json<{ subject: string }>().subject)
}

/** Exchanged, asked about, and malformed. */
async function tokens(service: Service, pair: Pair) {
  const client = from(service, '198.51.100.2')
  await done(200, () => refresh(client, pair.refreshToken))
  // Within the grace: the same answer once more.
  await done(200, () => refresh(client, pair.refreshToken))
  await done(400, () => refresh(client, 'not-a-token'))
  await done(401, () => client.get('/profile', bearing(`${pair.accessToken}x`)))
  const asking = () =>
    client.request('POST', '/oauth/introspect', {
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        Authorization: `Basic ${Buffer.from(`gateway:${CLIENT_SECRET}`).toString('base64')}`,
      },
      body: new URLSearchParams({ token: pair.accessToken }).toString(),
      cookie: '',
    })
  await done(200, asking)
}

/** A session that both processes know ends at one: the other hears of it. */
async function endElsewhere(alice: Client, second: Service): Promise<void> {
  const there = from(second, '198.51.100.1')
  for (const [name, value] of alice.jar) there.jar.set(name, value)
  await done(200, () => there.get('/session'))
  const other = alice.copy()
  other.jar.clear()
  await done(200, () => other.post('/login', { username: 'alice', password: AGAIN }))
  const otherThere = from(second, '198.51.100.1')
  for (const [name, value] of other.jar) otherThere.jar.set(name, value)
  await done(200, () => otherThere.get('/session'))
  await done(200, () => other.post('/logout'))
}

async function administrate(service: Service, subject: string): Promise<void> {
  const headers = { Authorization: `Bearer ${ENVIRONMENT.ADMIN_TOKEN}` }
  const admin = service.client({ headers })
  for (const act of ['disable', 'enable', 'unlock', 'end-sessions']) {
    await done(200, () => admin.post(`/admin/users/${subject}/${act}`))
  }
}

/** What those do who do not. */
export async function attack(service: Service): Promise<void> {
  const thief = from(service, '203.0.113.1', CHROME)
  const bob = from(service, '198.51.100.7')
  const stolen = await enter(bob, 'bob')
  // Stolen cookies, in another browser and network.
  for (const [name, value] of bob.jar) thief.jar.set(name, value)
  await thief.get('/session')
  // Cross-site.
  const form = {
    'Content-Type': 'application/x-www-form-urlencoded',
    'Sec-Fetch-Site': 'cross-site',
  }
  await done(403, () => bob.request('POST', '/logout', { headers: form, body: '' }))
  // A refresh token two exchanges old.
  const next = await done(200, () => refresh(bob, stolen.refreshToken))
  const after = next.json<{ refreshToken: string }>().refreshToken
  await done(200, () => refresh(bob, after))
  await done(400, () => refresh(thief, stolen.refreshToken))
  // Guessing until it is locked, then until the limit of the network is reached.
  const guesser = from(service, '203.0.113.9')
  const guess = () => guesser.post('/login', { username: 'bob', password: 'wrong horse battery 9' })
  await done(401, guess)
  while ((await guess()).status !== 429);
  for (let turn = 0; turn < 20; turn += 1) await done(429, guess)
}

/** The store does not answer for a moment, and ends every connection: calls fail, and near caches must not answer. */
export async function interrupt(redis: RedisServer, service: Service): Promise<void> {
  const client = from(service, '198.51.100.20')
  await enter(client, 'carol')
  redis.pause()
  try {
    await sleep(1_000)
    await Promise.all([1, 2, 3, 4].map(() => client.patch('/session', { seen: 1 })))
  } finally {
    redis.resume()
  }
  for (const type of ['normal', 'pubsub']) await redis.cli('CLIENT', 'KILL', 'TYPE', type)
  await done(200, () => client.get('/session'))
}

/** Makes an account and signs in. Where it was made although the answer said that the store was away, signs in alone. */
async function enter(client: Client, username: string): Promise<Pair> {
  const person = { username, password: PASSWORD }
  const answer = await client.post('/register', person)
  if (answer.status === 201) return answer.json<{ tokens: Pair }>().tokens
  const again = await done(200, () => client.post('/login', person))
  return again.json<{ tokens: Pair }>().tokens
}

/** Until so long a machine that is too busy for the deadlines of the store is forgiven. Milliseconds. */
const PATIENCE = 15_000

/** Asks until the store answers in time. Fails with what came instead. */
async function done(status: number, ask: () => Promise<Answer>): Promise<Answer> {
  const until = performance.now() + PATIENCE
  for (;;) {
    const answer = await ask()
    if (answer.status === status) return answer
    if (answer.status !== 503 || performance.now() > until) {
      throw new Error(`${String(answer.status)} instead of ${String(status)}: ${answer.text}`)
    }
    await sleep(250)
  }
}
