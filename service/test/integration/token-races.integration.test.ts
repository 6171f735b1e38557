/**
 * One refresh token in many hands at once: fifty at two processes, a third of whom never hear the answer; and
 * tokens, used up before all processes and the store are restarted.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import type { Answer, Client } from '../support/client.js'
import { hangUp } from '../support/hang-up.js'
import { startRedisWire } from '../support/redis-wire.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'
import {
  openDeskOnRedis,
  openDeskOnSqlite,
  present,
  refresh,
  registerSubject,
  SHARED,
  type Holder,
  type Pair,
  type TokenDesk,
} from '../support/token-desk.js'

interface Scene {
  readonly services: readonly [Service, Service]
  readonly clients: readonly [Client, Client]
  readonly desk: TokenDesk
  readonly subject: string
  /** There is none on SQLite. */
  readonly redis?: RedisServer
  stop(): Promise<void>
}

const DEBUG = { ...SHARED, LOG_LEVEL: 'debug' }

async function onRedis(more: Service['environment'] = {}): Promise<Scene> {
  const redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const wire = await startRedisWire(redis.port)
  // Slow enough that requests overlap, and do not only follow each other closely.
  wire.delay = 2
  const environment = { ...DEBUG, ...more, REDIS_URL: `redis://127.0.0.1:${wire.port}` }
  const scene = await atTwoServices(environment)
  const desk = await openDeskOnRedis(redis.url, environment)
  return {
    ...scene,
    desk,
    redis,
    async stop() {
      await desk.close()
      await scene.stop()
      await wire.close()
      await redis.stop()
    },
  }
}

async function onSqlite(): Promise<Scene> {
  const scene = await atTwoServices(DEBUG)
  const desk = await openDeskOnSqlite(scene.services[0].dataDir, DEBUG)
  return {
    ...scene,
    desk,
    async stop() {
      await desk.close()
      await scene.stop()
    },
  }
}

async function atTwoServices(environment: Service['environment']): Promise<Omit<Scene, 'desk'>> {
  const dataDir = temporaryFolder()
  const first = await startService(environment, { dataDir })
  const second = await startService(environment, { dataDir })
  const subject = await registerSubject(first.client())
  return {
    services: [first, second],
    clients: [first.client(), second.client()],
    subject,
    async stop() {
      for (const service of [first, second]) await service[Symbol.asyncDispose]()
    },
  }
}

/** How many present one token at once. */
const RIVALS = 50

/** They present it, half at each process; every third hangs up unanswered, and comes again. */
async function raceFor({ services, clients }: Scene, token: string): Promise<readonly Answer[]> {
  const rival = async (index: number): Promise<Answer> => {
    const side = index % 2 ? 1 : 0
    if (index % 3 === 0) {
      const moment = index % 4 < 2 ? 'sent' : 'answered'
      await hangUp(services[side].port, '/refresh', { refreshToken: token }, moment)
    }
    return insist(() => refresh(clients[side], token))
  }
  return Promise.all(Array.from({ length: RIVALS }, (_, index) => rival(index)))
}

/** The one pair that all of them were given. */
function successorOf(answers: readonly Answer[], token: string): Pair {
  expect(answers.map(({ status }) => status)).toEqual(Array(RIVALS).fill(200))
  expect(answers.flatMap(({ cookies }) => cookies)).toEqual([])
  const pairs = answers.map((answer) => answer.json<Pair>())
  const successors = new Set(pairs.map(({ refreshToken }) => refreshToken))
  expect(successors.size).toBe(1)
  expect(successors).not.toContain(token)
  return pairs.at(-1) as Pair
}

const eventsOf = ({ services }: Scene, name: string) =>
  services.flatMap((service) => service.log().filter((line) => line['event'] === name))

/** Both processes accept all the given access tokens, or none. */
async function expectAccess(
  scene: Scene,
  tokens: readonly string[],
  status: number,
): Promise<void> {
  for (const client of scene.clients) {
    for (const token of tokens) {
      expect((await insist(() => present(client, token))).status).toBe(status)
    }
  }
}

