/**
 * The service's process: reads the configuration, and serves by it or says what is wrong with it.
 */
import { existsSync } from 'node:fs'
import type { Config } from './config/config.js'
import { loadConfig } from './config/load.js'
import { ConfigError, EXIT_CONFIG } from './config/refusal.js'
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

async function start(): Promise<void> {
  const config = readConfig()
  // Loaded only now: who is refused need not wait for it, and the memory stays 20 MB smaller, because what
  // reading the configuration leaves behind is gone before most of the heap has grown.
  const { serve } = await import('./serve.js')
  await serve(config)
}

start().catch((error: unknown) => {
  if (error instanceof StoreRefused) refuse(error)
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`sojourn: cannot start: ${message}\n`)
  process.exit(1)
})
