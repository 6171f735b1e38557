import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ROOT } from '../../../tools/workspace/places.mjs'
import { plantTree } from './tree.js'

/** A service of one line: it says a word, and stays. */
const saying = (word: string): string =>
  `console.log('it says ${word}')\nsetInterval(() => {}, 1_000)\n`

/** As in this repository, only that there is next to nothing to compile. */
const PROJECT = JSON.stringify({
  compilerOptions: {
    ...{ composite: true, rootDir: 'src', outDir: 'dist', module: 'nodenext', target: 'es2023' },
    ...{ lib: ['es2023', 'dom'], types: [], skipLibCheck: true },
  },
  include: ['src'],
})
const TYPED = '{ "type": "module" }'
const FILES = {
  'package.json': TYPED,
  'package-lock.json': '{ "packages": {} }',
  'tsconfig.base.json': '{}',
  'tsconfig.json': '{ "files": [], "references": [{ "path": "library" }, { "path": "service" }] }',
  'library/package.json': TYPED,
  'library/tsconfig.json': PROJECT,
  'library/src/index.ts': 'export const nothing = undefined\n',
  'service/package.json': TYPED,
  'service/tsconfig.json': PROJECT,
  'service/src/main.ts': saying('one'),
  'service/src/cli/main.ts': 'export {}\n',
  // The scripts of the pages, which the build looks for by name.
  ...Object.fromEntries(
    readdirSync(join(ROOT, 'service/src/client'))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => [`service/src/client/${name}`, 'export {}\n']),
  ),
}

it('S1-11: npm run dev compiles a change and starts the service again, until Ctrl-C', async () => {
  const root = plantTree(FILES)
  cpSync(join(ROOT, 'tools'), join(root, 'tools'), {
    recursive: true,
    // Some tools have packages of their own, hundreds of megabytes of them.
    filter: (path) => basename(path) !== 'node_modules',
  })
  mkdirSync(join(root, 'node_modules'))
  for (const name of ['typescript-7', 'rolldown']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(root, 'node_modules', name))
  }
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const command = (scripts['dev'] ?? '').replace(/^exec node /, '')
  const child = spawn(process.execPath, [command], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let said = ''
  let told = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text))
  const until = performance.now() + 45_000
  /** Waits for a word, and now and then does something about it. */
  const says = async (word: string, meanwhile = (): void => undefined): Promise<void> => {
    for (let round = 0; !(said + told).includes(word); round += 1) {
      if (performance.now() > until || child.exitCode !== null) throw new Error(`${said}\n${told}`)
      if (round % 100 === 0) meanwhile()
      await pause(20)
    }
  }
  try {
    await says('it says one')
    await says('Watching for file changes')
    // The compiler says so a moment before it does: who was that quick saves once more.
    await says('it says two', () => {
      writeFileSync(join(root, 'service/src/main.ts'), saying('two'))
    })
  } finally {
    child.kill('SIGINT')
  }
  expect(await ended).toBe(130)
}, 60_000)
