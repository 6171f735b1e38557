import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Environment } from './service.js'
import { SERVICE_CLI } from '../../../tools/workspace/places.mjs'

const run = promisify(execFile)

/** Runs `sojourn …` with `--json`, and answers what it says. The service must have been built. */
export async function runCli<Said>(environment: Environment, ...args: string[]): Promise<Said> {
  const env = { PATH: process.env['PATH'], NODE_ENV: 'test', ...environment }
  const { stdout } = await run(process.execPath, [SERVICE_CLI, ...args, '--json'], { env })
  return JSON.parse(stdout) as Said
}
