/**
 * The service's process: reads the configuration, and serves by it or says what is wrong with it.
 */
import { existsSync } from 'node:fs'
import { ConfigError, EXIT_CONFIG } from './config/refusal.js'
import { startHere } from './start.js'
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

if (existsSync('.env')) process.loadEnvFile('.env')
startHere(process.env).catch((error: unknown) => {
  if (error instanceof ConfigError || error instanceof StoreRefused) refuse(error)
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`sojourn: cannot start: ${message}\n`)
  // The library checks what the configuration cannot know, such as claims that sound like secrets.
  const isOption = error instanceof Error && 'code' in error && error.code === 'ERR_OPTION'
  process.exit(isOption ? EXIT_CONFIG : 1)
})
