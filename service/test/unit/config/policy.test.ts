import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { explainConfig } from '../../../src/config/explain.js'
import { VARIABLES } from '../../../src/config/variables.js'
import { development, load, newSecret, production, refusal, refusals } from './support.js'

describe('SESSION_POLICY', () => {
  it('without one, the defaults are those of asvs-l2, and more may be set', () => {
    const { session, tokens } = load(development())
    expect(session).toMatchObject({
      policy: undefined,
      idle: 3_600,
      absolute: 86_400,
      maxPerUser: 100,
    })
    expect(tokens).toMatchObject({ accessLifetime: 900, refreshLifetime: 604_800 })
    expect(refusals(development({ SESSION_TTL: '30d', SESSION_IDLE: '2d' }))).toEqual([])
  })

  it.each([
    ['asvs-l2', 3_600, 86_400, { idle: 1_209_600, absolute: 2_592_000 }, 100, 900, 604_800],
    [
      'nist-aal1',
      1_209_600,
      2_592_000,
      { idle: 1_209_600, absolute: 2_592_000 },
      100,
      900,
      2_592_000,
    ],
    ['nist-aal2', 3_600, 86_400, { idle: 3_600, absolute: 86_400 }, 100, 900, 86_400],
    ['nist-aal3', 900, 43_200, { idle: 900, absolute: 43_200 }, 10, 300, 43_200],
  ] as const)(
    '%s sets the defaults',
    (policy, idle, absolute, remember, maxPerUser, access, refresh) => {
      const { session, tokens } = load(development({ SESSION_POLICY: policy }))
      expect(session).toMatchObject({ policy, idle, absolute, remember, maxPerUser })
      expect([tokens.accessLifetime, tokens.refreshLifetime]).toEqual([access, refresh])
    },
  )

  it.each([
    ['SESSION_TTL', '25h', '25h', '24h'],
    ['SESSION_IDLE', '2h', '2h', '1h'],
    ['SESSION_MAX_PER_USER', '101', '101', '100'],
    ['JWT_ACCESS_TOKEN_EXPIRY', '20m', '20m', '15m'],
    ['JWT_REFRESH_TOKEN_EXPIRY', '2d', '2d', '24h'],
    ['REFRESH_TOKEN_TTL', '172800', '2d', '24h'],
  ])('a laxer %s is refused with both numbers', (name, value, asked, allowed) => {
    expect(refusal(development({ SESSION_POLICY: 'nist-aal2', [name]: value }))).toEqual({
      code: 'CONFIG_RANGE',
      message: `${name} (${asked}) is more than SESSION_POLICY=nist-aal2 allows (${allowed}).`,
    })
  })

  it('a stricter setting counts, and the idle time shrinks with it', () => {
    const { session } = load(development({ SESSION_POLICY: 'nist-aal2', SESSION_TTL: '30m' }))
    expect(session).toMatchObject({ idle: 1_800, absolute: 1_800 })
  })
})

describe('what is explained', () => {
  const explained = (environment: Record<string, string | undefined>) =>
    new Map(explainConfig(environment, load(environment)).map((one) => [one.name, one]))

  it('ASVS 7.1.1: idle and absolute limits with their source, their rule and its reason', () => {
    const environment = development({ SESSION_POLICY: 'nist-aal3', SESSION_IDLE: '10m' })
    const said = explained(environment)
    expect(said.get('SESSION_TTL')).toMatchObject({
      value: '12h',
      source: 'policy',
      rule: 'nist-aal3: at most 12h (NIST SP 800-63B-4 section 2.3.3: overall SHALL be no more than 12 hours)',
    })
    expect(said.get('SESSION_IDLE')).toMatchObject({ value: '10m', source: 'environment' })
    expect(explained(development()).get('SESSION_TTL')).toMatchObject({
      value: '24h',
      source: 'default',
      rule: 'no policy is set',
    })
  })

  it('covers every variable, and shows no secret', () => {
    const secret = newSecret()
    const environment = production({
      SESSION_SECRET: secret,
      METRICS_TOKEN: `metrics${secret}`,
      ADMIN_TOKEN: `admin${secret}`,
      REDIS_URL: `rediss://user:pass${secret}@redis.example:6380/1`,
      REDIS_PASSWORD: `redis${secret}`,
      DATABASE_URL: `postgres://me:pg${secret}@db.example:5432/app?sslpassword=x${secret}`,
      OAUTH_CLIENTS: `gateway:client${secret}`,
    })
    const said = explained(environment)
    expect([...said.keys()]).toEqual(Object.keys(VARIABLES))
    expect(JSON.stringify([...said.values()])).not.toContain(secret)
    for (const value of Object.values(environment)) {
      if (value.length >= 43) expect(JSON.stringify([...said.values()])).not.toContain(value)
    }
    expect(said.get('REDIS_URL')?.value).toBe('rediss://redis.example:6380/1')
    expect(said.get('DATABASE_URL')?.value).toBe('postgres://db.example:5432/app')
    expect(said.get('SESSION_SECRET')?.value).toBe('(set, not shown)')
    expect(said.get('PUBLIC_URL')).toMatchObject({
      value: 'https://app.example',
      source: 'environment',
    })
  })
})

describe('keys', () => {
  it('env-27: an RSA key of 1024 bits is refused, with what it has', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const JWT_SECRET = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(refusal(production({ JWT_SECRET }))).toEqual({
      code: 'CONFIG_KEY',
      message: 'JWT_SECRET: RSA keys need 2048 bits or more (has 1024).',
    })
  })
})

describe('credentials of what stands behind', () => {
  it.each(['password', 'postgres', 'changeme', 'admin'])(
    'ASVS 13.2.3: production refuses the password "%s" for Redis and PostgreSQL',
    (sample) => {
      const refused = [
        { REDIS_URL: `rediss://:${sample}@redis.example` },
        { REDIS_URL: 'rediss://redis.example', REDIS_PASSWORD: sample },
        { DATABASE_URL: `postgres://sojourn:${sample}@db.example/app?sslmode=verify-full` },
      ]
      for (const changes of refused) {
        expect(refusal(production(changes))).toMatchObject({ code: 'CONFIG_SECRET_SAMPLE' })
      }
    },
  )
})
