/** Keys that come and go: under load, at two processes, by the commands that people have for it; and over time. */
import { setTimeout as pause } from 'node:timers/promises'
import {
  createRemoteJWKSet,
  customFetch,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  startRedis,
  waitFor,
  type RedisServer,
} from '../../../library/test/support/redis-server.js'
import type { KeyChange, KeyFacts } from '../../../library/src/keys/index.js'
import { createVerifier } from '../../../library/src/verify/index.js'
import type { Client } from '../support/client.js'
import { runCli } from '../support/run-cli.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'
import { startSteadyLoad, type Outcome } from '../support/steady-load.js'
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

const PER_SECOND = 500
/** For the way to all processes and back, on a crowded machine. */
const MARGIN = 300

interface Head {
  readonly kid: string
  readonly alg: string
}

const headOf = (token: string): Head => partOf(token, 0)
const partOf = <Part>(token: string, index: number): Part =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()) as Part

async function kidsAt(client: Client): Promise<readonly string[]> {
  const { keys } = (await client.get('/.well-known/jwks.json')).json<{ keys: { kid: string }[] }>()
  return keys.map(({ kid }) => kid)
}

async function exchange(client: Client, refreshToken: string): Promise<Pair> {
  const answer = await refresh(client, refreshToken)
  expect(answer.status).toBe(200)
  return answer.json<Pair>()
}

/** Milliseconds. A machine that is so late for its own timers lets stores miss their deadlines, too. */
const CROWDED = 15

/**
 * No request failed; on a crowded machine some may have been told to come again, and nothing worse. That is why no
 * title here claims a row that says "0 failed".
 */
function expectNoFailure(outcome: Outcome): void {
  const { asked, rate, failures, unavailable, lateness } = outcome
  console.log(
    `${asked} requests, ${rate.toFixed(0)} a second, ${failures.length} failed (${unavailable} x 503), late by ${lateness.toFixed(1)} ms`,
  )
  if (lateness < CROWDED) expect(failures).toEqual([])
  expect(failures.length - unavailable).toBe(0)
}

