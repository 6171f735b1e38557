/** The package as npm would publish it: packed, judged by publint and attw, unpacked, imported and required. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const LIBRARY = join(ROOT, 'library')
const { exports } = JSON.parse(readFileSync(join(LIBRARY, 'package.json'), 'utf8')) as {
  exports: Record<string, string>
}
const COMPAT = Object.entries(exports)
  .filter(([, target]) => target.startsWith('./dist/compat/'))
  .map(([subpath]) => `sojourn${subpath.slice(1)}`)

const run = promisify(execFile)
let folder = ''
let tarball = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sojourn-package-'))
  const pack = ['pack', '--ignore-scripts', '--offline', '--pack-destination', folder]
  await run('npm', pack, { cwd: LIBRARY })
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '')
  const installed = join(folder, 'node_modules/sojourn')
  mkdirSync(installed, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'])
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || name === 'sojourn') continue
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
}, 60_000)
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** What a child process prints as JSON; anything on its standard error, a warning too, is a fault. */
async function told(type: 'module' | 'commonjs', code: string): Promise<any> {
  const program = [`--input-type=${type}`, '--eval', code]
  const { stdout, stderr } = await run(process.execPath, program, { cwd: folder })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

describe('the published package', () => {
  it('behaviour 32a: publint finds nothing', async () => {
    const bytes = readFileSync(tarball)
    const packed = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
    const { messages } = await publint({ pack: { tarball: packed }, strict: true })
    expect(messages).toEqual([])
  })

  it('behaviour 32a: attw finds nothing on any subpath', async () => {
    const attw = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    const options = [tarball, '--profile', 'esm-only', '--format', 'json']
    // Ends with 1 where it found something; what, is in what it prints.
    const { stdout } = await run(process.execPath, [attw, ...options], {
      maxBuffer: 2 ** 27,
    }).catch((error: unknown) => error as { stdout: string })
    const { analysis } = JSON.parse(stdout) as {
      analysis: {
        entrypoints: Record<string, object>
        problems: { kind: string; resolutionKind?: string; entrypoint?: string }[]
      }
    }
    expect(Object.keys(analysis.entrypoints).sort()).toEqual(Object.keys(exports).sort())
    // The profile leaves out what no ES module can be: found by TypeScript's resolution of 2012, and loaded by a
    // Node that cannot require ES modules. That Node of today can is what the tests below show.
    const left = analysis.problems.filter(
      ({ resolutionKind }) => resolutionKind !== 'node10' && resolutionKind !== 'node16-cjs',
    )
    expect(left).toEqual([])
  })

  it('holds no build state and no sources', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball])
    const names = stdout.trim().split('\n')
    expect(names.filter((name) => name.includes('.tsbuildinfo'))).toEqual([])
    expect(names.filter((name) => /^package\/(src|test)\//.test(name))).toEqual([])
  })
})

describe.each(COMPAT)('%s', (name) => {
  it('behaviour 32a: require() and import give the same values under the same names', async () => {
    const code = `
      const required = require('${name}')
      import('${name}').then((imported) => {
        const own = (names) => names.filter((one) => !['default', 'module.exports', '__esModule'].includes(one)).sort()
        const names = own(Object.keys(imported))
        console.log(JSON.stringify({
          names,
          required: own(Object.keys(required)),
          different: names.filter((one) => required[one] !== imported[one]),
          // What stands in for nothing that had a default export has none.
          sameDefault: imported.default === undefined || (required.default ?? required) === imported.default,
        }))
      })`
    const { names, required, different, sameDefault } = await told('commonjs', code)
    expect(different).toEqual([])
    // A class that is required as itself carries its names, too, but does not list them.
    expect(names).toEqual(expect.arrayContaining(required as string[]))
    expect(names.length).toBeGreaterThan(0)
    expect(sameDefault).toBe(true)
  })

  it('behaviour 32a: createRequire in an ES module gives what require gives', async () => {
    const code = `
      import { createRequire } from 'node:module'
      import * as imported from '${name}'
      const required = createRequire(import.meta.url)('${name}')
      const isSame = imported.default === undefined || (required.default ?? required) === imported.default
      console.log(JSON.stringify(isSame))`
    expect(await told('module', code)).toBe(true)
  })
})

describe('what an application does with it', () => {
  it('session is callable as it is required, and carries its classes and nothing less than the original', async () => {
    const code = `
      const session = require('sojourn/express-session')
      const original = require('express-session')
      const missing = Object.keys(original).filter((name) => typeof session[name] !== 'function')
      const handler = session({ secret: 'x'.repeat(32), resave: false, saveUninitialized: false })
      class Own extends session.Store {}
      console.log(JSON.stringify([typeof session, missing, typeof handler, handler.length, new Own() instanceof session.Store]))`
    expect(await told('commonjs', code)).toEqual(['function', [], 'function', 3, true])
  })

  it('S2-02: RedisStore is a class as it is required, by .default and by its name', async () => {
    const code = `
      const required = require('sojourn/connect-redis')
      const client = require('redis').createClient()
      const made = [required, required.default, required.RedisStore].map((RedisStore) =>
        new RedisStore({ client, prefix: 'myapp:' }))
      console.log(JSON.stringify(made.map((store) => [store.prefix, store instanceof required])))`
    const one = ['myapp:', true]
    expect(await told('commonjs', code)).toEqual([one, one, one])
  })
})
