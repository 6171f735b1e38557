import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { estimateBits } from '../../../src/config/entropy.js'
import { ConfigError } from '../../../src/config/refusal.js'
import { isSample } from '../../../src/config/secret-samples.js'
import {
  development,
  load,
  newFolder,
  newSecret,
  production,
  refusal,
  refusals,
} from './support.js'

const NAMES = ['SESSION_SECRET', 'JWT_SECRET', 'REFRESH_SECRET'] as const

describe('secrets', () => {
  it('env-01: a secret that is not set in production is refused, with the way to make one', () => {
    for (const name of NAMES) {
      const problem = refusal(production({ [name]: undefined }))
      expect(problem?.code).toBe('CONFIG_SECRET_MISSING')
      expect(problem?.message).toMatch(new RegExp(`^${name} is not set\\. Create one: `))
    }
    expect(refusals(production({ SESSION_SECRET: '' }))[0]?.code).toBe('CONFIG_SECRET_MISSING')
    expect(refusals({ NODE_ENV: 'production' }).map((problem) => problem.code)).toEqual([
      'CONFIG_SECRET_MISSING',
      'CONFIG_SECRET_MISSING',
      'CONFIG_SECRET_MISSING',
      'CONFIG_HTTPS',
      'CONFIG_PUBLIC_URL',
    ])
  })

  const samples = [
    'secret',
    'changeme',
    'keyboard cat',
    'your_session_secret',
    'your_jwt_secret',
    'your-super-secure-jwt-secret-key-with-at-least-32-characters-for-production',
    'your-64-character-hex-secret-here',
    'aVeryStrongSecretKeyThatShouldBeAtLeast32CharactersLong',
    'your-256-bit-secret',
    'a-string-secret-at-least-256-bits-long',
  ]
  it.each(samples)('env-02: the published sample "%s" is refused everywhere', (sample) => {
    for (const name of NAMES) {
      for (const environment of [production, development]) {
        const problem = refusal(environment({ [name]: sample }))
        expect(problem?.code).toBe('CONFIG_SECRET_SAMPLE')
        expect(problem?.message).toContain(`${name} is a published sample value. Create one: `)
        expect(problem?.message).not.toContain(sample === 'secret' ? '=secret' : sample)
      }
    }
  })

  it('env-02: every secret in the README of express-session is a known sample', () => {
    const readme = readFileSync(
      createRequire(import.meta.url).resolve('express-session/README.md'),
      'utf8',
    )
    const found = [...readme.matchAll(/secret: '([^']+)'/g)].map((match) => match[1] ?? '')
    expect(found.length).toBeGreaterThan(3)
    expect(found.filter((text) => !isSample(text))).toEqual([])
  })

  it('env-02: a sample password of Redis is refused in production', () => {
    const url = 'rediss://user:your-secure-password@redis.example:6380'
    expect(refusal(production({ REDIS_URL: url }))?.code).toBe('CONFIG_SECRET_SAMPLE')
  })

  it('env-03: a secret of 31 bytes is refused, one of 32 is not', () => {
    const secret = newSecret()
    expect(refusal(production({ SESSION_SECRET: secret.slice(0, 31) }))).toEqual({
      code: 'CONFIG_SECRET_SHORT',
      message: expect.stringMatching(
        /^SESSION_SECRET has 31 bytes; 32 or more are required\. /,
      ) as string,
    })
    expect(refusals(production({ SESSION_SECRET: secret.slice(0, 32) }))).toEqual([])
  })

  it('S2-16: a session secret must have at least 32 characters', () => {
    const short = newSecret().slice(0, 31)
    expect(refusal(development({ SESSION_SECRET: short }))?.code).toBe('CONFIG_SECRET_SHORT')
  })

  it('S3-38: a short JWT_SECRET is refused in the words of jwt-redis-sessions', () => {
    const problem = refusal(production({ JWT_SECRET: newSecret().slice(0, 31) }))
    expect(problem?.message).toContain('JWT_SECRET must be at least 32 characters long')
  })

  const weak = {
    'one letter': 'a'.repeat(40),
    'counted up': '1234567890123456789012345678901234567890',
    'a word repeated': 'sojourner'.repeat(5),
    'words in a row': 'correct-horse-battery-staple-correct-horse',
    'words that say so': 'my_super_secret_jwt_key_for_production_2024!',
    'two characters': '0110100110010110100101100110100110010110',
    'the keyboard': 'qwertyuiopasdfghjklqwertyuiopasdfghjkl',
    alphabet: 'abcdefghijklmnopqrstuvwxyzabcdefghijklmn',
  }
  it.each(Object.entries(weak))('env-04: %s is refused as predictable', (_, secret) => {
    const problem = refusal(production({ SESSION_SECRET: secret }))
    expect(problem?.code).toBe('CONFIG_SECRET_WEAK')
    expect(problem?.message).toMatch(
      /^SESSION_SECRET looks predictable \(estimated \d+ bits; 128 required\)\./,
    )
    expect(problem?.message).not.toContain(secret)
  })

  it('env-04: random secrets in the usual spellings are never called weak', () => {
    for (let round = 0; round < 2_000; round += 1) {
      const bytes = randomBytes(32)
      for (const spelling of ['hex', 'base64', 'base64url'] as const) {
        expect(estimateBits(bytes.toString(spelling))).toBeGreaterThanOrEqual(128)
      }
    }
  })

  it('env-05: white space and quotes around a secret are refused', () => {
    const secret = newSecret()
    const ways = [
      `${secret}\n`,
      `${secret} `,
      ` ${secret}`,
      `"${secret}"`,
      `'${secret}'`,
      `${secret}"`,
    ]
    for (const text of ways) {
      const problem = refusal(production({ SESSION_SECRET: text }))
      expect(problem?.code).toBe('CONFIG_SECRET_WHITESPACE')
      expect(problem?.message).toMatch(/^SESSION_SECRET .*; check how it is loaded\.$/)
    }
    expect(refusal(production({ SESSION_SECRET: `${secret}\n` }))?.message).toContain(
      'ends with white space',
    )
  })

  it('env-06: one secret for two purposes is refused, also among retired ones', () => {
    const secret = newSecret()
    expect(refusal(production({ SESSION_SECRET: secret, JWT_SECRET: secret }))).toEqual({
      code: 'CONFIG_SECRET_REUSED',
      message: 'JWT_SECRET equals SESSION_SECRET; use two secrets.',
    })
    const retired = production({
      SESSION_SECRET: secret,
      REFRESH_SECRET: `${newSecret()},${secret}`,
    })
    expect(refusal(retired)?.message).toBe('REFRESH_SECRET equals SESSION_SECRET; use two secrets.')
    const admin = production({ SESSION_SECRET: secret, ADMIN_TOKEN: secret })
    expect(refusal(admin)?.message).toBe('ADMIN_TOKEN equals SESSION_SECRET; use two secrets.')
  })

  it('env-06: a secret marked as made for another environment is refused in production', () => {
    const made = load(development()).secrets.session[0]?.reveal() ?? ''
    for (const secret of [made, `staging-${newSecret()}`, `test_${newSecret()}`]) {
      const problem = refusal(production({ SESSION_SECRET: secret }))
      expect(problem?.code).toBe('CONFIG_SECRET_REUSED')
      expect(problem?.message).toContain('SESSION_SECRET is marked as made for another environment')
      expect(problem?.message).not.toContain(secret)
    }
    const key = load(development()).tokens.keys[0]?.secret.reveal() ?? ''
    expect(refusal(production({ JWT_SECRET: key }))?.code).toBe('CONFIG_SECRET_REUSED')
  })

  it('takes a list, newest first, and names the entry that is wrong', () => {
    const [first, second] = [newSecret(), newSecret()]
    const config = load(production({ SESSION_SECRET: `${first},${second}` }))
    expect(config.secrets.session.map((secret) => secret.reveal())).toEqual([first, second])
    const short = refusal(production({ SESSION_SECRET: `${first},short` }))
    expect(short?.message).toContain('SESSION_SECRET (entry 2 of the list) has 5 bytes')
  })

  it('never shows a secret: not in messages, not when inspected, printed or serialised', () => {
    const environment = production({
      REDIS_URL: `rediss://user:${newSecret()}@redis.example`,
      DATABASE_URL: `postgres://user:${newSecret()}@db.example/sojourn?sslmode=verify-full`,
      ADMIN_TOKEN: newSecret(),
      METRICS_TOKEN: newSecret(),
    })
    const config = load(environment)
    const seen = [
      inspect(config, { depth: 9 }),
      JSON.stringify(config),
      String(config.secrets.session),
    ]
    const hidden = Object.entries(environment)
      .filter(([name]) => /SECRET|TOKEN|URL/.test(name) && name !== 'PUBLIC_URL')
      .map(([, text]) => /:([^/@]+)@/.exec(text ?? '')?.[1] ?? text ?? '')
    expect(hidden).toHaveLength(7)
    for (const secret of hidden) for (const text of seen) expect(text).not.toContain(secret)
  })

  it('shows every mistake at once, one line each', () => {
    try {
      load(production({ PORT: 'abc', COOKIE_SAMESITE: 'Laxx', SESSION_SECRET: 'secret' }))
      expect.unreachable()
    } catch (error) {
      const lines = (error as ConfigError).message.split('\n')
      expect(lines.map((line) => line.split(':')[0])).toEqual([
        'CONFIG_PORT',
        'CONFIG_SECRET_SAMPLE',
        'CONFIG_SAMESITE',
      ])
    }
  })
})