describe('at two processes', () => {
  let redis: RedisServer
  let services: readonly [Service, Service]
  let clients: readonly [Client, Client]
  let desk: TokenDesk
  let subject: string
  let environment: Service['environment']

  beforeAll(async () => {
    redis = await startRedis()
    const dataDir = temporaryFolder()
    environment = { ...SHARED, REDIS_URL: redis.url, LOG_LEVEL: 'warn' }
    services = [
      await startService(environment, { dataDir }),
      await startService(environment, { dataDir }),
    ]
    clients = [services[0].client(), services[1].client()]
    desk = await openDeskOnRedis(redis.url, environment)
    subject = await registerSubject(clients[0])
    environment = { ...environment, DATA_DIR: dataDir }
  })
  afterAll(async () => {
    await desk.close()
    for (const service of services) await service[Symbol.asyncDispose]()
    await redis.stop()
  })

  const cli = <Said>(...args: string[]): Promise<Said> => runCli<Said>(environment, 'keys', ...args)

  /** Every process publishes it. */
  const isPublished = async (kid: string): Promise<boolean> =>
    (await Promise.all(clients.map(kidsAt))).every((kids) => kids.includes(kid))

  /** Every process signs with it. */
  const isSigning = async ({ refreshToken }: Holder, kid: string): Promise<boolean> => {
    const first = await exchange(clients[0], refreshToken)
    const second = await exchange(clients[1], refreshToken)
    return [first, second].every(({ accessToken }) => headOf(accessToken).kid === kid)
  }

  it('as in ASVS 11.2.2, keys and the algorithm change under 500 requests a second, and secrets under 100, none of which is refused; old tokens stay good', async () => {
    const holders = await desk.startMany(subject, 60)
    const [old, ...others] = holders as [Holder, ...Holder[]]
    let load = startSteadyLoad(clients, others, PER_SECOND)
    await pause(300)

    // Keys and algorithm, by the ring.
    const published = await cli<KeyChange>('generate')
    const second = published.kid ?? ''
    await waitFor('the key to be published', () => isPublished(second))
    await desk.ring.admin.activate(second)
    await pause(300)
    const { keys } = await cli<{ keys: KeyFacts[] }>('list')
    const first = keys.find(({ origin }) => origin === 'option')?.kid ?? ''
    await desk.ring.admin.retire(first)
    const { kid: third = '' } = await cli<KeyChange>('rotate', '--now', '--algorithm', 'ES256')
    await pause(300)
    const outcome = await load.stop()
    expectNoFailure(outcome)
    if (outcome.lateness < CROWDED) expect(outcome.rate).toBeGreaterThan(PER_SECOND * 0.9)
    const heads = outcome.tokens.map(headOf)
    expect(new Set(heads.map(({ kid }) => kid))).toEqual(new Set([first, second, third]))
    expect(new Set(heads.map(({ alg }) => alg))).toEqual(new Set(['EdDSA', 'ES256']))

    // Secrets that processes are started with, as in a rolling update: known to all before the first one uses them.
    const renewed = {
      SESSION_SECRET: 'another one for tokens: gT5x-Vb8m-Yw3k-Rz6q',
      REFRESH_SECRET: 'another one to refresh: kD4n-Zc7p-Xs2h-Bj9w-Mf6t',
    }
    load = startSteadyLoad(clients, await desk.startMany(subject, 30), PER_SECOND / 5)
    for (const order of [joined(SHARED, renewed), joined(renewed, SHARED)]) {
      for (const [index, service] of services.entries()) {
        load.clients = clients.filter((_, place) => place !== index)
        await load.drained()
        await service.restart({ ...environment, ...order })
        load.clients = clients
      }
    }
    await pause(300)
    expectNoFailure(await load.stop())
    // What was handed out before all this: a token of the first key, and secrets of the first kind.
    expect(headOf(old.accessToken).kid).toBe(first)
    for (const client of clients) {
      expect((await present(client, old.accessToken)).status).toBe(200)
      expect((await client.get('/session', { cookie: old.cookie })).status).toBe(200)
    }
    expect(await isSigning(old, third)).toBe(true)
  }, 60_000)

  it('behaviour 16c: `sojourn keys retire --now` ends every access token of a key within a second, at all processes; refreshing goes on with another', async () => {
    const { kid: key = '' } = await cli<KeyChange>('generate', '--now')
    const probe = await desk.start(subject)
    await waitFor('the key to sign', async () => {
      const pair = await exchange(clients[0], probe.refreshToken)
      return headOf(pair.accessToken).kid === key
    })
    const holders = await desk.startMany(subject, 40)
    expect(new Set(holders.map(({ accessToken }) => headOf(accessToken).kid))).toEqual(
      new Set([key]),
    )
    for (const client of clients) {
      for (const { accessToken } of holders) {
        expect((await present(client, accessToken)).status).toBe(200)
      }
    }
    let isOver = false
    const accepted: number[] = []
    const watching = clients.flatMap((client) =>
      holders.slice(0, 10).map(async ({ accessToken }) => {
        while (!isOver) {
          const at = performance.now()
          if ((await present(client, accessToken)).status === 200) accepted.push(at)
          await pause(5)
        }
      }),
    )
    await cli('retire', key, '--now')
    const retiredAt = performance.now()
    await pause(1_000)
    isOver = true
    await Promise.all(watching)
    const last = Math.max(...accepted) - retiredAt
    console.log(`last accepted ${last.toFixed(1)} ms after the command had ended`)
    expect(last).toBeLessThan(1_000)
    for (const [index, { accessToken, cookie, refreshToken }] of holders.entries()) {
      const client = clients[index % 2 ? 1 : 0]
      const answer = await present(client, accessToken)
      expect([answer.status, answer.json().code]).toEqual([401, 'kid_unknown'])
      expect((await client.get('/session', { cookie })).status).toBe(200)
      const pair = await exchange(client, refreshToken)
      expect(headOf(pair.accessToken).kid).not.toBe(key)
      expect((await present(client, pair.accessToken)).status).toBe(200)
    }
    expect(await isPublished(key)).toBe(false)
  })

  it('an emergency in the midst of 200 requests a second refuses the tokens of that key, and nothing else', async () => {
    const holders = await desk.startMany(subject, 40)
    const key = headOf((holders[0] as Holder).accessToken).kid
    expect(new Set(holders.map(({ accessToken }) => headOf(accessToken).kid)).size).toBe(1)
    const load = startSteadyLoad(clients, holders, 200)
    await pause(400)
    await desk.ring.admin.retireNow(key)
    const retiredAt = performance.now()
    await waitFor('both to sign with another key', async () => {
      const { refreshToken } = await desk.start(subject)
      const pairs = [
        await exchange(clients[0], refreshToken),
        await exchange(clients[1], refreshToken),
      ]
      return pairs.every(({ accessToken }) => headOf(accessToken).kid !== key)
    })
    expect(performance.now() - retiredAt).toBeLessThan(1_000 + MARGIN)
    await pause(500)
    const { failures, unavailable, tokens } = await load.stop()
    // Whoever held one is told so, and refreshes.
    const other = failures.filter((line) => !/^bearer .*401 .*kid_unknown/.test(line))
    expect(other.length - unavailable).toBe(0)
    expect(failures.length).toBeGreaterThan(other.length)
    expect(new Set(tokens.map((token) => headOf(token).kid)).size).toBe(2)
  })
})

