import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ROOT } from '../../../tools/workspace/places.mjs'

/** One instruction, with its continuation lines joined and its flags (`--from=…`) apart. */
export interface Instruction {
  readonly name: string
  readonly flags: readonly string[]
  readonly text: string
}

export interface Stage {
  /** What it builds on: an image, or a stage before. */
  readonly base: string
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

/** The stages of the Dockerfile in the root. */
export function readStages(): readonly Stage[] {
  const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = []
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const [, name = '', all = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? []
    const words = all.split(/ +/)
    if (name === 'FROM') {
      stages.push({ base: words[0] ?? '', name: words[2], instructions: [] })
      continue
    }
    const flags = words.slice(
      0,
      words.findIndex((word) => !word.startsWith('--')),
    )
    const rest = words.slice(flags.length).join(' ')
    stages.at(-1)?.instructions.push({ name, flags, text: rest })
  }
  return stages
}

/** What `.dockerignore` lets through. */
export function contextPaths(): readonly string[] {
  const text = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
  return text.match(/(?<=^!).*/gm) ?? []
}

/** What an instruction takes from the context. */
export function copied({ name, flags, text }: Instruction): readonly string[] {
  const isFromContext = name === 'COPY' && flags.length === 0
  return isFromContext ? text.split(' ').slice(0, -1) : []
}

/**
 * Performs the stages `packages` and `build` in `folder`, as far as they are commands; what they leave is in `image`. Two
 * things are taken over from this checkout instead of being made anew, since they need the network or most of a minute:
 * `npm ci` (its node_modules), and what the compiler makes of the same sources. `folder` lies on the disk of this checkout:
 * sources are linked, not copied.
 */
export function performBuild(folder: string, image: string): void {
  const app = join(folder, 'app')
  mkdirSync(app)
  for (const stage of readStages()) {
    if (stage.name !== 'packages' && stage.name !== 'build') continue
    for (const instruction of stage.instructions) perform(instruction, app, image)
  }
}

function perform(instruction: Instruction, app: string, image: string): void {
  const { name, text } = instruction
  if (name === 'WORKDIR') return
  if (name === 'COPY') {
    const to = text.split(' ').at(-1) ?? ''
    const from = copied(instruction)
    for (const path of from) {
      const isInto = to.endsWith('/')
      linkAll(join(ROOT, path), isInto ? join(app, to, basename(path)) : join(app, to))
    }
    return
  }
  if (name !== 'RUN') throw new Error(`nobody performs ${name}`)
  if (text === 'npm ci') {
    for (const path of ['node_modules', 'service/node_modules', 'library/dist', 'service/dist']) {
      mkdirSync(dirname(join(app, path)), { recursive: true })
      symlinkSync(join(ROOT, path), join(app, path))
    }
    return
  }
  // The program knows its root by where it lies; only the target has another place here.
  const words = text.split(' ').map((word) => (word === '/image' ? image : word))
  execFileSync(words[0] ?? '', words.slice(1), { cwd: app, stdio: ['ignore', 'ignore', 'pipe'] })
}

/** Links a file, or every file of a folder. */
function linkAll(from: string, to: string): void {
  if (statSync(from).isFile()) {
    mkdirSync(dirname(to), { recursive: true })
    linkSync(from, to)
    return
  }
  for (const entry of readdirSync(from)) linkAll(join(from, entry), join(to, entry))
}
