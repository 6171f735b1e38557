import { describe, expect, it } from 'vitest'
import { describeConfig } from '../../../src/config/describe.js'
import { development, load, newSecret, production, refusal, refusals } from './support.js'

/** The codes of all refusals. */
function codes(environment: Record<string, string | undefined>): readonly string[] {
  return refusals(environment).map((problem) => problem.code)
}

describe('durations and numbers', () => {
  it('env-07: a duration without a unit is refused with both ways to write it', () => {
    expect(refusal(development({ JWT_ACCESS_TOKEN_EXPIRY: '15' }))).toEqual({
      code: 'CONFIG_DURATION',
      message: 'JWT_ACCESS_TOKEN_EXPIRY=15 has no unit. Write 15m or 15s.',
    })
    for (const name of ['JWT_REFRESH_TOKEN_EXPIRY', 'SESSION_IDLE']) {
      expect(refusal(development({ [name]: '900' }))?.code).toBe('CONFIG_DURATION')
    }
  })

  it('takes whole seconds where the source documents write them so', () => {
    const config = load(
      development({ SESSION_TTL: '86400', REFRESH_TOKEN_TTL: '604800', LOCKOUT_TIME: '1800' }),
    )
    expect(config.session.absolute).toBe(86_400)
    expect(config.tokens.refreshLifetime).toBe(604_800)
    expect(config.limits.lockout).toBe(1_800)
  })

  const none = ['abc', '-5m', '0', 'NaN', 'Infinity', '1e400', '', '15mm', '0x10', '٣m']
  it.each(none)('env-08: "%s" is no duration', (text) => {
    const names = ['JWT_ACCESS_TOKEN_EXPIRY', 'JWT_REFRESH_TOKEN_EXPIRY', 'REFRESH_TOKEN_TTL']
    for (const name of [...names, 'SESSION_TTL', 'SESSION_IDLE', 'LOCKOUT_TIME']) {
      expect(refusal(development({ [name]: text }))).toEqual({
        code: 'CONFIG_DURATION',
        message: `${name}=${text} is not a duration. Examples: 90s, 15m, 12h, 7d.`,
      })
    }
  })

  it('env-09: an access token may live from 30s to 1h', () => {
    for (const text of ['10y', '1ms', '29s', '61m', '0s']) {
      expect(refusal(development({ JWT_ACCESS_TOKEN_EXPIRY: text }))).toEqual({
        code: 'CONFIG_RANGE',
        message: 'JWT_ACCESS_TOKEN_EXPIRY must lie between 30s and 1h.',
      })
    }
    const lifetime = (text: string) =>
      load(development({ JWT_ACCESS_TOKEN_EXPIRY: text })).tokens.accessLifetime
    expect([lifetime('30s'), lifetime('1h'), lifetime('1.5m')]).toEqual([30, 3_600, 90])
  })

  it('env-10: a longer lifetime inside a shorter one is refused', () => {
    expect(refusal(development({ JWT_REFRESH_TOKEN_EXPIRY: '5m' }))).toEqual({
      code: 'CONFIG_RANGE',
      message: 'JWT_REFRESH_TOKEN_EXPIRY (5m) is shorter than JWT_ACCESS_TOKEN_EXPIRY (15m).',
    })
    expect(refusal(development({ SESSION_IDLE: '2h', SESSION_TTL: '1h' }))).toEqual({
      code: 'CONFIG_RANGE',
      message: 'SESSION_IDLE (2h) is longer than SESSION_TTL (1h).',
    })
    const differ = { JWT_REFRESH_TOKEN_EXPIRY: '7d', REFRESH_TOKEN_TTL: '86400' }
    expect(refusal(development(differ))?.message).toBe(
      'JWT_REFRESH_TOKEN_EXPIRY (7d) and REFRESH_TOKEN_TTL (24h) differ; set one.',
    )
  })

  it('env-11: a cookie that should outlive 400 days is refused', () => {
    const problem = refusal(development({ SESSION_TTL: '401d' }))
    expect(problem?.code).toBe('CONFIG_RANGE')
    expect(problem?.message).toContain('Browsers cap cookies at 400 days.')
    expect(refusals(development({ SESSION_TTL: '400d' }))).toEqual([])
  })

  it('shortens the default idle time with the absolute one', () => {
    expect(load(development({ SESSION_TTL: '600' })).session).toMatchObject({ idle: 600 })
  })

  it.each(['abc', '0.5', '70000', '-1', ' 80', '1e3', '0x50'])(
    'env-12: PORT=%s is refused',
    (text) => {
      expect(refusal(development({ PORT: text }))).toEqual({
        code: 'CONFIG_PORT',
        message: 'PORT must be a whole number from 0 to 65535.',
      })
    },
  )

  it.each(['0', '-1', 'abc', '1e9', '100001', '5.5'])(
    'env-31: a limit of %s is refused',
    (text) => {
      expect(refusal(development({ MAX_LOGIN_ATTEMPTS: text }))).toEqual({
        code: 'CONFIG_RANGE',
        message: 'MAX_LOGIN_ATTEMPTS must be a whole number from 1 to 100000.',
      })
    },
  )
})

