import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../../../../tools/workspace/places.mjs'
import { VARIABLES } from '../../../src/config/variables.js'

/** What is shipped or copied by people: code, examples, what it is deployed with. */
const SHIPPED = [
  'library/src',
  'service/src',
  'examples',
  'deploy',
  'tools',
  'Dockerfile',
  '.github',
]
const TEXT = /\.(?:[cm]?[jt]sx?|json|ya?ml|conf|cfg|sh|toml|env|md)$|Dockerfile|\.env/
/** Made by machines, of digests of what is public. */
const MACHINE_MADE = /package-lock\.json$|acceptance-ids\.json$/

/** What secrets look like, whatever they are called. */
const SHAPES: readonly RegExp[] = [
  /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/]{32}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36}\b/,
  /\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{40,}/,
  // Something called a secret that is given a long text of mixed characters.
  /\b\w*(?:secret|password|token|api_?key)\w*['"]?\s*[:=]\s*['"](?=[^'"]*[a-z])(?=[^'"]*[A-Z])(?=[^'"]*\d)[\w+/=-]{24,}['"]/i,
]

/** The first text in `source` that looks like a secret. */
function secretIn(source: string): string | undefined {
  return SHAPES.map((shape) => shape.exec(source)?.[0]).find((found) => found !== undefined)
}

describe('secrets', () => {
  it('S1-15: come from variables, Redis too, and none stands in the code', () => {
    const names = Object.keys(VARIABLES)
    for (const name of ['SESSION_SECRET', 'JWT_SECRET', 'REFRESH_SECRET', 'ADMIN_TOKEN']) {
      expect(names).toContain(name)
    }
    for (const name of ['REDIS_URL', 'REDIS_HOST', 'REDIS_PASSWORD']) expect(names).toContain(name)
    const files = execFileSync('git', ['ls-files', '-z', '--', ...SHIPPED], { cwd: ROOT })
      .toString()
      .split('\0')
      .filter((file) => TEXT.test(file) && !MACHINE_MADE.test(file))
    expect(files.length).toBeGreaterThan(500)
    const found = files.flatMap((file) => {
      const secret = secretIn(readFileSync(join(ROOT, file), 'utf8'))
      return secret === undefined ? [] : [`${file}: ${secret.slice(0, 40)}`]
    })
    expect(found).toEqual([])
  })

  it.each([
    "const SESSION_SECRET = 'Yk3vQp8tZr5nWm2xHd7sLb4cJf6gNa9e'",
    'jwtSecret: "aB3-aB3-aB3-aB3-aB3-aB3-aB3-aB3"',
    `-----BEGIN PRIVATE KEY-----\n${'MC4CAQAwBQYDK2VwBCIEIJ'.repeat(2)}`,
    `AKIA${'ABCDEFGH'.repeat(2)}`,
  ])('are found where there is one: %.24s', (source) => {
    expect(secretIn(source)).toBeDefined()
  })

  it.each([
    'const secret = process.env.SESSION_SECRET',
    "secrets: 'a development secret that nobody keeps'",
  ])('are not seen where there is none: %s', (source) => {
    expect(secretIn(source)).toBeUndefined()
  })
})
