/** The variables that concern tokens, each by what it changes; and what a token says of a person. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findSqliteDriver } from '../../../library/src/store/sqlite/index.js'
import { startRedis } from '../../../library/test/support/redis-server.js'
import type { Client } from '../support/client.js'
import { ConfigError, loadConfig } from '../../src/config/index.js'
import {
  runToEnd,
  startService,
  temporaryFolder,
  type Environment,
  type Service,
} from '../support/service.js'
import {
  basic,
  bearing,
  freshSecret,
  open,
  PASSWORD,
  refresh,
  register,
  signIn,
  signingKey,
  type Pair,
} from '../support/tokens.js'

const CLIENT_SECRET = freshSecret()
const CLIENTS = { OAUTH_CLIENTS: `gateway:${CLIENT_SECRET}` }
const DAY = 86_400

/** The service where nothing is set: what several tests look at, and none changes. */
let plain: Promise<Service> | undefined
afterAll(async () => {
  await (await plain)?.[Symbol.asyncDispose]()
})
let people = 0

/** Hands over the tokens of somebody new on a service with these variables, which is started for it if there are any. */
async function withService<Result>(
  environment: Environment,
  look: (pair: Pair, service: Service, client: Client) => Promise<Result>,
): Promise<Result> {
  if (Object.keys(environment).length === 0) {
    const service = await (plain ??= startService(CLIENTS))
    const client = service.client()
    people += 1
    return await look(await register(client, `ada${people}`), service, client)
  }
  await using service = await startService({ ...CLIENTS, ...environment })
  const client = service.client()
  return await look(await register(client, 'ada'), service, client)
}

/** Seconds for which a refresh token is still good. */
async function lifetimeOf(service: Service, { refreshToken: token }: Pair): Promise<number> {
  const headers = { Authorization: basic('gateway', CLIENT_SECRET) }
  const answer = await service.client().post('/oauth/introspect', { token }, { headers })
  return answer.json<{ exp: number }>().exp - Date.now() / 1000
}

/** Starts nothing for it: that what is refused ends the process with 78 is shown in start-and-stop.test.ts. */
async function expectRefused(environment: Environment, message: RegExp): Promise<void> {
  const given = { NODE_ENV: 'test', DATA_DIR: temporaryFolder(), ...environment }
  expect(() => loadConfig(given)).toThrow(ConfigError)
  expect(() => loadConfig(given)).toThrow(message)
}

describe('keys', () => {
  it('S0-26, S3-45: JWT_SECRET is read, a shared secret (HS256) as well as a private key; both at once, or too short a one, start nothing', async () => {
    const secret = freshSecret()
    const cases = [
      [undefined, 'EdDSA'],
      [signingKey('ed25519'), 'EdDSA'],
      [signingKey('ec'), 'ES256'],
      [signingKey('rsa'), 'RS256'],
      [secret, 'HS256'],
    ] as const
    for (const [key, algorithm] of cases) {
      await withService(key === undefined ? {} : { JWT_SECRET: key }, async (pair, service) => {
        expect(open(pair.accessToken).header).toMatchObject({ alg: algorithm, typ: 'at+jwt' })
        const answer = await service.client().get('/dashboard', bearing(pair.accessToken))
        expect([algorithm, answer.status]).toEqual([algorithm, 200])
        const { keys } = (await service.client().get('/.well-known/jwks.json')).json<{
          keys: object[]
        }>()
        // A shared secret is nobody else's business.
        expect([algorithm, keys.length]).toEqual([algorithm, algorithm === 'HS256' ? 0 : 1])
        expect(JSON.stringify(keys)).not.toContain(secret)
      })
    }
    for (const list of [`${secret},${signingKey()}`, `${signingKey()},${secret}`]) {
      await expectRefused({ JWT_SECRET: list }, /JWT_SECRET/)
    }
    await expectRefused({ JWT_SECRET: 'short' }, /JWT_SECRET must be at least 32 characters long/)
    await expectRefused({ NODE_ENV: 'production' }, /JWT_SECRET is not set/)
  })

  it('S4-03: JWT_SECRET, REFRESH_SECRET and SESSION_SECRET sign one kind each, and have to differ', async () => {
    const own = {
      JWT_SECRET: freshSecret(),
      REFRESH_SECRET: freshSecret(),
      SESSION_SECRET: freshSecret(),
    }
    await using service = await startService(own)
    const client = service.client()
    const pair = await register(client, 'ada')
    const good = async (): Promise<readonly boolean[]> => {
      const anybody = service.client()
      const answers = [
        await anybody.get('/dashboard', bearing(pair.accessToken)),
        await refresh(anybody, pair.refreshToken),
        await anybody.get('/dashboard', { cookie: client.cookie }),
      ]
      return answers.map(({ status }) => status === 200)
    }
    const changed = async (name: keyof typeof own): Promise<readonly boolean[]> => {
      await service.restart({ ...own, [name]: freshSecret() }, 'SIGKILL')
      return good()
    }
    expect(await changed('JWT_SECRET')).toEqual([false, true, true])
    expect(await changed('REFRESH_SECRET')).toEqual([true, false, true])
    expect((await changed('SESSION_SECRET')).slice(1)).toEqual([true, false])
    const names = Object.keys(own) as (keyof typeof own)[]
    for (const [index, name] of names.entries()) {
      const other = names[(index + 1) % names.length] ?? name
      await expectRefused({ ...own, [name]: own[other] }, /use two secrets/)
    }
  })
})