describe('development secrets', () => {
  it('are made at the first start, with mode 0600, and kept', () => {
    const DATA_DIR = join(newFolder(), 'deeper', 'data')
    const first = load(development({ DATA_DIR }))
    const second = load(development({ DATA_DIR }))
    expect(first.secrets.development).toEqual({ file: expect.any(String) as string, isNew: true })
    expect(second.secrets.development?.isNew).toBe(false)
    expect(second.secrets.session[0]?.reveal()).toBe(first.secrets.session[0]?.reveal())
    expect(statSync(first.secrets.development?.file ?? '').mode & 0o777).toBe(0o600)
    expect(first.tokens.keys[0]?.algorithm).toBe('EdDSA')
  })

  it('fill in only what is missing', () => {
    const secret = newSecret()
    const config = load(development({ JWT_SECRET: secret }))
    expect(config.tokens.keys[0]).toMatchObject({ algorithm: 'HS256' })
    expect(config.secrets.refresh).toHaveLength(1)
  })

  it('are not touched where all secrets are set', () => {
    const all = {
      SESSION_SECRET: newSecret(),
      JWT_SECRET: newSecret(),
      REFRESH_SECRET: newSecret(),
    }
    expect(load(development(all)).secrets.development).toBeUndefined()
  })

  it('are refused where their file is damaged, without showing what is in it', () => {
    const DATA_DIR = newFolder()
    const file = join(DATA_DIR, 'development-secrets.json')
    for (const text of ['{"SESSION_SECRET":"hush-hush-hush"}', 'hush-hush-hush', 'null', '[]']) {
      writeFileSync(file, text)
      const problem = refusal(development({ DATA_DIR }))
      expect(problem?.code).toBe('CONFIG_SECRET_FILE')
      expect(problem?.message).not.toContain('hush')
    }
  })

  it('are refused where the folder cannot be made', () => {
    const DATA_DIR = join(newFolder(), 'file')
    writeFileSync(DATA_DIR, '')
    expect(refusal(development({ DATA_DIR: join(DATA_DIR, 'data') }))?.code).toBe(
      'CONFIG_SECRET_FILE',
    )
  })
})

