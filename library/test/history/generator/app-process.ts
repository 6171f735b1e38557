import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import type { Orders } from '../apps/process.js'

/** An application as one file of JavaScript, which Node 20 can run. */
export interface Built {
  readonly file: string
  remove(): void
}

/** A change to a source, for a library that is broken on purpose. */
export interface Change {
  /** The end of the path. */
  readonly file: string
  readonly from: string
  readonly to: string
}

const MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url))

/** Builds one of apps/, with the sources of the library as they are, but for the changes. */
export async function build(app: string, changes: readonly Change[] = []): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-history-'))
  const done = new Set<Change>()
  const bundle = await rolldown({
    input: fileURLToPath(new URL(`../apps/${app}.ts`, import.meta.url)),
    platform: 'node',
    external: /^[^./]/,
    logLevel: 'silent',
    plugins: [{ name: 'break', transform: (code, id) => apply(code, id, changes, done) }],
  })
  const file = join(folder, 'app.js')
  await bundle.write({ file, format: 'esm' })
  await bundle.close()
  const missed = changes.find((change) => !done.has(change))
  if (missed !== undefined) throw new Error(`${missed.file} has no "${missed.from}" any more`)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(MODULES, join(folder, 'node_modules'))
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

function apply(
  code: string,
  id: string,
  changes: readonly Change[],
  done: Set<Change>,
): string | null {
  let text = code
  for (const change of changes) {
    if (!id.endsWith(change.file) || !text.includes(change.from)) continue
    text = text.replaceAll(change.from, change.to)
    done.add(change)
  }
  return text === code ? null : text
}

/** One process of the application, which can be killed and started again. */
export interface AppProcess {
  /** `undefined` while it does not listen. */
  readonly port: number | undefined
  /** How often it ended though nobody had killed it. */
  readonly crashes: number
  /** What it complained of, at most 4 KB. */
  readonly complaints: string
  start(): Promise<void>
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>
  /** SIGSTOP. */
  pause(): void
  /** SIGCONT. */
  resume(): void
}

export function createAppProcess({ file }: Built, orders: Orders): AppProcess {
  let child: ChildProcess | undefined
  let port: number | undefined
  let crashes = 0
  let complaints = ''
  return {
    get port() {
      return port
    },
    get crashes() {
      return crashes
    },
    get complaints() {
      return complaints
    },
    async start() {
      const started = spawn(process.execPath, [file, JSON.stringify(orders)], {
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      child = started
      started.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaints = (complaints + text).slice(0, 4_096)
      })
      port = await new Promise<number>((resolve, reject) => {
        started.once('exit', () => reject(new Error(`the application ended: ${complaints}`)))
        started.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())))
      })
      started.once('exit', (_code, signal) => {
        port = undefined
        if (signal !== 'SIGKILL') crashes += 1
      })
    },
    async kill() {
      const gone = child
      if (gone === undefined || gone.exitCode !== null || gone.signalCode !== null) return
      const exit = new Promise((resolve) => gone.once('exit', resolve))
      gone.kill('SIGKILL')
      await exit
    },
    pause: () => child?.kill('SIGSTOP'),
    resume: () => child?.kill('SIGCONT'),
  }
}