describe('lifetimes', () => {
  it('S0-07, S3-01, S3-46: JWT_ACCESS_TOKEN_EXPIRY says how long an access token lives: 15 minutes unless it says otherwise', async () => {
    for (const [value, seconds] of [
      [undefined, 900],
      ['1h', 3600],
    ] as const) {
      const environment =
        value === undefined ? {} : { JWT_ACCESS_TOKEN_EXPIRY: value, SESSION_IDLE: '2h' }
      await withService(environment, async ({ accessToken, expiresIn }) => {
        const { exp, iat } = open(accessToken).claims
        expect(Number(exp) - Number(iat)).toBe(expiresIn)
        // A tenth at most is taken off at random.
        expect(expiresIn).toBeGreaterThanOrEqual(seconds * 0.9 - 1)
        expect(expiresIn).toBeLessThanOrEqual(seconds)
      })
    }
    await expectRefused({ JWT_ACCESS_TOKEN_EXPIRY: '2h' }, /JWT_ACCESS_TOKEN_EXPIRY/)
  })

  it('S3-47, S3-58: JWT_REFRESH_TOKEN_EXPIRY or REFRESH_TOKEN_TTL says how long a refresh token lives: a week unless it says otherwise', async () => {
    const cases = [
      [{}, 7 * DAY],
      [{ JWT_REFRESH_TOKEN_EXPIRY: '2d' }, 2 * DAY],
      [{ REFRESH_TOKEN_TTL: '3600' }, 3600],
    ] as const
    for (const [environment, seconds] of cases) {
      await withService({ SESSION_TTL: '30d', ...environment }, async (pair, service) => {
        const left = await lifetimeOf(service, pair)
        expect(left).toBeLessThanOrEqual(seconds)
        expect(left).toBeGreaterThan(seconds - 10)
      })
    }
    await expectRefused(
      { JWT_REFRESH_TOKEN_EXPIRY: '7d', REFRESH_TOKEN_TTL: '3600' },
      /REFRESH_TOKEN_TTL/,
    )
  })

  it('S3-57: SESSION_TTL, in seconds as well, says how long a session lives, and its tokens no longer', async () => {
    for (const [value, seconds] of [['600', 600]] as const) {
      await withService({ SESSION_TTL: value }, async (pair, service, client) => {
        const { createdAt, expiresAt } = (await client.get('/session')).json<
          Record<string, string>
        >()
        expect(Date.parse(expiresAt ?? '') - Date.parse(createdAt ?? '')).toBe(seconds * 1000)
        expect(pair.expiresIn).toBeLessThanOrEqual(seconds)
        expect(await lifetimeOf(service, pair)).toBeLessThanOrEqual(seconds)
      })
    }
  })
})