describe('keys for tokens', () => {
  const pem = (key: ReturnType<typeof generateKeyPairSync>['privateKey']) =>
    (key as { export(options: object): string }).export({ type: 'pkcs8', format: 'pem' })
  const ed25519 = pem(generateKeyPairSync('ed25519').privateKey)
  const p256 = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  const p384 = pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)
  const rsa = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)

  it('env-26: an algorithm that is unknown, or does not fit the key, is refused', () => {
    const problem = refusal(production({ JWT_ALG: 'none' }))
    expect(problem).toEqual({
      code: 'CONFIG_ALG',
      message: 'JWT_ALG=none is not allowed. Use EdDSA, ES256 or HS256.',
    })
    const cases = [
      { JWT_ALG: 'RS256' },
      { JWT_ALG: 'hs256' },
      { JWT_ALG: 'HS256', JWT_SECRET: ed25519 },
      { JWT_ALG: 'ES256', JWT_SECRET: rsa },
      { JWT_ALG: 'ES256', JWT_SECRET: p384 },
      { JWT_ALG: 'ES256', JWT_SECRET: ed25519 },
      { JWT_ALG: 'EdDSA', JWT_SECRET: newSecret() },
      { JWT_SECRET: '-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----' },
    ]
    for (const changes of cases) {
      expect(refusals(production(changes)).map(({ code }) => code)).toEqual(['CONFIG_ALG'])
    }
  })

  it('says by itself what a key is for, also one on a single line', () => {
    const algorithmOf = (key: string) =>
      load(production({ JWT_SECRET: key })).tokens.keys.map(({ algorithm }) => algorithm)
    expect(algorithmOf(ed25519)).toEqual(['EdDSA'])
    expect(algorithmOf(p256.replaceAll('\n', '\\n'))).toEqual(['ES256'])
    expect(algorithmOf(rsa)).toEqual(['RS256'])
    expect(algorithmOf(`${ed25519},${p256}`)).toEqual(['EdDSA', 'ES256'])
  })

  it('are private keys or shared secrets, never both', () => {
    const problem = refusal(production({ JWT_SECRET: `${ed25519},${newSecret()}` }))
    expect(problem?.code).toBe('CONFIG_ALG')
    expect(problem?.message).toContain('use one of the two kinds')
  })
})

describe('clients of the token endpoints', () => {
  it('are ids with a secret each, or several while it is changed', () => {
    const [one, two] = [newSecret(), newSecret()]
    const { clients } = load(
      production({ OAUTH_CLIENTS: `gw:${one},gw:${two},api:${two}x` }),
    ).tokens
    expect([...clients].map(([id, list]) => [id, list.map((secret) => secret.reveal())])).toEqual([
      ['gw', [one, two]],
      ['api', [`${two}x`]],
    ])
  })

  it('are refused without an id, and with a secret that is short or predictable', () => {
    const code = (text: string) => refusal(production({ OAUTH_CLIENTS: text }))?.code
    expect(code('nothing')).toBe('CONFIG_CLIENT')
    expect(code(`:${newSecret()}`)).toBe('CONFIG_CLIENT')
    expect(code('gw:short')).toBe('CONFIG_SECRET_SHORT')
    expect(code(`gw:${'a'.repeat(40)}`)).toBe('CONFIG_SECRET_WEAK')
  })
})
