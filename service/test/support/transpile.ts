import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { writeJavaScript } from '../../../library/test/support/javascript.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Makes JavaScript of TypeScript sources, the service's unless others are named (without checking types, and without pages), so
 * that a test can run parts of them in processes of their own. To be called inside a test, after which it is deleted. Answers the folder in which all lies as it does
 * in the repository.
 */
export function transpile(sources = 'service/src'): string {
  const target = mkdtempSync(join(tmpdir(), 'sojourn-transpiled-'))
  onTestFinished(() => {
    rmSync(target, { recursive: true, force: true })
  })
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'))
  // What npm has put beside the service.
  const own = join(ROOT, 'service', 'node_modules')
  mkdirSync(join(target, 'service'))
  if (existsSync(own)) symlinkSync(own, join(target, 'service', 'node_modules'))
  writeFileSync(join(target, 'package.json'), '{"type":"module"}')
  for (const name of readdirSync(join(ROOT, sources), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue
    const file = join(target, sources, name.replace(/\.ts$/, '.js'))
    writeJavaScript(join(ROOT, sources, name), file)
  }
  return target
}
