import { siteOf } from 'sojourn'
import { describe, expect, it } from 'vitest'
import { judgeCookies } from '../../../src/doctor/address/judge-cookies.js'
import type { Reply } from '../../../src/doctor/address/probe.js'
import { judgeConfig } from '../../../src/doctor/configuration/judge-config.js'
import { judgeRefused } from '../../../src/doctor/configuration/refused.js'
import { BOXES, toMarkdown, toReport, toText } from '../../../src/doctor/report.js'
import { knownHoles } from '../../../src/doctor/store/advisories.js'
import { judgeStore, type StoreCase } from '../../../src/doctor/store/judge.js'
import { load, newSecret, production, refusals } from '../config/support.js'

const GOOD = {
  version: '8.6.3',
  evictionPolicy: 'noeviction',
  appendOnly: 1,
  replicas: 0,
  memoryUsed: 50_000_000,
  memoryLimit: 500_000_000,
  evictedKeys: 0,
  clients: 3,
  clientLimit: 10_000,
  time: 1_000_000,
}

function judged(id: string, details: StoreCase['details'], rest: Partial<StoreCase> = {}) {
  const given = { details, isProduction: true, isEvictionAllowed: false, now: 1_000_000, ...rest }
  return judgeStore(given).find((finding) => finding.id === id)
}

describe('what INFO says of Redis', () => {
  it('nothing is wrong with a good one, and a silent one is not called good', () => {
    const all = (details: StoreCase['details']) =>
      judgeStore({ details, isProduction: true, isEvictionAllowed: false, now: 1_000_000 })
    expect(new Set(all(GOOD).map(({ verdict }) => verdict))).toEqual(new Set(['pass']))
    expect(new Set(all({}).map(({ verdict }) => verdict))).toEqual(new Set(['skipped']))
  })

  it.each(['allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'volatile-lru', 'volatile-ttl'])(
    'eviction by %s fails in production, unless it is allowed',
    (evictionPolicy) => {
      expect(judged('store.eviction', { ...GOOD, evictionPolicy })).toMatchObject({
        verdict: 'fail',
        seen: `Redis may evict sessions (maxmemory-policy ${evictionPolicy}).`,
        fix: 'Use noeviction, or set STORE_ALLOW_EVICTION=1.',
      })
      const allowed = judged(
        'store.eviction',
        { ...GOOD, evictionPolicy },
        { isEvictionAllowed: true },
      )
      expect(allowed?.verdict).toBe('warn')
    },
  )

  it('S0-31: noeviction and volatile-ttl are fine, allkeys-* is warned of', () => {
    const verdict = (evictionPolicy: string) =>
      judged('store.eviction', { ...GOOD, evictionPolicy }, { isProduction: false })?.verdict
    expect([verdict('noeviction'), verdict('volatile-ttl')]).toEqual(['pass', 'pass'])
    expect([verdict('allkeys-lru'), verdict('allkeys-lfu'), verdict('volatile-lru')]).toEqual([
      'warn',
      'warn',
      'warn',
    ])
  })

  it('an AOF or a replica will do; snapshots alone will not', () => {
    const verdict = (appendOnly: number, replicas: number) =>
      judged('store.durability', { ...GOOD, appendOnly, replicas })
    expect([verdict(1, 0)?.verdict, verdict(0, 1)?.verdict]).toEqual(['pass', 'pass'])
    expect(verdict(0, 0)).toMatchObject({
      verdict: 'warn',
      seen: 'Redis keeps no AOF: a crash can bring revoked sessions back.',
    })
  })

  it('memory that runs out, keys that were thrown away, and connections are seen', () => {
    const verdict = (id: string, details: StoreCase['details']) =>
      judged(id, { ...GOOD, ...details })?.verdict
    expect(verdict('store.memory', { memoryUsed: 424_000_000 })).toBe('pass')
    expect(verdict('store.memory', { memoryUsed: 426_000_000 })).toBe('warn')
    expect(verdict('store.memory', { memoryLimit: 0 })).toBe('warn')
    expect(verdict('store.evicted', { evictedKeys: 1 })).toBe('warn')
    expect(verdict('store.clients', { clients: 7_999 })).toBe('pass')
    expect(verdict('store.clients', { clients: 8_000 })).toBe('warn')
  })

  it('a clock that differs by more than 60 s is seen, in either direction', () => {
    const skew = (now: number) => judged('store.clock', GOOD, { now })
    expect([skew(1_060_000)?.verdict, skew(940_000)?.verdict]).toEqual(['pass', 'pass'])
    expect(skew(1_093_000)?.seen).toBe("This host's clock differs from Redis by 93 s.")
    expect(skew(900_000)?.verdict).toBe('warn')
  })

  it.each([
    ['6.2.19', 'redis', true, false],
    ['6.2.20', 'redis', false, false],
    ['7.0.15', 'redis', true, false],
    ['7.2.10', 'redis', true, true],
    ['7.2.11', 'redis', false, true],
    ['7.2.14', 'redis', false, false],
    ['7.4.6', 'redis', false, true],
    ['8.0.4', 'redis', false, true],
    ['8.4.2', 'redis', false, true],
    ['8.6.2', 'redis', false, true],
    ['8.6.3', 'redis', false, false],
    ['8.8.0', 'redis', false, false],
    ['8.1.3', 'valkey', true, false],
    ['9.0.0', 'valkey', false, false],
    ['nonsense', 'redis', false, false],
  ] as const)('release %s of %s: its known holes are named', (version, kind, lua, unblock) => {
    const holes = knownHoles(kind, version).map((hole) => hole.split(' ')[0])
    expect(holes.includes('CVE-2025-49844')).toBe(lua)
    expect(holes.includes('CVE-2026-23479')).toBe(unblock)
  })

  it('a release with a hole is warned of, with the version that was seen', () => {
    expect(judged('store.version', { ...GOOD, version: '8.2.1' })).toMatchObject({
      verdict: 'warn',
      seen: expect.stringMatching(/^redis 8\.2\.1 is affected by CVE-2025-49844 .*CVE-2026-23479/),
    })
    // Valkey answers a version of Redis, for the sake of old clients.
    const valkey = { ...GOOD, version: '7.2.4', valkeyVersion: '9.0.3' }
    expect(judged('store.version', valkey)?.seen).toBe('valkey 9.0.3')
  })
})

const URL_HTTPS = new URL('https://app.example/')

function cookieFindings(line: string, url = URL_HTTPS, origin?: string) {
  const reply = {
    url,
    status: 200,
    headers: {},
    cookies: [line],
    start: '',
    tls: undefined,
  } as Reply
  const findings = judgeCookies([reply], { url, origin })
  return findings
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ id }) => id.slice('address.cookie.'.length))
}

