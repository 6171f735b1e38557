import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeConfig } from '../../../src/config/describe.js'
import { explainConfig } from '../../../src/config/explain.js'
import { renderEnvExample } from '../../../src/config/env-example.js'
import { VARIABLES } from '../../../src/config/variables.js'
import { development, load, newSecret, production, refusal, refusals } from './support.js'

describe('Redis', () => {
  const wrong = [
    'localhost:6379',
    'http://x',
    'redis://:@',
    'redis://',
    'redis://host/0#fragment',
    'redis://user:p@ss-hush@host',
    'redis://user:100%hush@host',
    'redis://user:hush#x@host',
    'redis://host:99999',
    'redis://host/db',
    'redis://host?family=4',
    'redis://user@:hush@host',
    'redis:host',
    ' redis://host',
  ]
  it.each(wrong)('env-13: REDIS_URL=%s is refused without being shown', (url) => {
    expect(refusals(development({ REDIS_URL: url }))).toEqual([
      {
        code: 'CONFIG_REDIS_URL',
        message: 'REDIS_URL is not valid: expected redis://[user:password@]host:port[/db].',
      },
    ])
  })

  it('reads an address with everything in it', () => {
    const config = load(development({ REDIS_URL: 'rediss://user:p%40ss%25@redis.example:6380/3' }))
    expect(config.redis).toMatchObject({
      topology: 'single',
      nodes: [{ host: 'redis.example', port: 6380 }],
      username: 'user',
      database: 3,
      isTls: true,
      keyPrefix: 'sojourn:',
    })
    expect(config.redis?.password?.reveal()).toBe('p@ss%')
    const plain = load(development({ REDIS_URL: 'redis://[::1]' })).redis
    expect(plain).toMatchObject({ nodes: [{ host: '::1', port: 6379 }], isTls: false, database: 0 })
  })

  it('waits for replicas where it is told to, and for no longer than a call may take', () => {
    const place = { REDIS_URL: 'redis://localhost' }
    expect(load(development(place)).redis?.durability).toBeUndefined()
    const one = { ...place, REDIS_WAIT_REPLICAS: '1' }
    expect(load(development(one)).redis?.durability).toEqual({ replicas: 1, within: 100 })
    const both = { ...one, REDIS_WAIT_TIMEOUT: '200' }
    expect(load(development(both)).redis?.durability).toEqual({ replicas: 1, within: 200 })
    for (const wrong of [
      { REDIS_WAIT_REPLICAS: '-1' },
      { REDIS_WAIT_REPLICAS: '17' },
      { REDIS_WAIT_TIMEOUT: '0' },
      { REDIS_WAIT_TIMEOUT: '201' },
    ]) {
      expect(refusals(development({ ...one, ...wrong }))).toMatchObject([{ code: 'CONFIG_RANGE' }])
    }
  })

  it('reads host, port, password, database and TLS one by one', () => {
    const parts = {
      REDIS_HOST: 'redis',
      REDIS_PORT: '6380',
      REDIS_PASSWORD: 'x y',
      REDIS_DB: '2',
      REDIS_SSL: 'true',
    }
    const { redis } = load(development(parts))
    expect(redis).toMatchObject({
      nodes: [{ host: 'redis', port: 6380 }],
      database: 2,
      isTls: true,
    })
    expect(redis?.password?.reveal()).toBe('x y')
  })

  it('reads cluster nodes and sentinels', () => {
    const cluster = load(development({ REDIS_CLUSTER_NODES: 'a:7000, b:7001' })).redis
    expect(cluster).toMatchObject({
      topology: 'cluster',
      nodes: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 7001 },
      ],
    })
    const sentinels = load(development({ REDIS_SENTINELS: 'main@a:26379,b' })).redis
    expect(sentinels).toMatchObject({
      topology: 'sentinel',
      masterName: 'main',
      nodes: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 26379 },
      ],
    })
  })

  it('reads clusters and Sentinels out of REDIS_URL, too: nothing else has to change', () => {
    const cluster = load(development({ REDIS_URL: 'rediss://me:p%40ss@a:7000,b,[::1]:7002' })).redis
    expect(cluster).toMatchObject({
      topology: 'cluster',
      nodes: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 6379 },
        { host: '::1', port: 7002 },
      ],
      username: 'me',
      isTls: true,
    })
    for (const [scheme, isTls] of [
      ['redis-sentinel', false],
      ['rediss+sentinel', true],
    ] as const) {
      const url = `${scheme}://me:pass@a:26380,b/main/3`
      const { redis } = load(
        development({ REDIS_URL: url, REDIS_SENTINEL_PASSWORD: 'x', REDIS_SENTINEL_USERNAME: 'y' }),
      )
      expect(redis).toMatchObject({
        topology: 'sentinel',
        masterName: 'main',
        nodes: [
          { host: 'a', port: 26380 },
          { host: 'b', port: 26379 },
        ],
        database: 3,
        isTls,
        sentinel: { username: 'y', isTls },
      })
      expect(redis?.password?.reveal()).toBe('pass')
      expect(redis?.sentinel.password?.reveal()).toBe('x')
    }
    const short = load(development({ REDIS_URL: 'redis-sentinel://a' })).redis
    expect(short).toMatchObject({ masterName: 'mymaster', database: 0 })
    const named = load(development({ REDIS_URL: 'redis://a', REDIS_USERNAME: 'me' })).redis
    expect(named).toMatchObject({ topology: 'single', username: 'me' })
  })

  it('refuses an address of several hosts that is none, without showing it', () => {
    for (const url of ['redis://u:hush@a,', 'redis://u:hush@a,b c', 'redis://u:hush@a,b/x']) {
      expect(refusal(development({ REDIS_URL: url }))).toEqual({
        code: 'CONFIG_REDIS_URL',
        message: 'REDIS_URL is not valid: expected redis://[user:password@]host:port[/db].',
      })
    }
    for (const url of [
      'redis-sentinel://',
      'redis-sentinel://u:hush@a,b/main/x',
      'rediss+sentinel://u:hush@a:99999',
    ]) {
      expect(refusal(development({ REDIS_URL: url }))).toEqual({
        code: 'CONFIG_REDIS_URL',
        message:
          'REDIS_URL is not valid: expected redis-sentinel://[user:password@]host:port,host:port/name[/db].',
      })
    }
    const explained = explainConfig(
      { REDIS_URL: 'redis://u:hush@a:1,b:2' },
      load(development({ REDIS_URL: 'redis://u:hush@a:1,b:2' })),
    )
    expect(explained.find(({ name }) => name === 'REDIS_URL')?.value).toBe('redis://a:1,b:2')
  })

  it('refuses two ways at once, and settings that contradict one another', () => {
    const conflicts = [
      { REDIS_URL: 'redis://a', REDIS_CLUSTER_NODES: 'b:1' },
      { REDIS_URL: 'rediss://a', REDIS_SSL: 'false' },
      { REDIS_CLUSTER_NODES: 'b:1', REDIS_DB: '3' },
      { REDIS_URL: 'redis://a,b/3' },
      { REDIS_URL: 'redis-sentinel://a', REDIS_SENTINELS: 'a' },
    ]
    for (const changes of conflicts) {
      expect(refusal(development(changes))?.code).toBe('CONFIG_REDIS_CONFLICT')
    }
    for (const name of ['REDIS_CLUSTER_NODES', 'REDIS_SENTINELS', 'REDIS_HOST']) {
      expect(refusal(development({ [name]: 'a b:1' }))?.code).toBe('CONFIG_REDIS_URL')
    }
  })

  it('env-14, ASVS 12.3.1: a remote Redis without TLS is refused in production, unless that is allowed', () => {
    expect(refusal(production({ REDIS_URL: 'redis://prod-host' }))).toEqual({
      code: 'CONFIG_REDIS_TLS',
      message:
        'REDIS_URL uses no TLS to a remote host. Use rediss:// (or REDIS_SSL=true) or set REDIS_ALLOW_PLAINTEXT=1.',
    })
    expect(refusal(production({ REDIS_HOST: 'prod-host' }))?.code).toBe('CONFIG_REDIS_TLS')
    for (const places of [
      { REDIS_SENTINELS: 'a,b' },
      { REDIS_SENTINELS: '127.0.0.1,b' },
      { REDIS_CLUSTER_NODES: 'a,b' },
      { REDIS_CLUSTER_NODES: '127.0.0.1,b' },
      { REDIS_URL: 'redis://a,b' },
      { REDIS_URL: 'redis://localhost,b' },
      { REDIS_URL: 'redis-sentinel://a,b/main' },
      { REDIS_URL: 'rediss-sentinel://a,b/main', REDIS_SENTINEL_SSL: 'false' },
    ]) {
      expect(refusal(production(places))?.code).toBe('CONFIG_REDIS_TLS')
      expect(refusals(production({ ...places, REDIS_ALLOW_PLAINTEXT: '1' }))).toEqual([])
    }
    const allowed = [
      { REDIS_URL: 'redis://prod-host', REDIS_ALLOW_PLAINTEXT: '1' },
      { REDIS_URL: 'rediss://prod-host' },
      { REDIS_URL: 'redis://prod-host', REDIS_SSL: 'true' },
      { REDIS_URL: 'redis://127.0.0.1' },
      { REDIS_URL: 'redis://[::1]' },
      { REDIS_URL: 'redis://localhost' },
      { REDIS_URL: 'rediss://a,b' },
      { REDIS_URL: 'rediss-sentinel://a,b/main' },
      { REDIS_CLUSTER_NODES: 'a,b', REDIS_SSL: 'true' },
      { REDIS_SENTINELS: 'a,b', REDIS_SSL: 'true' },
    ]
    for (const changes of allowed) expect(refusals(production(changes))).toEqual([])
    expect(refusals(development({ REDIS_URL: 'redis://prod-host' }))).toEqual([])
  })

  it('env-15: TLS without verification is refused', () => {
    const off = { REDIS_URL: 'rediss://prod-host', NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    for (const environment of [production(off), development(off)]) {
      const problem = refusal(environment)
      expect(problem?.code).toBe('CONFIG_TLS_VERIFY')
      expect(problem?.message).toContain('TLS verification is switched off')
      expect(problem?.message).toContain('Give the CA with REDIS_CA_FILE.')
    }
    for (const query of [
      'rejectUnauthorized=false',
      'tls.rejectUnauthorized=false',
      'ssl_cert_reqs=none',
    ]) {
      const problem = refusal(production({ REDIS_URL: `rediss://prod-host?${query}` }))
      expect(problem?.code).toBe('CONFIG_TLS_VERIFY')
    }
  })

  it('env-32: a database beyond 15, or a prefix with characters of patterns, is refused', () => {
    for (const changes of [
      { REDIS_URL: 'redis://localhost/99' },
      { REDIS_HOST: 'localhost', REDIS_DB: '99' },
    ]) {
      expect(refusal(development(changes))?.code).toBe('CONFIG_PREFIX')
    }
    for (const prefix of ['a*', 'a?', '[a', 'a]', '{a', 'a}', 'a b', 'ä:', 'a\n']) {
      const problem = refusal(development({ REDIS_KEY_PREFIX: prefix }))
      expect(problem?.code).toBe('CONFIG_PREFIX')
      expect(problem?.message).toContain('key prefix may hold only letters, digits')
    }
    expect(refusals(development({ REDIS_KEY_PREFIX: 'my-app:v1.0_x:' }))).toEqual([])
  })
})

