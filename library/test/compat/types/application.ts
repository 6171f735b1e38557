import { execFile } from 'node:child_process'
import {
  copyFileSync,
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

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** A folder like that of an application: its package.json, its files, and what npm installed for it. */
export interface Application {
  readonly folder: string
  /** Compiles with the settings, and more files that were written; what the compiler prints, or nothing where all is well. */
  compile(
    compiler: string,
    settings: Readonly<Record<string, unknown>>,
    more?: readonly string[],
  ): Promise<string>
  remove(): void
}

/** Lays out an application of the files, copied from this folder; `type` is that of its package.json. */
export function layOut(files: Readonly<Record<string, string>>, type?: 'module'): Application {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-types-'))
  mkdirSync(join(folder, 'node_modules'))
  const modules = join(ROOT, 'node_modules')
  for (const name of readdirSync(modules)) {
    if (!name.startsWith('.')) symlinkSync(join(modules, name), join(folder, 'node_modules', name))
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(type === undefined ? {} : { type }))
  for (const [name, source] of Object.entries(files)) {
    copyFileSync(join(import.meta.dirname, source), join(folder, name))
  }
  return {
    folder,
    compile: (compiler, settings, more = []) =>
      compile(folder, [...Object.keys(files), ...more], compiler, settings),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function compile(
  folder: string,
  files: readonly string[],
  compiler: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<string> {
  const compilerOptions = {
    ...{ target: 'es2022', lib: ['es2022'], types: ['node'], noEmit: true },
    ...{ strict: true, exactOptionalPropertyTypes: true, noImplicitOverride: true },
    // Declarations are checked, ours too, but for those of the language itself.
    skipDefaultLibCheck: true,
    ...settings,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const program = join(ROOT, 'node_modules', compiler, 'bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [program, '-p', '.'], { cwd: folder }, (error, stdout) => {
      resolve(error === null ? '' : stdout || error.message)
    })
  })
}