describe('cookies', () => {
  it('a good cookie passes all', () => {
    expect(cookieFindings('__Host-sid=x; Path=/; Secure; HttpOnly; SameSite=Lax')).toEqual([])
  })

  it.each([
    ['connect.sid=x; Path=/; HttpOnly; SameSite=Lax', ['secure']],
    ['sid=x; Path=/; Secure; SameSite=Lax', ['httponly']],
    ['sid=x; Path=/; Secure; HttpOnly', ['samesite']],
    ['sid=x; Path=/; HttpOnly; SameSite=None', ['secure', 'samesite-none']],
    ['__Host-sid=x; Path=/app; Secure; HttpOnly; SameSite=Lax', ['prefix', 'path']],
    ['__Host-sid=x; Path=/; Domain=app.example; Secure; HttpOnly; SameSite=Lax', ['prefix']],
    ['__Secure-sid=x; Path=/; HttpOnly; SameSite=Lax', ['secure', 'prefix']],
    ['sid=x; Path=/; Domain=other.example; Secure; HttpOnly; SameSite=Lax', ['domain']],
    [`sid=${'x'.repeat(4_094)}; Path=/; Secure; HttpOnly; SameSite=Lax`, ['size']],
  ])('%s', (line, expected) => {
    expect(cookieFindings(line)).toEqual(expected)
  })

  it('a Domain that belongs to everybody', () => {
    const url = new URL('https://mine.herokuapp.com/')
    const line = 'sid=x; Path=/; Domain=.herokuapp.com; Secure; HttpOnly; SameSite=Lax'
    expect(cookieFindings(line, url)).toEqual(['suffix'])
  })

  it('pages of another site need SameSite=None; those of the same site do not', () => {
    const lax = 'sid=x; Path=/; Secure; HttpOnly; SameSite=Lax'
    const none = 'sid=x; Path=/; Secure; HttpOnly; SameSite=None'
    const url = new URL('https://api.shop.example/')
    expect(cookieFindings(lax, url, 'https://www.shop.example')).toEqual([])
    expect(cookieFindings(lax, url, 'https://shop.vercel.app')).toEqual(['cross-site'])
    expect(cookieFindings(none, url, 'https://shop.vercel.app')).toEqual([])
    expect([siteOf('a.b.co.uk'), siteOf('x.github.io'), siteOf('localhost')]).toEqual([
      'b.co.uk',
      'x.github.io',
      'localhost',
    ])
  })
})

const SAFE = {
  REDIS_URL: 'rediss://u:aGoodPassword9@redis.example',
  METRICS_PORT: '9464',
  SESSION_POLICY: 'asvs-l2',
}