describe('PostgreSQL', () => {
  it('is taken from DATABASE_URL, with a warning about a remote one without TLS', () => {
    const config = load(production({ DATABASE_URL: 'postgres://u:hush-hush@db.example/sojourn' }))
    expect(config.database.kind).toBe('postgres')
    expect(config.warnings.map(({ code }) => code)).toEqual(['CONFIG_DATABASE_TLS'])
    expect(describeConfig(config).join('\n')).not.toContain('hush')
    const safe = load(
      production({ DATABASE_URL: 'postgres://u:p@db.example/s?sslmode=verify-full' }),
    )
    expect(safe.warnings).toEqual([])
    expect(load(production({ DATABASE_URL: 'postgres://u:p@localhost/s' })).warnings).toEqual([])
  })
})

describe('what is said about the configuration', () => {
  it('describes the decisions without a secret', () => {
    const secrets = {
      SESSION_SECRET: newSecret(),
      JWT_SECRET: newSecret(),
      REFRESH_SECRET: newSecret(),
    }
    const url = `rediss://user:${newSecret()}@redis.example:6380`
    const lines = describeConfig(load(production({ ...secrets, REDIS_URL: url })))
    expect(lines).toEqual([
      'mode: production',
      'address: https://app.example (listening for http on every address, port 3000)',
      'sessions: Redis at redis.example:6380, with TLS, keys sojourn:*',
      expect.stringContaining('accounts: SQLite in ') as string,
      'lifetimes: idle 1h, absolute 24h, at most 100 sessions a person',
    ])
    const first = load(development())
    expect(describeConfig(first).at(-1)).toBe(
      `secrets: development secrets created ${first.secrets.development?.file ?? ''}`,
    )
  })

  it('S3-08: .env.example is what the table of variables makes of itself', () => {
    const committed = readFileSync(new URL('../../../../.env.example', import.meta.url), 'utf8')
    expect(committed).toBe(renderEnvExample())
    for (const name of Object.keys(VARIABLES))
      expect(committed).toMatch(new RegExp(`^#${name}=`, 'm'))
  })

  it('every default and example of .env.example is accepted by itself', () => {
    const secrets = {
      SESSION_SECRET: newSecret(),
      JWT_SECRET: undefined,
      REFRESH_SECRET: newSecret(),
    }
    for (const [, name = '', value = ''] of renderEnvExample().matchAll(/^#([A-Z_0-9]+)=(.+)$/gm)) {
      // Files that are not here, what needs another setting beside it, and a secret, whose sample is refused on purpose.
      if (/_FILE$|^COOKIE_|^JWT_ALG$|^OAUTH_CLIENTS$/.test(name)) continue
      expect(refusals(development({ ...secrets, [name]: value }))).toEqual([])
    }
  })
})
