import type { Config } from '../config/config.js'
import { describeConfig } from '../config/describe.js'
import { loadConfig } from '../config/load.js'
import { createLogger } from '../log/index.js'
import { openSessionStore, type OpenedStore } from '../session-store.js'
import type { Terminal } from './terminal.js'

/** The service's configuration and store, for one command. */
export interface Workplace {
  readonly config: Config
  readonly store: OpenedStore['store']
  /** Which store and namespace it is, in words. */
  readonly place: string
}

/** Opens what the service would open, and closes it whatever comes of `work`. */
export async function withStore<Result>(
  terminal: Terminal,
  work: (workplace: Workplace) => Promise<Result>,
): Promise<Result> {
  // What is made in DATA_DIR is for us alone, as with the service.
  process.umask(0o077)
  const config = loadConfig(terminal.environment())
  // What a client of Redis complains about would stand between the lines of the answer.
  const opened = await openSessionStore(config, createLogger({ level: 'silent' }))
  try {
    return await work({ config, store: opened.store, place: placeOf(config) })
  } finally {
    await opened.close()
  }
}

function placeOf(config: Config): string {
  const line = describeConfig(config).find((one) => one.startsWith('sessions: '))
  return (line ?? '').replace('sessions: ', 'store: ')
}