function boxesOf(changes: Record<string, string | undefined>) {
  const environment = production({ ...SAFE, ...changes })
  const problems = refusals(environment)
  const findings = problems.length > 0 ? judgeRefused(problems) : judgeConfig(load(environment))
  return toReport(findings, 0, undefined).boxes
}

describe('the list before going live', () => {
  it('S3-64: each of the eight boxes is ticked where all is well', () => {
    expect(Object.keys(BOXES)).toHaveLength(8)
    expect(boxesOf({})).toEqual(Object.fromEntries(Object.keys(BOXES).map((box) => [box, 'pass'])))
  })

  it.each([
    ['secret', { SESSION_SECRET: 'keyboard cat' }, 'fail'],
    ['redis', { REDIS_URL: 'redis://redis.example' }, 'fail'],
    ['redis', { REDIS_URL: 'rediss://redis.example' }, 'warn'],
    ['redis', { REDIS_URL: 'redis://redis.example', REDIS_ALLOW_PLAINTEXT: '1' }, 'fail'],
    ['redis', { REDIS_URL: undefined }, 'skipped'],
    ['cors', { CORS_ORIGIN: '*' }, 'fail'],
    ['cors', { CORS_ORIGIN: 'http://app.example' }, 'warn'],
    ['limits', { MAX_LOGIN_ATTEMPTS: '101' }, 'fail'],
    ['limits', { LOCKOUT_TIME: '10s' }, 'warn'],
    ['cookies', { COOKIE_SAMESITE: 'none' }, 'warn'],
    ['cookies', { COOKIE_DOMAIN: 'app.example' }, 'warn'],
    ['cookies', { SESSION_POLICY: undefined, SESSION_TTL: '30d' }, 'warn'],
    ['monitoring', { METRICS_PORT: undefined }, 'warn'],
    ['monitoring', { LOG_LEVEL: 'silent' }, 'fail'],
    ['refresh', { REFRESH_FORGIVE: '24h' }, 'warn'],
    ['refresh', { JWT_REFRESH_TOKEN_EXPIRY: '1m' }, 'fail'],
    ['sign-out', { SESSION_CACHE_STALENESS: '5000' }, 'warn'],
  ] as const)('S3-64: the box "%s" is answered by %j', (box, changes, verdict) => {
    expect(boxesOf(changes)[box]).toBe(verdict)
  })

  it('S4-14: secrets are judged by length, entropy and reuse across kinds, and never shown', () => {
    const secret = newSecret()
    const environment = production({ SESSION_SECRET: secret, ...SAFE })
    const findings = judgeConfig(load(environment))
    const strength = findings.find(({ id }) => id === 'config.secret.strength')
    expect(strength?.seen).toMatch(/SESSION_SECRET: 43 bytes, about (?:1[3-9]|2)\d+ bits/)
    expect(strength?.seen).toContain('REFRESH_SECRET: 43 bytes')
    for (const value of Object.values(environment)) {
      if (value !== undefined && value.length >= 43) {
        expect(JSON.stringify(findings)).not.toContain(value)
      }
    }
    const reused = { SESSION_SECRET: secret, REFRESH_SECRET: secret }
    for (const [changes, code] of [
      [reused, 'reused'],
      [{ SESSION_SECRET: 'k3J9x' }, 'short'],
      [{ SESSION_SECRET: 'ab'.repeat(20) }, 'weak'],
      [{ SESSION_SECRET: `development-${secret}` }, 'reused'],
    ] as const) {
      const bad = judgeRefused(refusals(production(changes)))
      expect(bad[0]).toMatchObject({
        id: `config.refused.secret_${code}`,
        box: 'secret',
        verdict: 'fail',
      })
      expect(JSON.stringify(bad)).not.toContain(secret)
    }
  })
})

describe('reports', () => {
  const finding = {
    id: 'address.proxy.diagnostic',
    group: 'address',
    asvs: ['4.1.3'],
    title: 'A question',
    verdict: 'fail',
    seen: 'a | pipe, <b>tags</b> and \u001b[31mcolours\u202e',
    fix: 'Mend it.',
  } as const

  it('foreign text becomes neither structure nor colour', () => {
    const report = toReport([finding], 0, 'https://app.example')
    const rows = toMarkdown(report)
      .split('\n')
      .filter((line) => line.startsWith('| address'))
    expect(rows).toHaveLength(1)
    expect(rows[0]?.replaceAll('\\|', '').split('|')).toHaveLength(8)
    expect(rows[0]).not.toMatch(/\p{Cc}|\u202e|[^\\]</u)
    expect(toText(report)).toContain('FAIL  A question  [address.proxy.diagnostic]  ASVS 4.1.3')
    expect(toText(report)).toContain('Fix: Mend it.')
    expect(toText(report)).toContain('1 failed, 0 warnings, 0 passed, 0 skipped')
  })
})
