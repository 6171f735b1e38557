import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { buildForChildren } from './build.js'

const SCRIPT = fileURLToPath(new URL('child.mjs', import.meta.url))

/** A running process, and what it has said so far, line by line. */
export interface Child {
  readonly process: ChildProcess
  readonly lines: readonly unknown[]
  /** Resolves with all lines once it ended well; rejects with what it complained of otherwise. */
  readonly done: Promise<readonly unknown[]>
  /** Resolves once it is gone, however it went. */
  readonly gone: Promise<void>
  /** What it has written to its standard error so far. */
  complaints(): string
}

/** Starts the tasks of child.mjs, on sources that are compiled once for the test file. */
export function prepareChildren(): (
  task: string,
  parameters: object,
  options?: SpawnOptions & { readonly execArgv?: readonly string[] },
) => Child {
  // Some children are somebody else, who reads these files, too.
  const mask = process.umask(0o022)
  const build = buildForChildren()
  afterAll(() => {
    process.umask(mask)
    rmSync(build, { recursive: true, force: true })
  })
  return (task, parameters, { execArgv = [], ...options } = {}) => {
    const script = [SCRIPT, build, task, JSON.stringify(parameters)]
    return follow(spawn(process.execPath, [...execArgv, ...script], { stdio: 'pipe', ...options }))
  }
}

function follow(child: ChildProcess): Child {
  const lines: unknown[] = []
  let rest = ''
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  child.stdout?.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) lines.push(JSON.parse(part))
  })
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const done = closed.then((code) => {
    if (code !== 0) throw new Error(`the child ended with ${String(code)}: ${complaint}`)
    return lines
  })
  done.catch(() => undefined)
  return {
    process: child,
    lines,
    done,
    gone: closed.then(() => undefined),
    complaints: () => complaint,
  }
}
