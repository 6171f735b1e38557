import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEFAULTS } from '../../src/options.js'

const read = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

/** The number that a row of the page gives. */
const rows = new Map(
  read('docs/reference/limits.md')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, what = '', number = '']) => [what, Number.parseInt(number, 10)] as const),
)

/** A number of the service's source, by the words before it. */
function sourced(path: string, pattern: RegExp): number {
  const text = pattern.exec(read(path))?.[1] ?? 'nothing'
  return Number(text.replaceAll('_', ''))
}

function documented(part: string): number {
  const row = [...rows].find(([what]) => what.includes(part))
  return row?.[1] ?? Number.NaN
}

describe('docs/reference/limits.md', () => {
  it.each([
    ['resilience.commandDeadline', DEFAULTS.commandDeadline],
    ['failuresToOpen', DEFAULTS.failuresToOpen],
    ['probeEvery', DEFAULTS.probeEvery],
    ['cache.maxStaleness', DEFAULTS.maxStaleness],
    ['cache.maxEntries', DEFAULTS.maxCacheEntries],
    ['limit.max', DEFAULTS.limit.max],
    ['maxSessionBytes', DEFAULTS.maxSessionBytes],
    ['anonymous.maxBytes', DEFAULTS.anonymousMaxBytes],
    ['anonymous.perMinute', DEFAULTS.anonymousPerMinute],
  ])('ASVS 13.1.3: %s is documented as it is in the library', (name, number) => {
    expect(documented(name)).toBe(number)
  })

  it.each([
    ['first connection to Redis', 'service/src/redis/open.ts', /FIRST_CONNECTION = ([\d_]+)/],
    ['connecting to Redis', 'service/src/redis/client.ts', /connectTimeout: ([\d_]+)/],
    ['a request has to arrive', 'service/src/listen.ts', /REQUEST_WITHIN = ([\d_]+)/],
    ['passwords hashed at once', 'service/src/open-parts.ts', /HASHING = \{ atOnce: (\d+)/],
    ['connections to PostgreSQL', 'service/src/account/database.ts', /CONNECTIONS = ([\d_]+)/],
  ] as const)(
    'ASVS 13.1.2, 13.1.3: %s is documented as it is in the service',
    (part, path, pattern) => {
      expect(documented(part)).toBe(sourced(path, pattern))
    },
  )
})
