import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { onTestFinished } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Makes JavaScript of TypeScript folders of this repository (without checking types), so that a test can run
 * them in processes of their own. To be called inside a test, after which they are deleted. Answers the folder in which they lie as they do in the repository.
 */
export function transpile(...folders: readonly string[]): string {
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
  for (const folder of folders) {
    for (const name of readdirSync(join(ROOT, folder))) {
      if (!name.endsWith('.ts')) continue
      const { outputText } = ts.transpileModule(readFileSync(join(ROOT, folder, name), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
      })
      const file = join(target, folder, name.replace(/\.ts$/, '.js'))
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, outputText)
    }
  }
  return target
}