describe('cookies, proxies and origins', () => {
  it('env-20: a __Host- name together with a domain is refused', () => {
    const both = { COOKIE_NAME: '__Host-sid', COOKIE_DOMAIN: '.app.example' }
    expect(refusal(production(both))).toEqual({
      code: 'CONFIG_COOKIE_PREFIX',
      message: 'A __Host- cookie cannot have a Domain. Use __Secure- or remove COOKIE_DOMAIN.',
    })
    const other = { ...both, COOKIE_NAME: '__host-sid' }
    expect(refusal(production(other))?.code).toBe('CONFIG_COOKIE_PREFIX')
    expect(refusals(production({ ...both, COOKIE_NAME: '__Secure-sid' }))).toEqual([])
  })

  it('warns about a shared cookie, and refuses one that browsers would drop', () => {
    const shared = load(production({ COOKIE_DOMAIN: '.app.example' }))
    expect(shared.cookie.domain).toBe('app.example')
    expect(shared.warnings.map(({ code }) => code)).toEqual(['CONFIG_COOKIE_DOMAIN'])
    for (const domain of ['other.example', 'com', '10.0.0.1', 'a..b', 'app.example;x']) {
      expect(codes(production({ COOKIE_DOMAIN: domain }))).toEqual(['CONFIG_COOKIE_DOMAIN'])
    }
  })

  it('env-21: SameSite must be known, and none needs https', () => {
    expect(refusal(development({ COOKIE_SAMESITE: 'Laxx' }))).toEqual({
      code: 'CONFIG_SAMESITE',
      message: 'COOKIE_SAMESITE must be lax, strict or none.',
    })
    expect(refusal(development({ COOKIE_SAMESITE: 'none' }))?.code).toBe('CONFIG_SAMESITE')
    expect(load(production({ COOKIE_SAMESITE: 'None' })).cookie.sameSite).toBe('none')
    expect(load(development({ COOKIE_SAMESITE: 'Strict' })).cookie.sameSite).toBe('strict')
  })

  it.each(['a b', 'a;b', 'a=b', 'a\u0007', 'café', '', '"sid"', 'a,b'])(
    'env-22: the cookie name "%s" is refused',
    (name) => {
      const problem = refusal(development({ COOKIE_NAME: name }))
      expect(problem?.code).toBe('CONFIG_COOKIE_NAME')
      expect(problem?.message).toContain('cookie name may hold only token characters.')
    },
  )

  it('env-23: trusting every proxy is refused', () => {
    expect(refusal(production({ TRUST_PROXY: 'true' }))).toEqual({
      code: 'CONFIG_TRUST_PROXY',
      message: "TRUST_PROXY=true trusts any client's X-Forwarded-For. Give hop count or addresses.",
    })
    const wrong = [
      '*',
      '0.0.0.0/0',
      '::/0',
      'all',
      '0',
      '11',
      '10.0.0.0/33',
      '::1/129',
      'proxy',
      '10.0.0/8',
      '-1',
    ]
    for (const text of wrong) {
      expect(codes(production({ TRUST_PROXY: text }))).toEqual(['CONFIG_TRUST_PROXY'])
    }
  })

  it('takes a hop count or a list of networks', () => {
    const trusted = (text: string) => load(production({ TRUST_PROXY: text })).server.trustProxy
    expect(trusted('2')).toBe(2)
    expect(trusted('10.0.0.0/8, loopback,fd00::/8,192.0.2.1')).toEqual([
      '10.0.0.0/8',
      'loopback',
      'fd00::/8',
      '192.0.2.1',
    ])
  })

  it('env-24: CORS_ORIGIN=* is refused', () => {
    for (const text of ['*', 'https://app.example,*']) {
      const problem = refusal(production({ CORS_ORIGIN: text }))
      expect(problem?.code).toBe('CONFIG_CORS')
      expect(problem?.message).toContain('CORS_ORIGIN=* cannot be used with cookies')
    }
  })

  const origins = {
    'https://a.example/path': 'https://a.example',
    'https://a.example/': 'https://a.example',
    'a.example': 'https://app.example',
    null: 'https://app.example',
    'https://*.a.example': 'https://app.example',
    'https://user@a.example': 'https://app.example',
    'HTTPS://A.example': 'https://a.example',
    'https://a.example:443': 'https://a.example',
    'ftp://a.example': 'https://app.example',
  }
  it.each(Object.entries(origins))('env-25: %s is not an origin', (text, advice) => {
    expect(refusal(production({ CORS_ORIGIN: `https://good.example,${text}` }))).toEqual({
      code: 'CONFIG_ORIGIN',
      message: `${text} is not an origin; write ${advice}.`,
    })
  })

  it('env-28: an empty issuer or audience is refused', () => {
    for (const name of ['JWT_ISSUER', 'JWT_AUDIENCE']) {
      for (const text of ['', '  ']) {
        const problem = refusal(development({ [name]: text }))
        expect(problem?.code).toBe('CONFIG_ISSUER')
        expect(problem?.message).toBe(`${name} is empty.`)
      }
    }
    const config = load(development({ PUBLIC_URL: 'http://localhost:3000/' }))
    expect(config.tokens).toMatchObject({
      issuer: 'http://localhost:3000',
      audience: 'http://localhost:3000',
    })
  })
})

