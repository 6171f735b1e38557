import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import { transformSync } from 'rolldown/utils'
import { ROOT } from '../../../tools/workspace/places.mjs'

/**
 * Writes a TypeScript file as the JavaScript that Node 20 runs; its types are not looked at. In a fiftieth of the time that the
 * compiler takes for it, which counts where all sources are written anew.
 */
export function writeJavaScript(source: string, target: string): void {
  const { code, errors } = transformSync(source, readFileSync(source, 'utf8'), { target: 'es2023' })
  const [error] = errors
  if (error !== undefined) throw error
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, code)
}

/** A program in one file. */
export interface JoinedProgram {
  readonly file: string
  remove(): void
}

/**
 * Joins a program, TypeScript or not, with all that it imports but for the packages named: one file is started in half of the
 * time that hundreds of them take, which counts where it is started dozens of times.
 */
export async function joinProgram(
  entry: string,
  apart: readonly string[] = [],
): Promise<JoinedProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-joined-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const joined = await rolldown({
    input: entry,
    platform: 'node',
    external: [...apart],
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    logLevel: 'silent',
  })
  const file = join(folder, 'program.mjs')
  await joined.write({ file, format: 'esm', codeSplitting: false })
  await joined.close()
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