/** Both secrets of each kind, those of `first` in front. */
function joined(
  first: Service['environment'],
  second: Service['environment'],
): Service['environment'] {
  const join = (name: string): string => `${first[name] ?? ''},${second[name] ?? ''}`
  return { SESSION_SECRET: join('SESSION_SECRET'), REFRESH_SECRET: join('REFRESH_SECRET') }
}

/** A service whose clock can be set ahead, and what is done with its keys. */
async function openTimeMachine() {
  const service = await startService({ ...SHARED, SESSION_IDLE: '12h' }, { movingClock: true })
  const client = service.client()
  const desk = await openDeskOnSqlite(service.dataDir, SHARED)
  const subject = await registerSubject(client)
  let ahead = 0
  return {
    client,
    start: () => desk.start(subject),
    cli: <Said>(...args: string[]): Promise<Said> =>
      runCli<Said>({ ...SHARED, DATA_DIR: service.dataDir }, 'keys', ...args),
    async advance(milliseconds: number): Promise<void> {
      await service.advance(milliseconds)
      ahead += milliseconds
    },
    clock: { now: () => Date.now() + ahead, elapsed: () => performance.now() + ahead },
    jwks: new URL(`${service.url}/.well-known/jwks.json`),
    async [Symbol.asyncDispose]() {
      await desk.close()
      await service[Symbol.asyncDispose]()
    },
  }
}

