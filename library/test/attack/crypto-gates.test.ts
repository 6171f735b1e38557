/** What every file of the library and the service is held to where it comes to secrets, read from the sources. */
import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'
import { createRefreshTokens } from '../../src/credential/refresh-token.js'
import { createSessionTokens } from '../../src/credential/session-token.js'
import { SECRET } from '../support/sojourn.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

const files = ['library/src', 'service/src'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name)),
)
const sources = files.map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))

describe('cryptography', () => {
  it('ASVS 11.2.1: comes from node:crypto, WebCrypto, jose and argon2 alone', () => {
    expect(sources.length).toBeGreaterThan(300)
    const imported = new Set(
      sources.flatMap(({ text }) =>
        [...text.matchAll(/(?:from |import\()'([^'.\n][^'\n]*)'/g)].map(([, name = '']) => name),
      ),
    )
    const packages = [...imported].filter(
      (name) => !isBuiltin(name) && !/^sojourn(\/|$)/.test(name),
    )
    // Everything else that is loaded does no cryptography: frameworks, databases, validation, logging, pages.
    expect(packages.sort()).toEqual(
      [
        '@node-rs/argon2',
        // Traces and metrics.
        '@opentelemetry/api',
        '@opentelemetry/exporter-metrics-otlp-http',
        '@opentelemetry/exporter-trace-otlp-http',
        '@opentelemetry/resources',
        '@opentelemetry/sdk-metrics',
        '@opentelemetry/sdk-trace-base',
        '@photostructure/sqlite',
        // A list of words.
        '@zxcvbn-ts/language-common',
        // `sojourn load`.
        'autocannon',
        'bowser',
        'cli-progress',
        'cli-table3',
        'commander',
        'compression',
        'express',
        // For its types alone.
        'express-session',
        'fast-check',
        // For their types alone.
        'fastify',
        'helmet',
        'hono',
        'jose',
        'koa',
        'kysely',
        // Reads a file of places.
        'mmdb-lib',
        'pg',
        'pino',
        'preact',
        'preact-render-to-string',
        'redis',
        // Charts, in the browser.
        'uplot',
        'zod',
        'zod-openapi',
      ].filter((name) => packages.includes(name)),
    )
    const isUsed = /node:crypto|crypto\.subtle|'jose'/
    const users = sources.filter(
      ({ file, text }) => file.startsWith('library') && isUsed.test(text),
    )
    const places = new Set(users.map(({ file }) => file.split('/').slice(0, 3).join('/')))
    expect([...places].sort()).toEqual([
      'library/src/credential',
      'library/src/keys',
      'library/src/system',
      ...(places.has('library/src/verify') ? ['library/src/verify'] : []),
    ])
  })

  it('ASVS 11.4.1: uses SHA-256 for whatever is secret; SHA-1 only names scripts, as Redis wants it, and reads the tokens of csurf; MD5 nowhere', () => {
    const weak = sources.filter(({ text }) => /['"]md5['"]|\bmd4\b|['"]sha-?1['"]/i.test(text))
    expect(weak.map(({ file }) => file)).toEqual([
      'library/src/system/digest.ts',
      // It only says so.
      'service/src/cli/crypto-inventory.ts',
    ])
    const users = sources.filter(({ text }) => /\bsha1\(/.test(text)).map(({ file }) => file)
    expect(users.sort()).toEqual([
      // The form of csurf's own tokens, for pages that were open during the upgrade; ours are HMAC-SHA256.
      'library/src/compat/csurf/token.ts',
      'library/src/compat/jwt-redis-sessions/connection.ts',
      'library/src/store/redis/scripts/script.ts',
      'library/src/system/digest.ts',
    ])
  })

  it('ASVS 11.2.4: no secret, tag or signature is compared with === anywhere', () => {
    const compared =
      /(?<!typeof )\b\w*(?:secret|password|passphrase|hmac|mac|tag|signature|apikey)\b(?:\(\))?\s*[!=]==(?!\s*(?:undefined|null|''|""|0))/gi
    const found = sources.flatMap(({ file, text }) =>
      [...text.matchAll(compared)].map(([match]) => `${file}: ${match}`),
    )
    expect(found).toEqual([])
  })

  it('ASVS 11.5.1: secrets come from the CSPRNG with 128 bits or more; Math.random and UUIDs are refused by the linter', async () => {
    // The project's own rules without types: to read those takes seconds, needs what is built, and this rule asks for none.
    const eslint = new ESLint({
      cwd: ROOT,
      overrideConfig: { languageOptions: { parserOptions: { project: false } } },
      ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-syntax',
    })
    const code = 'export const a = Math.random()\nexport const b = crypto.randomUUID()\n'
    const [verdict] = await eslint.lintText(code, {
      filePath: join(ROOT, 'library/src/credential/refresh-token.ts'),
    })
    const rule = 'no-restricted-syntax'
    const found = verdict?.messages.map(({ ruleId, line, message }) => [ruleId ?? message, line])
    expect(found).toEqual([
      [rule, 1],
      [rule, 2],
    ])
    const bits = (text: string): number => Buffer.from(text, 'base64url').length * 8
    const [, id = '', secret = ''] = createSessionTokens([SECRET], 16).mint('ab').token.split('.')
    expect(bits(id)).toBeGreaterThanOrEqual(128)
    expect(bits(secret)).toBeGreaterThanOrEqual(128 + 96)
    const refresh = createRefreshTokens([SECRET], 16).mint(`ab.${id}`)
    const [, , , seed = '', , tag = ''] = refresh.token.split('.')
    expect(bits(seed)).toBeGreaterThanOrEqual(128)
    expect(bits(tag)).toBeGreaterThanOrEqual(128)
  }, 30_000)

  it('ASVS 11.5.2: a hundred thousand tokens made at once hold no value twice', async () => {
    const tokens = createSessionTokens([SECRET], 32)
    const made = await Promise.all(
      Array.from({ length: 100_000 }, async () => tokens.mint('ab').token.split('.')),
    )
    expect(new Set(made.map(([, id]) => id)).size).toBe(100_000)
    expect(new Set(made.map(([, , secret]) => secret)).size).toBe(100_000)
  })
})