describe('what a token holds', () => {
  it('S3-48, S3-49: JWT_ISSUER and JWT_AUDIENCE are what it says, and what it must say', async () => {
    const names = { JWT_ISSUER: 'jwt-redis-sessions', JWT_AUDIENCE: 'jwt-redis-sessions-users' }
    const key = { JWT_SECRET: signingKey() }
    await withService({ ...key, ...names }, async (pair, service) => {
      expect(open(pair.accessToken).claims).toMatchObject({
        iss: 'jwt-redis-sessions',
        aud: 'jwt-redis-sessions-users',
      })
      for (const [name, code] of [
        ['JWT_ISSUER', 'issuer_mismatch'],
        ['JWT_AUDIENCE', 'audience_mismatch'],
      ] as const) {
        await service.restart({ ...key, ...names, [name]: 'somebody else' }, 'SIGKILL')
        const answer = await service.client().get('/dashboard', bearing(pair.accessToken))
        expect([name, answer.status, answer.json().code]).toEqual([name, 401, code])
      }
    })
  })

  it('S3-56: TOKEN_LENGTH says how many random bytes are in what may be presented', async () => {
    for (const [value, bytes] of [
      [undefined, 32],
      ['16', 16],
      ['64', 64],
    ] as const) {
      await withService(
        value === undefined ? {} : { TOKEN_LENGTH: value },
        async (pair, service, client) => {
          const seed = pair.refreshToken.split('.')[3] ?? ''
          expect(Buffer.from(seed, 'base64url')).toHaveLength(bytes)
          const cookie = [...client.jar.values()][0]?.split('.')[2] ?? ''
          // The secret, and the tag behind it.
          expect(Buffer.from(cookie, 'base64url').length).toBe(bytes + 12)
          expect((await client.get('/dashboard')).status).toBe(200)
          expect((await refresh(service.client(), pair.refreshToken)).status).toBe(200)
        },
      )
    }
    await expectRefused({ TOKEN_LENGTH: '8' }, /TOKEN_LENGTH/)
  })

  it('S4-16: is nothing about the person but what JWT_ALLOWED_TOKEN_FIELDS names, which may not name secrets', async () => {
    const standard = ['amr', 'aud', 'auth_time', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub', 'ver']
    await withService({}, async ({ accessToken }) => {
      expect(Object.keys(open(accessToken).claims).sort()).toEqual(standard)
    })
    await withService({ JWT_ALLOWED_TOKEN_FIELDS: 'username,nothing' }, async ({ accessToken }) => {
      const { claims } = open(accessToken)
      expect(Object.keys(claims).sort()).toEqual([...standard, 'username'].sort())
      expect(claims['username']).toBe('ada')
      const text = JSON.stringify(open(accessToken))
      expect(text).not.toMatch(/passw|hash|secret|\$2|argon/i)
      expect(text).not.toContain(PASSWORD)
    })
    // The library refuses these, later than the configuration is read.
    for (const name of ['passwordHash', 'client_secret']) {
      const { code, stderr, stdout } = await runToEnd({
        JWT_ALLOWED_TOKEN_FIELDS: `username,${name}`,
      })
      expect(code).toBe(78)
      expect(stdout + stderr).toContain(name)
    }
  })

  it('S4-10: is asked for anew at each refresh; of somebody who is switched off or gone nothing is refreshed', async () => {
    await withService({ JWT_ALLOWED_TOKEN_FIELDS: 'username' }, async (pair, service, client) => {
      const driver = await findSqliteDriver()
      const database = new driver.DatabaseSync(join(service.dataDir, 'sojourn.db'))
      const set = (what: string): void => {
        database.exec(`UPDATE account SET ${what}`)
      }
      set("username = 'lovelace'")
      const renamed = (await refresh(service.client(), pair.refreshToken)).json<Pair>()
      expect(open(renamed.accessToken).claims['username']).toBe('lovelace')
      set('disabled_at = 1')
      const refused = await refresh(service.client(), renamed.refreshToken)
      expect([refused.status, refused.json().code]).toEqual([400, 'invalid_grant'])
      expect((await client.get('/dashboard')).status).toBe(401)
      set('disabled_at = NULL')
      expect((await refresh(service.client(), renamed.refreshToken)).status).toBe(400)
      database.close()
    })
  })
})

describe('where it rests', () => {
  it('REDIS_URL says where sessions rest, with user and password', async () => {
    const redis = await startRedis()
    try {
      const password = freshSecret()
      await redis.cli('acl', 'setuser', 'app', 'on', `>${password}`, '~*', '&*', '+@all')
      const url = new URL(redis.url)
      url.username = 'app'
      url.password = password
      await withService({ REDIS_URL: url.href }, async (pair, service) => {
        expect((await redis.cli('dbsize')).trim()).not.toBe('0')
        // The files hold nothing of a session: another data folder knows it as well.
        rmSync(join(service.dataDir, 'sessions.db'), { force: true })
        await service.restart(undefined, 'SIGKILL')
        expect((await refresh(service.client(), pair.refreshToken)).status).toBe(200)
        expect(service.output()).not.toContain(password)
        await signIn(service.client(), 'ada')
      })
    } finally {
      await redis.stop()
    }
  })
})
