import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { createSojourn } from '../../src/sojourn.js'
import { openSqliteStore } from '../../src/store/sqlite/index.js'
import * as testing from '../../src/testing/index.js'
import { SECRET, TOKENS } from '../support/sojourn.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const RECIPES = join(ROOT, 'examples/testing')
const FOLDER = mkdtempSync(join(tmpdir(), 'sojourn-testing-'))

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

/** Runs a program in a folder with nothing of this runner in its environment. Answers all that it says, or throws with it. */
async function run(folder: string, args: readonly string[]): Promise<string> {
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, NODE_ENV: 'test', CI: '1' }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...args], { cwd: folder, env }, (error, stdout, stderr) => {
      const said = stdout + stderr
      if (error === null) resolve(said)
      else reject(new Error(`${args.join(' ')} failed:\n${said}`))
    })
  })
}

const bin = (path: string): string => join(ROOT, 'node_modules', path)

/** What each runner says of five tests that passed. */
const RUNNERS: readonly [name: string, args: readonly string[], said: RegExp][] = [
  // Since Node 23 as people read it, before as TAP.
  ['node-test', ['--test'], /^[#ℹ] pass 5$/m],
  ['vitest', [bin('vitest/vitest.mjs'), 'run', '--no-color'], /Tests +5 passed \(5\)/],
  [
    'jest',
    ['--experimental-vm-modules', bin('jest/bin/jest.js'), '--no-cache'],
    /Tests: +5 passed, 5 total/,
  ],
]

describe('the recipes', () => {
  it.concurrent.each(RUNNERS)(
    'for %s run as they stand',
    async (name, args, said) => {
      expect(await run(join(RECIPES, name), args)).toMatch(said)
    },
    60_000,
  )

  it('need no package but the library itself; the random operations name the one that they need', async () => {
    mkdirSync(join(FOLDER, 'node_modules'))
    symlinkSync(join(ROOT, 'library'), join(FOLDER, 'node_modules/sojourn'))
    symlinkSync(join(ROOT, 'node_modules/jose'), join(FOLDER, 'node_modules/jose'))
    writeFileSync(join(FOLDER, 'alone.mjs'), ALONE)
    const said = await run(FOLDER, ['--preserve-symlinks', '--preserve-symlinks-main', 'alone.mjs'])
    expect(said).toContain('signed in: ada')
    expect(said).toContain('npm install --save-dev fast-check')
  })
})

const ALONE = `
import { createMemoryStore, createSojourn } from 'sojourn'
import { createManualClock, describeStoreConformance, signIn } from 'sojourn/testing'

const ada = await signIn(createSojourn({ secrets: 'x'.repeat(40) }), { subject: 'ada' })
console.log('signed in:', ada.subject)

const tests = new Map()
const runner = { describe: (_name, body) => body(), it: (name, run) => tests.set(name, run) }
const open = async () => {
  const clock = createManualClock()
  return { store: createMemoryStore({ clock }), advance: (ms) => clock.advance(ms), close() {} }
}
describeStoreConformance('mine', { open }, runner, { operations: 10, crowd: 10 })
for (const [name, run] of tests) {
  if (!name.includes('random operations')) continue
  await run().catch((error) => console.log(name, 'failed:', error.message))
}
`

describe('a manual clock over a SQLite store', () => {
  it('moves idle, absolute, access and refresh together', async () => {
    const clock = testing.createManualClock()
    const store = await openSqliteStore({ file: join(FOLDER, 'sessions.db'), clock })
    const sojourn = createSojourn({
      secrets: SECRET,
      store,
      clock,
      tokens: { ...TOKENS, refresh: { lifetime: '2h' } },
    })
    try {
      const ada = await testing.signIn(sojourn, { subject: 'ada' })
      clock.advance('14m')
      await testing.expectActive(sojourn, ada)
      clock.advance('61m')
      await testing.expectEnded(sojourn, ada, 'expired_idle')
      const eve = await testing.signIn(sojourn, { subject: 'eve', remember: true })
      clock.advance('119m')
      expect(await sojourn.tokens.introspect(eve.refreshToken)).toMatchObject({ active: true })
      clock.advance('2m')
      expect(await sojourn.tokens.introspect(eve.refreshToken)).toEqual({ active: false })
      for (let day = 0; day < 29; day += 1) {
        clock.advance('1d')
        await testing.expectActive(sojourn, { cookie: eve.cookie })
      }
      clock.advance('22h')
      await testing.expectEnded(sojourn, eve, 'expired_absolute')
    } finally {
      await sojourn.close()
    }
  })
})
