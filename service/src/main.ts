/**
 * The service's process: reads the configuration, opens what it needs, listens, and stops without losing a request.
 */
import { existsSync } from 'node:fs'
import { ConfigError, EXIT_CONFIG } from './config/refusal.js'
import { describeConfig } from './config/describe.js'
import { loadConfig } from './config/load.js'
import type { Config } from './config/config.js'
import { createLogger } from './log/index.js'
import { openParts } from './open-parts.js'
import { createApp } from './app.js'
import { listen } from './listen.js'
import { stopOnSignal } from './stop.js'
import { StoreRefused } from './store-refused.js'
import { routeLines } from './route/listing.js'

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
  const log = createLogger({ level: config.operation.logLevel })
  for (const line of describeConfig(config)) process.stdout.write(`sojourn: ${line}\n`)
  const { parts, close } = await openParts(config, log)
  const server = await listen(createApp(parts), parts)
  process.stdout.write(`sojourn: Server running on ${server.url}\n`)
  for (const line of routeLines()) process.stdout.write(`  ${line}\n`)
  stopOnSignal({ server, lifecycle: parts.lifecycle, close, log })
}

start().catch((error: unknown) => {
  if (error instanceof StoreRefused) refuse(error)
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`sojourn: cannot start: ${message}\n`)
  process.exit(1)
})
