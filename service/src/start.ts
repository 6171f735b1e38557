import { loadConfig } from './config/load.js'
import { describeConfig } from './config/describe.js'
import type { Environment } from './config/values.js'
import { examineStore } from './examine-store.js'
import { createLogger, standardOutput } from './log/index.js'
import { openSessionStore } from './session-store.js'

/**
 * Starts the service in this process, and answers once it listens: for main.ts and `sojourn serve`.
 *
 * The routes are loaded once the configuration has been read and the store has said yes: who is refused need not wait for
 * them, and what those two leave behind is gone before most of the heap grows around it (some 20 MB of memory that nobody
 * would give back).
 *
 * @throws ConfigError, StoreRefused
 */
export async function startHere(environment: Environment): Promise<void> {
  // Nobody who reads warnings is needed for people to be let in.
  process.stderr.on('error', () => undefined)
  const config = loadConfig(environment)
  // Databases hold hashes of passwords and addresses of people: what we write is for us alone.
  process.umask(0o077)
  const log = createLogger({ level: config.operation.logLevel })
  for (const line of describeConfig(config)) standardOutput().write(`sojourn: ${line}\n`)
  const opened = await openSessionStore(config, log)
  await examineStore(opened.store, config, log)
  const { serve } = await import('./serve.js')
  await serve(config, log, opened)
}