describe('over time', () => {
  /** Fetches, and counts. */
  function counting(): { fetch: typeof fetch; readonly count: number } {
    const counter = {
      count: 0,
      fetch: ((...call) => {
        counter.count += 1
        return fetch(...call)
      }) as typeof fetch,
    }
    return counter
  }

  it('behaviour 16d: a new key is published for as long as others may keep the set, before it signs; unknown ones cost one fetch a cooldown', async () => {
    await using machine = await openTimeMachine()
    const { client, cli, advance, clock, jwks } = machine
    const fetched = counting()
    const remote = counting()
    const options = { issuer: SHARED['JWT_ISSUER'] ?? '', audience: SHARED['JWT_AUDIENCE'] ?? '' }
    const verifier = createVerifier({
      ...options,
      jwks,
      fetch: fetched.fetch,
      clock,
      cooldown: '1s',
    })
    const keySet = createRemoteJWKSet(jwks, {
      cooldownDuration: 30_000,
      [customFetch]: remote.fetch,
    })
    const verify = async (token: string): Promise<boolean> => {
      const verdict = await verifier.verify(token)
      const currentDate = new Date(clock.now())
      await jwtVerify(token, keySet, { ...options, typ: 'at+jwt', currentDate })
      return verdict.ok
    }
    const holder = await machine.start()
    let pair = await exchange(client, holder.refreshToken)
    const old = headOf(pair.accessToken).kid
    const head = (await client.get('/.well-known/jwks.json')).headers['cache-control'] ?? ''
    const keptFor = Number(/max-age=(\d+)/.exec(head)?.[1]) * 1_000
    expect(keptFor).toBeGreaterThan(0)

    const { kid = '', now, signers } = await cli<KeyChange>('generate')
    expect(signers.find((signer) => signer.kid === kid)?.at).toBeGreaterThanOrEqual(now + keptFor)
    await waitFor('the key to be published', async () => (await kidsAt(client)).includes(kid))
    expect(await verify(pair.accessToken)).toBe(true)
    expect([fetched.count, remote.count]).toEqual([1, 1])

    await advance(keptFor - 5_000 - (Date.now() - now))
    pair = await exchange(client, pair.refreshToken)
    expect(headOf(pair.accessToken).kid).toBe(old)
    await advance(6_000)
    pair = await exchange(client, pair.refreshToken)
    expect(headOf(pair.accessToken).kid).toBe(kid)
    // Whoever fetched the set since it was published knows the key already.
    expect(await verify(pair.accessToken)).toBe(true)
    expect(remote.count).toBe(1)

    const before = fetched.count
    const strangers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => strangersToken(index)),
    )
    const begunAt = performance.now()
    await pause(1_000)
    for (let round = 0; round < 3; round += 1) {
      const verdicts = await Promise.all(strangers.map((token) => verifier.verify(token)))
      expect(new Set(verdicts.map((verdict) => !verdict.ok && verdict.code))).toEqual(
        new Set(['kid_unknown']),
      )
    }
    const cooldowns = Math.ceil((performance.now() - begunAt) / 1_000)
    expect(fetched.count - before).toBeGreaterThanOrEqual(1)
    expect(fetched.count - before).toBeLessThanOrEqual(cooldowns)
    verifier.close()
  })

  it('behaviour 16b, jwt-13: the tokens of a retired key are accepted until the last one has expired, and then the key is unknown', async () => {
    await using machine = await openTimeMachine()
    const { client, cli, advance, clock } = machine
    const holder = await machine.start()
    const { kid: key = '' } = await cli<KeyChange>('rotate', '--now')
    const { accessToken: token } = await exchange(client, holder.refreshToken)
    expect(headOf(token).kid).toBe(key)
    await cli('rotate', '--now')
    // The last one that the key signed, to the last second of its life.
    const { exp } = partOf<{ exp: number }>(token, 1)
    await advance(exp * 1_000 - clock.now() - 2_000)
    expect((await present(client, token)).status).toBe(200)
    expect(await kidsAt(client)).toContain(key)
    await advance(8_000)
    // Asked once, the store tells how late it is.
    await present(client, token)
    expect((await present(client, token)).json()).toMatchObject({ code: 'token_expired' })
    await advance(15 * 60_000)
    expect(await kidsAt(client)).not.toContain(key)
    const answer = await present(client, token)
    expect(answer.status).toBe(401)
    expect(answer.json()).toMatchObject({
      code: 'kid_unknown',
      detail: 'The token was signed with an unknown key.',
    })
  })
})

/** What anybody can make who has seen one of our tokens: all is right but the key. */
async function strangersToken(index: number): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
  const { x = '' } = await exportJWK(publicKey)
  return new SignJWT({ sid: `AA.${'x'.repeat(22)}` })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: x.slice(0, 16) })
    .setIssuer(SHARED['JWT_ISSUER'] ?? '')
    .setAudience(SHARED['JWT_AUDIENCE'] ?? '')
    .setSubject('ada')
    .setJti(`stranger${index}`)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey)
}
