import { loadConfig } from '../config/load.js'
import { ConfigError } from '../config/refusal.js'
import type { Config } from '../config/config.js'
import type { Environment } from '../config/values.js'
import { examineAddress } from './address/examine.js'
import { judgeConfig } from './configuration/judge-config.js'
import { judgeRefused } from './configuration/refused.js'
import { clean } from './report.js'
import type { Finding } from './finding.js'
import { examineStoreOf } from './store/examine.js'

/** What is to be examined. */
export interface Examination {
  /** `undefined`: the address alone. */
  readonly environment: Environment | undefined
  readonly url: URL | undefined
  readonly pages: readonly string[]
  readonly origin: string | undefined
  readonly ca: string | undefined
  /** Milliseconds for each request. */
  readonly timeout: number
  /** This host's clock, in epoch milliseconds. */
  readonly now: () => number
  /** Where plain http is asked for. Default port 80 of the same host. */
  readonly plainUrl?: URL
  readonly onProgress: (what: string) => void
}

/** Examines what was asked for, group by group. Throws for nothing that is wrong with the deployment. */
export async function examine(given: Examination): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  if (given.environment !== undefined) {
    given.onProgress('the configuration')
    const { config, found } = readConfiguration(given.environment)
    findings.push(...found)
    if (config?.redis !== undefined) {
      given.onProgress('Redis')
      findings.push(...(await examineStoreOf(config, given.now)))
    }
  }
  if (given.url !== undefined) {
    given.onProgress(given.url.origin)
    findings.push(...(await examineAddress({ ...given, url: given.url, now: given.now() })))
  }
  // What a server wrote into its answers stands in some of them.
  return findings.map((finding) => ({ ...finding, seen: clean(finding.seen) }))
}

function readConfiguration(environment: Environment): {
  readonly config: Config | undefined
  readonly found: readonly Finding[]
} {
  try {
    const config = loadConfig(environment)
    return { config, found: judgeConfig(config) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { config: undefined, found: judgeRefused(error.problems) }
  }
}