describe('the environment as a whole', () => {
  it('env-29: a setting with a slip in its name is pointed out', () => {
    const warned = (name: string) => load(development({ [name]: 'x' })).warnings[0]
    expect(warned('SOJOURN_SESION_TTL')).toEqual({
      code: 'CONFIG_UNKNOWN',
      message: 'Unknown setting SOJOURN_SESION_TTL. Did you mean SESSION_TTL?',
    })
    expect(warned('SESION_SECRET')?.message).toContain('Did you mean SESSION_SECRET?')
    expect(warned('CORS_ORIGINS')?.message).toContain('Did you mean CORS_ORIGIN?')
    expect(warned('JWT_ACESS_TOKEN_EXPIRY')?.message).toContain('JWT_ACCESS_TOKEN_EXPIRY')
    expect(warned('SOJOURN_NONSENSE')?.message).toBe('Unknown setting SOJOURN_NONSENSE.')
  })

  it('env-29: what other programs use is left alone', () => {
    const others = {
      SESSION_MANAGER: 'x',
      HOSTNAME: 'x',
      HOME: '/',
      REDIS_SERVICE_HOST: 'x',
      PATH: '/bin',
    }
    expect(load(development(others)).warnings).toEqual([])
  })

  it('env-30: an unknown NODE_ENV counts as production, with a warning', () => {
    const config = load(production({ NODE_ENV: 'prodution' }))
    expect(config.mode).toBe('production')
    expect(config.warnings).toEqual([
      {
        code: 'CONFIG_ENV',
        message: 'NODE_ENV=prodution is unknown; safe production defaults are used.',
      },
    ])
    const bare = codes({ NODE_ENV: 'prodution' })
    expect(bare).toContain('CONFIG_SECRET_MISSING')
    expect(bare).toContain('CONFIG_HTTPS')
  })

  it('an unset NODE_ENV counts as development and is said', () => {
    const config = load(development({ NODE_ENV: undefined }))
    expect(config.mode).toBe('development')
    expect(describeConfig(config)).toContain(
      'warning: CONFIG_ENV: NODE_ENV is not set: development rules hold.',
    )
    expect(load(development({ NODE_ENV: 'test' })).mode).toBe('test')
    expect(load(production()).warnings).toEqual([])
  })

  it('production needs https, and the address people see', () => {
    const { TRUST_PROXY: _, ...direct } = production()
    expect(codes(direct)).toEqual(['CONFIG_HTTPS'])
    expect(codes(production({ PUBLIC_URL: 'http://app.example' }))).toEqual(['CONFIG_PUBLIC_URL'])
    expect(codes(production({ PUBLIC_URL: undefined }))).toEqual(['CONFIG_PUBLIC_URL'])
    expect(codes(production({ PUBLIC_URL: 'https://app.example/x' }))).toEqual(['CONFIG_ORIGIN'])
  })

  it('S2-14: SESSION_SECRET, NODE_ENV and PORT are read', () => {
    const SESSION_SECRET = newSecret()
    const config = load(development({ SESSION_SECRET, NODE_ENV: 'test', PORT: '8080' }))
    expect(config.secrets.session[0]?.reveal()).toBe(SESSION_SECRET)
    expect(config).toMatchObject({ mode: 'test', server: { port: 8080 } })
  })

  it('S0-24: PORT is read, and is 3000 where it is not set', () => {
    expect(load(development()).server.port).toBe(3000)
    expect(load(development({ PORT: '8080' })).server.port).toBe(8080)
  })

  it('S0-29: NODE_ENV is read: development or production', () => {
    expect(load(development({ NODE_ENV: 'development' })).mode).toBe('development')
    expect(load(production({ NODE_ENV: 'production' })).mode).toBe('production')
  })

  it('has the documented defaults', () => {
    const config = load(development())
    expect(config.server).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      publicUrl: 'http://localhost:3000',
      isSecure: false,
      trustProxy: undefined,
      corsOrigins: [],
    })
    expect(load(production()).server.host).toBeUndefined()
    expect(config.session).toEqual({
      policy: undefined,
      idle: 3_600,
      absolute: 86_400,
      remember: { idle: 1_209_600, absolute: 2_592_000 },
      maxPerUser: 100,
      cacheStaleness: 500,
    })
    expect(config.cookie).toEqual({ name: undefined, domain: undefined, sameSite: 'lax' })
    expect(config.limits).toMatchObject({ maxLoginAttempts: 5, lockout: 900 })
    expect(config.tokens).toMatchObject({
      accessLifetime: 900,
      refreshLifetime: 604_800,
      refreshGrace: 10,
      refreshForgive: 0,
      clients: new Map(),
      secretBytes: 32,
      isFingerprinted: true,
      isFingerprintStrict: false,
      allowedFields: [],
    })
    expect(config.redis).toBeUndefined()
    expect(config.database).toMatchObject({ kind: 'sqlite' })
  })

  it('is frozen to the bottom', () => {
    const config = load(development({ CORS_ORIGIN: 'https://a.example' }))
    const writable = [] as string[]
    const walk = (value: object, path: string): void => {
      if (!Object.isFrozen(value)) writable.push(path)
      for (const [key, part] of Object.entries(value)) {
        if (typeof part === 'object' && part !== null) walk(part as object, `${path}.${key}`)
      }
    }
    walk(config, 'config')
    expect(writable).toEqual([])
  })

  it('refuses words that are none of the choices', () => {
    expect(codes(development({ LOG_LEVEL: 'loud' }))).toEqual(['CONFIG_CHOICE'])
    expect(codes(development({ SESSION_POLICY: 'nist' }))).toEqual(['CONFIG_CHOICE'])
    expect(codes(development({ REDIS_SSL: 'maybe' }))).toEqual(['CONFIG_BOOLEAN'])
    expect(codes(development({ JWT_ALLOWED_TOKEN_FIELDS: 'role,__proto__' }))).toEqual([
      'CONFIG_FIELDS',
    ])
    expect(codes(development({ TOKEN_LENGTH: '15' }))).toEqual(['CONFIG_RANGE'])
    expect(codes(development({ HOST: 'a\nb' }))).toEqual(['CONFIG_TEXT'])
    expect(codes(development({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' }))).toEqual([
      'CONFIG_TEXT',
    ])
    expect(codes(development({ DATABASE_URL: 'mysql://x/y' }))).toEqual(['CONFIG_DATABASE_URL'])
  })
})
