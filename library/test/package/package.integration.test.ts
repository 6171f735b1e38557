/** The package as npm would publish it: packed, judged by publint and attw, installed, imported, required and compiled. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addPackages, LIBRARY, manifest, pack } from '../../../tools/package/pack.mjs'
import { faultsOf, freshApplication, tryOut } from '../../../tools/package/trial.mjs'
import { CACHE, ROOT } from '../../../tools/workspace/places.mjs'
import { compile, writeSources } from './typescript.js'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'sojourn-package-'))
let packed: ReturnType<typeof pack>
let application: ReturnType<typeof freshApplication>

beforeAll(() => {
  packed = pack(folder)
  application = freshApplication(packed.tarball)
}, 180_000)
afterAll(() => {
  application.remove()
  rmSync(folder, { recursive: true, force: true })
})

describe('the tarball', () => {
  it('behaviour 32a: publint finds nothing', async () => {
    const bytes = readFileSync(packed.tarball)
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
    const { messages } = await publint({ pack: { tarball }, strict: true })
    expect(messages).toEqual([])
  })

  it('behaviour 32a: attw finds nothing on any subpath', async () => {
    const attw = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    const options = [packed.tarball, '--profile', 'esm-only', '--format', 'json']
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
    const { exports } = manifest()
    expect(Object.keys(analysis.entrypoints).sort()).toEqual(Object.keys(exports).sort())
    // The profile leaves out what no ES module can be: found by TypeScript's resolution of 2012, and loaded by a
    // Node that cannot require ES modules. That Node of today can is what the trial below shows.
    const left = analysis.problems.filter(
      ({ resolutionKind }) => resolutionKind !== 'node10' && resolutionKind !== 'node16-cjs',
    )
    expect(left).toEqual([])
  }, 180_000)

  it('holds what is built of the sources, three files beside it, and nothing else', () => {
    const sources = readdirSync(join(LIBRARY, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `dist/${name.slice(0, -'.ts'.length)}`)
    const built = sources.flatMap((name) => [`${name}.js`, `${name}.d.ts`])
    expect(packed.files.toSorted()).toEqual(
      [...built, 'LICENSE', 'README.md', 'package.json'].toSorted(),
    )
    // No file points to a map that is not there: tools that follow it would warn.
    const dist = join(LIBRARY, 'dist')
    const pointing = packed.files.filter(
      (name) =>
        /\.(js|d\.ts)$/.test(name) &&
        readFileSync(join(dist, '..', name), 'utf8').includes('//# sourceMappingURL='),
    )
    expect(pointing).toEqual([])
  })

  it('says whose it is and under which licence, and carries that and a README of its own', () => {
    const installed = join(application.folder, 'node_modules/sojourn')
    const licence = readFileSync(join(installed, 'LICENSE'), 'utf8')
    expect(licence).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'))
    const { author, license } = manifest()
    expect(license).toBe('MIT')
    expect(author).toMatch(/\w/)
    expect(licence).toContain(author)
    expect(readFileSync(join(installed, 'README.md'), 'utf8')).toMatch(/^# sojourn\n/)
  })
})

describe('a fresh application that installed it', () => {
  it('behaviour 32a: imports and requires each subpath with the same names, and keeps sessions', () => {
    const trial = tryOut(application.folder)
    expect(faultsOf(trial)).toEqual([])
    expect(Object.keys(trial.compared)).toHaveLength(Object.keys(manifest().exports).length - 1)
    expect(trial.stays.map(({ store }) => store)).toEqual(['memory', 'sqlite'])
  })

  // They are 40 MB each, and `npm run matrix` gets them: where it has not run, this Node has to do.
  it('behaviour 32a: does so on Node 22 and 24, where npm run matrix has left them', () => {
    const name = `node-${process.platform}-${process.arch}`
    const nodes = ['22', '24']
      .map((release) => join(CACHE, `node-${release}`, 'node_modules', name, 'bin/node'))
      .filter((node) => existsSync(node))
    expect(nodes.flatMap((node) => faultsOf(tryOut(application.folder, [node])))).toEqual([])
  }, 180_000)

  it('behaviour 32a: gets by createRequire, by default and by name what require gives', async () => {
    addPackages(application.folder, ['express-session', 'redis'])
    const code = `
      import { createRequire } from 'node:module'
      import byDefault, { RedisStore } from 'sojourn/connect-redis'
      import session, { Store } from 'sojourn/express-session'
      const require = createRequire(import.meta.url)
      const required = require('sojourn/connect-redis')
      const original = require('express-session')
      const missing = Object.keys(original).filter((name) => typeof session[name] !== 'function')
      const handler = require('sojourn/express-session')({ secret: 'x'.repeat(32), resave: false, saveUninitialized: false })
      class Own extends session.Store {}
      const client = require('redis').createClient()
      const made = [required, required.default, required.RedisStore, byDefault, RedisStore].map((Made) =>
        new Made({ client, prefix: 'myapp:' }))
      console.log(JSON.stringify({
        missing,
        handler: [typeof handler, handler.length],
        isStore: new Own() instanceof Store,
        made: made.map((store) => [store.prefix, store instanceof required]),
      }))`
    const program = ['--input-type=module', '--eval', code]
    const { stdout, stderr } = await run(process.execPath, program, { cwd: application.folder })
    // A warning, too, is a fault.
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      missing: [],
      handler: ['function', 3],
      isStore: true,
      made: Array(5).fill(['myapp:', true]),
    })
  })
})

describe('a fresh application in TypeScript', () => {
  const ALL = ['all.mts', 'all.cts']
  const NODENEXT = { module: 'nodenext' }
  const BUNDLER = { module: 'esnext', moduleResolution: 'bundler' }

  beforeAll(() => {
    writeSources(application.folder)
    // Beside the types of Node only what package.json says that somebody may have to install.
    addPackages(application.folder, ['@types/node', ...Object.keys(manifest().peerDependencies)])
  })

  // By the native compiler, which takes a fraction of what the others take: those meet it in ../compat/types.
  it.each([
    { files: ALL, settings: NODENEXT },
    { files: ['all.mts'], settings: BUNDLER },
    { files: ['most.mts'], settings: { module: 'node16' } },
  ])(
    'behaviour 32a: $files compile with TypeScript 7.0, $settings, declarations checked',
    async ({ files, settings }) => {
      expect(await compile(application.folder, 'typescript-7', files, settings)).toBe('')
    },
    180_000,
  )

  it('sojourn/verify compiles where there are Web APIs and no types of Node', async () => {
    const settings = { ...BUNDLER, types: [], lib: ['es2022', 'webworker'] }
    expect(await compile(application.folder, 'typescript-7', ['edge.mts'], settings)).toBe('')
  }, 180_000)
})
