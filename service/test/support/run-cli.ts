import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Environment } from './service.js'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const run = promisify(execFile)

/** Runs `sojourn …` with `--json`, and answers what it says. The service must have been built. */
export async function runCli<Said>(environment: Environment, ...args: string[]): Promise<Said> {
  const env = { PATH: process.env['PATH'], NODE_ENV: 'test', ...environment }
  const { stdout } = await run(process.execPath, [MAIN, ...args, '--json'], { env })
  return JSON.parse(stdout) as Said
}
