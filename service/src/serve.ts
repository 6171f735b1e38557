import { createApp } from './app.js'
import type { Config } from './config/config.js'
import { listen } from './listen.js'
import { standardOutput, type Logger } from './log/index.js'
import { openParts } from './open-parts.js'
import { routeLines } from './route/listing.js'
import type { OpenedStore } from './session-store.js'
import { stopOnFault, stopOnSignal } from './stop.js'

/** Opens what is left to open, listens, and says so. Stops without losing a request. */
export async function serve(config: Config, log: Logger, opened: OpenedStore): Promise<void> {
  const { parts, close } = await openParts(config, log, opened)
  const server = await listen(createApp(parts), parts)
  const output = standardOutput()
  output.write(`sojourn: Server running on ${server.url}\n`)
  for (const line of routeLines(config.operation.adminToken !== undefined))
    output.write(`  ${line}\n`)
  const { lifecycle, live } = parts
  const leave = (): void => {
    live.close()
  }
  const service = { server, lifecycle, leave, close, log }
  stopOnSignal(service)
  stopOnFault(service)
}