async function expectReuse(client: Client, token: string): Promise<void> {
  const answer = await insist(() => refresh(client, token))
  expect(answer.status).toBe(400)
  expect(answer.json()).toMatchObject({ error: 'invalid_grant', reason: 'refresh_reuse' })
}

describe.each([
  { name: 'Redis', start: () => onRedis(), families: 3, rounds: 4 },
  { name: 'SQLite', start: onSqlite, families: 2, rounds: 3 },
])('two processes on $name', ({ name, start, families, rounds }) => {
  let scene: Scene

  beforeAll(async () => {
    scene = await start()
  })
  afterAll(() => scene.stop())

  const ids =
    name === 'Redis'
      ? 'jwt-06, CVE-2026-53517, CVE-2026-126280, CVE-2026-50631, CVE-2026-1035'
      : 'jwt-06'

  it(`${ids}: fifty refreshes of one token at once, every third reply lost, have one successor; the family goes on`, async () => {
    const { desk, subject } = scene
    for (let family = 0; family < families; family += 1) {
      const holder = await desk.start(subject)
      let token = holder.refreshToken
      for (let round = 1; round <= rounds; round += 1) {
        const answers = await raceFor(scene, token)
        const { refreshToken } = successorOf(answers, token)
        const record = await desk.record(holder.sessionId)
        expect(record?.family?.generation).toBe(1 + round)
        if (round === rounds) {
          const pairs = answers.map((answer) => answer.json<Pair>())
          await expectAccess(scene, [pairs[0]?.accessToken ?? '', holder.accessToken], 200)
        }
        token = refreshToken
      }
    }
    const exchanges = eventsOf(scene, 'refresh.rotated').map((line) => line['how'])
    // One whose own answer the store gave too late is not told of, and came again.
    const rotated = exchanges.filter((how) => how === 'rotated')
    expect(rotated.length).toBeLessThanOrEqual(families * rounds)
    expect(rotated.length).toBeGreaterThan(0)
    expect(exchanges.filter((how) => how !== 'rotated' && how !== 'replayed')).toEqual([])
    // Those who hung up were heard, too.
    expect(exchanges.length).toBeGreaterThan(families * rounds * RIVALS * 1.1)
    expect(eventsOf(scene, 'refresh.reused')).toEqual([])
    expect(eventsOf(scene, 'session.ended')).toEqual([])
  })

  it('a token that was left behind by one that raced is found out, and nothing of its family lives on', async () => {
    const holder = await scene.desk.start(scene.subject)
    const second = successorOf(await raceFor(scene, holder.refreshToken), holder.refreshToken)
    const third = successorOf(await raceFor(scene, second.refreshToken), second.refreshToken)
    await expectReuse(scene.clients[1], holder.refreshToken)
    await expectReuse(scene.clients[0], third.refreshToken)
    await refusedSoon(scene, [holder.accessToken, second.accessToken, third.accessToken])
    expect(await scene.desk.record(holder.sessionId)).toBeUndefined()
  })

  it('an end of all sessions that races refreshes and sign-ins leaves no token of them half alive', async () => {
    const tally = { refreshed: 0, outlived: 0, ended: 0 }
    const lane = async (number: number): Promise<void> => {
      const subject = await registerSubject(scene.clients[0], `lane${number}`)
      for (let round = 0; round < (name === 'Redis' ? 6 : 4); round += 1) {
        await raceAgainstTheEnd(scene, subject, round, tally)
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, number) => lane(number)))
    // It came before, in between and after.
    expect(tally.refreshed).toBeGreaterThan(0)
    expect(tally.ended).toBeGreaterThan(0)
  })
})

