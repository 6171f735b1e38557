import { createApp } from './app.js'
import type { Config } from './config/config.js'
import { describeConfig } from './config/describe.js'
import { listen } from './listen.js'
import { createLogger } from './log/index.js'
import { openParts } from './open-parts.js'
import { routeLines } from './route/listing.js'
import { stopOnSignal } from './stop.js'

/** Opens what the configuration asks for, listens, and says so. Stops without losing a request. */
export async function serve(config: Config): Promise<void> {
  const log = createLogger({ level: config.operation.logLevel })
  for (const line of describeConfig(config)) process.stdout.write(`sojourn: ${line}\n`)
  const { parts, close } = await openParts(config, log)
  const server = await listen(createApp(parts), parts)
  process.stdout.write(`sojourn: Server running on ${server.url}\n`)
  for (const line of routeLines()) process.stdout.write(`  ${line}\n`)
  stopOnSignal({ server, lifecycle: parts.lifecycle, close, log })
}
