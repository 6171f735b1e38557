/**
 * The service's process: reads the configuration, and serves by it or says what is wrong with it.
 */
import { existsSync } from 'node:fs'
import type { Config } from './config/config.js'
import { describeConfig } from './config/describe.js'
import { loadConfig } from './config/load.js'
import { ConfigError, EXIT_CONFIG } from './config/refusal.js'
import { examineStore } from './examine-store.js'
import { createLogger, standardOutput } from './log/index.js'
import { openSessionStore } from './session-store.js'
import { StoreRefused } from './store-refused.js'

/** Prints what is wrong, one line each, and ends the process. */
function refuse(error: ConfigError | StoreRefused): never {
  const lines =
    error instanceof ConfigError
      ? error.problems.map(({ code, message }) => `${code}: ${message}`)
      : [`${error.code}: ${error.message}`]
  for (const line of lines) process.stderr.write(`sojourn: ${line}\n`)
  process.exit(EXIT_CONFIG)
}

function readConfig(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env')
  try {
    return loadConfig(process.env)
  } catch (error) {
    if (error instanceof ConfigError) refuse(error)
    throw error
  }
}

/**
 * Everything else is loaded once the configuration has been read and the store has said yes: who is refused
 * need not wait for it, and what those two leave behind is gone before most of the heap grows around it
 * (some 20 MB of memory that nobody would give back).
 */
async function start(): Promise<void> {
  // Nobody who reads warnings is needed for people to be let in.
  process.stderr.on('error', () => undefined)
  const config = readConfig()
  // Databases hold hashes of passwords and addresses of people: what we write is for us alone.
  process.umask(0o077)
  const log = createLogger({ level: config.operation.logLevel })
  for (const line of describeConfig(config)) standardOutput().write(`sojourn: ${line}\n`)
  const opened = await openSessionStore(config, log)
  await examineStore(opened.store, config, log)
  const { serve } = await import('./serve.js')
  await serve(config, log, opened)
}

start().catch((error: unknown) => {
  if (error instanceof StoreRefused) refuse(error)
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`sojourn: cannot start: ${message}\n`)
  // The library checks what the configuration cannot know, such as claims that sound like secrets.
  const isOption = error instanceof Error && 'code' in error && error.code === 'ERR_OPTION'
  process.exit(isOption ? EXIT_CONFIG : 1)
})