/** One person has three tabs: one refreshes, one signs out everywhere, one signs in. */
async function raceAgainstTheEnd(
  scene: Scene,
  subject: string,
  round: number,
  tally: { refreshed: number; outlived: number; ended: number },
): Promise<void> {
  const { desk, clients } = scene
  const [one, two] = round % 2 ? clients : ([clients[1], clients[0]] as const)
  const [victim, leaver] = await Promise.all([desk.start(subject), desk.start(subject)])
  await Promise.all(clients.map((client) => insist(() => present(client, victim.accessToken))))
  const lead = (round % 5) - 2
  const [refreshed, left, late] = await Promise.all([
    after(-lead, () => insist(() => refresh(one, victim.refreshToken))),
    after(lead, () => insist(() => two.post('/logout-all', undefined, { cookie: leaver.cookie }))),
    after(1, () => desk.start(subject)).catch(() => undefined),
  ])
  expect(left.status).toBe(200)
  expect([200, 400]).toContain(refreshed.status)
  const pairs = refreshed.status === 200 ? [refreshed.json<Pair>()] : []
  tally.refreshed += pairs.length
  await refusedSoon(
    scene,
    [victim, leaver, ...pairs].map(({ accessToken }) => accessToken),
  )
  for (const { refreshToken } of [victim, leaver, ...pairs]) {
    expect((await insist(() => refresh(one, refreshToken))).status).toBe(400)
  }
  if (late === undefined) tally.ended += 1
  else await expectWhole(scene, late, tally)
}

/** The session that began meanwhile lives with all its credentials, or with none, at both processes. */
async function expectWhole(
  scene: Scene,
  late: Holder,
  tally: { outlived: number; ended: number },
): Promise<void> {
  const isAlive = (await insist(() => refresh(scene.clients[0], late.refreshToken))).status === 200
  tally[isAlive ? 'outlived' : 'ended'] += 1
  if (!isAlive) await refusedSoon(scene, [late.accessToken])
  await expectAccess(scene, [late.accessToken], isAlive ? 200 : 401)
  for (const client of scene.clients) {
    const answer = await insist(() => client.get('/session', { cookie: late.cookie }))
    expect(answer.status).toBe(isAlive ? 200 : 401)
  }
}

describe('a restart of everything', () => {
  it('CVE-2026-9802: of both processes and of Redis, between an exchange and a replay, makes no used refresh token good again', async () => {
    const scene = await onRedis({ REFRESH_GRACE: '1s' })
    const { services, clients, desk, subject, redis } = scene
    const [grandparent, parent, kept] = [
      await desk.start(subject),
      await desk.start(subject),
      await desk.start(subject),
    ]
    const exchange = async (token: string, at: 0 | 1): Promise<Pair> => {
      const answer = await insist(() => refresh(clients[at], token))
      expect(answer.status).toBe(200)
      return answer.json<Pair>()
    }
    const second = await exchange(grandparent.refreshToken, 0)
    const third = await exchange(second.refreshToken, 1)
    const child = await exchange(parent.refreshToken, 0)
    const rotatedAt = performance.now()

    await redis?.restart()
    await Promise.all(services.map((service) => service.restart(undefined, 'SIGKILL')))
    await pause(1_100 - (performance.now() - rotatedAt))
    // One was left behind long ago; of the other, the grace is over, whoever was away meanwhile.
    await expectReuse(clients[1], grandparent.refreshToken)
    await expectReuse(clients[0], parent.refreshToken)
    for (const { refreshToken } of [grandparent, second, third, parent, child]) {
      await expectReuse(clients[0], refreshToken)
      await expectReuse(clients[1], refreshToken)
    }
    await refusedSoon(scene, [third.accessToken, child.accessToken])
    expect((await exchange(kept.refreshToken, 1)).refreshToken).not.toBe(kept.refreshToken)
    await scene.stop()
  })
})

async function after<Value>(wait: number, act: () => Promise<Value>): Promise<Value> {
  if (wait > 0) await pause(wait)
  return act()
}

/** They are refused by both processes; by the one that only hears of the end, within the bound of its cache. */
async function refusedSoon({ clients }: Scene, tokens: readonly string[]): Promise<void> {
  const until = performance.now() + 500
  for (const client of clients) {
    for (const token of tokens) {
      let answer = await insist(() => present(client, token))
      while (answer.status === 200 && performance.now() < until) {
        await pause(5)
        answer = await insist(() => present(client, token))
      }
      expect(answer.status).toBe(401)
    }
  }
}

/** Asks again where the store was too busy: on a crowded machine the processes keep each other waiting. */
async function insist(ask: () => Promise<Answer>): Promise<Answer> {
  for (let turn = 0; ; turn += 1) {
    const answer = await ask()
    if (answer.status !== 503 || turn === 20) return answer
    await pause(100)
  }
}
