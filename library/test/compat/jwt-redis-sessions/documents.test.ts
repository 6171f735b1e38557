/** What has to be written down or lie somewhere for those who come from jwt-redis-sessions. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/compat/jwt-redis-sessions/config.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8')
const guide = read('docs/guide/from-jwt-redis-sessions.md')
const example = read('examples/jwt-server/.env.example')

/** What an .env file holds or proposes: names and values. */
function variablesOf(text: string): Record<string, string> {
  const lines = [...text.matchAll(/^#?([A-Z][A-Z0-9_]*)=([^\s#]*)/gm)]
  return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]))
}

/** The names that are asked for while the configuration is read. */
function variablesRead(): string[] {
  const names = new Set<string>(['NODE_ENV'])
  const watched = new Proxy<Record<string, string>>(
    {},
    {
      get(_env, name) {
        names.add(String(name))
        return undefined
      },
    },
  )
  readConfig(watched)
  return [...names].sort()
}

describe('the environment', () => {
  it('S3-08: .env.example of the drop-in has every variable that is read, and no other', () => {
    const own = ['PORT', 'TRUST_PROXY', 'PUBLIC_URL']
    const names = Object.keys(variablesOf(example)).sort()
    expect(names).toEqual([...variablesRead(), ...own].sort())
    // Those that the source document lists, whatever is read.
    for (const name of DOCUMENTED) expect(names).toContain(name)
    const server = read('examples/jwt-server/server.cjs')
    for (const name of own) expect(server).toContain(name)
  })

  it('S3-08: what it proposes is the default', () => {
    const { JWT_SECRET: _, ...proposed } = variablesOf(example)
    expect(readConfig(proposed)).toEqual(readConfig({}))
  })

  it('S3-08: the table of the guide names each of them, too', () => {
    for (const name of variablesRead()) expect(guide).toContain(`\`${name}\``)
  })

  it('S3-62: the block for production is documented, and read as it stands', () => {
    const [, block = ''] = /## Production\n+```sh\n(.*?)```/s.exec(guide) ?? []
    const { jwt, redis, security } = readConfig(variablesOf(block))
    expect(variablesOf(block)['NODE_ENV']).toBe('production')
    expect(jwt).toMatchObject({ accessTokenExpiry: '15m', refreshTokenExpiry: '7d' })
    expect(redis).toMatchObject({ sessionTTL: 86_400, refreshTokenTTL: 604_800 })
    expect(redis.url).toMatch(/^rediss:\/\/[^:]+:[^@]+@[^:]+:6380$/)
    expect(security).toMatchObject({ maxLoginAttempts: 3, lockoutTime: 1_800 })
    expect(block).toMatch(/^JWT_SECRET= +#/m)
  })
})

const DOCUMENTED = [
  ...['JWT_SECRET', 'JWT_ACCESS_TOKEN_EXPIRY', 'JWT_REFRESH_TOKEN_EXPIRY', 'JWT_ISSUER'],
  ...['JWT_AUDIENCE', 'REDIS_URL', 'REDIS_HOST', 'REDIS_PORT', 'REDIS_PASSWORD', 'REDIS_DB'],
  ...['REDIS_KEY_PREFIX', 'REDIS_SSL', 'MAX_LOGIN_ATTEMPTS', 'LOCKOUT_TIME', 'TOKEN_LENGTH'],
  ...['SESSION_TTL', 'REFRESH_TOKEN_TTL', 'NODE_ENV', 'PORT'],
]

describe('beginning', () => {
  it('S3-11: three ways to start Redis are in the guide, and again where Redis is missing', () => {
    for (const text of [guide, read('docs/guide/troubleshooting.md')]) {
      expect(text).toContain('brew services start redis')
      expect(text).toContain('sudo systemctl start redis-server')
      expect(text).toContain('docker run -d -p 6379:6379 redis:7-alpine')
    }
  })
})

describe('the guide', () => {
  it('links only to what is there', () => {
    for (const [, link = ''] of guide.matchAll(/\]\(((?!https?:)[^)#\s]+)/g)) {
      expect([link, existsSync(join(ROOT, 'docs/guide', link))]).toEqual([link, true])
    }
  })
})

describe('the project', () => {
  it('S3-68: npm test, test:watch and test:coverage are scripts, each of something that is there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    expect(scripts['test']).toMatch(/node tools\/test\.mjs$/)
    expect(existsSync(join(ROOT, 'tools/test.mjs'))).toBe(true)
    expect(scripts['test:watch']).toMatch(/^vitest /)
    expect(scripts['test:watch']).not.toContain('run')
    expect(scripts['test:coverage']).toContain('vitest run --coverage')
    expect(existsSync(join(ROOT, 'node_modules/@vitest/coverage-v8/package.json'))).toBe(true)
    expect(read('vitest.config.ts')).toContain("provider: 'v8'")
  })

  it('S3-69: how to contribute, the licence and its holder, and where to report are in files of their own', () => {
    const contributing = read('CONTRIBUTING.md')
    for (const words of [
      ...['npm start', 'npm test', 'Test first', 'issue tracker'],
      ...['Fork', 'git checkout -b', 'Commit', 'push the branch', 'pull request'],
    ]) {
      expect(contributing).toContain(words)
    }
    for (const name of ['LICENSE', 'library/LICENSE']) {
      expect(read(name)).toMatch(/^MIT License\n\nCopyright \(c\) \d{4} \S/)
    }
    expect(read('SECURITY.md')).toMatch(/^## Reporting$/m)
    expect(read('README.md')).toContain('(CONTRIBUTING.md)')
  })
})
