import { chmodSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeJavaScript } from '../../support/javascript.js'

const SOURCES = fileURLToPath(new URL('../../../src/', import.meta.url))
const MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url))
/** What the stores reach; the rest of the library need not be sound for its tests to run. */
const REDIS = ['store/redis', 'store/redis/scripts', 'store/redis/feed']
const PARTS = ['errors.ts', 'system', 'store/sqlite', ...REDIS, 'store/memory', 'store']

/**
 * Writes sources (the SQLite store's, unless others are named) as JavaScript into a folder of its own, for child processes: Node.js 20 runs
 * no TypeScript. Not `library/dist`, which other test files may be building at the same moment.
 */
export function buildForChildren(parts: readonly string[] = PARTS): string {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-build-'))
  // A child may run as another user.
  chmodSync(folder, 0o755)
  for (const file of parts.flatMap(sourcesIn)) {
    writeJavaScript(file, join(folder, relative(SOURCES, file).replace(/\.ts$/, '.js')))
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(MODULES, join(folder, 'node_modules'))
  return folder
}

function sourcesIn(part: string): string[] {
  const path = join(SOURCES, part)
  if (part.endsWith('.ts')) return [path]
  return readdirSync(path)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(path, name))
}
