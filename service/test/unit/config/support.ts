import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../../src/config/config.js'
import type { ConfigFiles } from '../../../src/config/context.js'
import { hostFiles, loadConfig } from '../../../src/config/load.js'
import { ConfigError, type ConfigProblem } from '../../../src/config/refusal.js'

export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

// Several files of tests share one process.
const FOLDER = mkdtempSync(join(tmpdir(), 'sojourn-config-'))
process.once('exit', () => {
  rmSync(FOLDER, { recursive: true, force: true })
})

/** A folder of its own, gone when the tests are over. */
export function newFolder(): string {
  return mkdtempSync(join(FOLDER, 'data-'))
}

/** A production environment in which nothing is wrong. */
export function production(changes: Record<string, string | undefined> = {}) {
  return {
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://app.example',
    TRUST_PROXY: '1',
    SESSION_SECRET: newSecret(),
    JWT_SECRET: newSecret(),
    REFRESH_SECRET: newSecret(),
    ...changes,
  }
}

/** A development environment with a data folder of its own. */
export function development(changes: Record<string, string | undefined> = {}) {
  return { NODE_ENV: 'development', DATA_DIR: newFolder(), ...changes }
}

type Environment = Record<string, string | undefined>

/** What a start with `environment` is refused for; an empty list where it starts. */
export function refusals(environment: Environment, files: Partial<ConfigFiles> = {}) {
  try {
    loadConfig(environment, { ...hostFiles, ...files })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

/** The one reason a start is refused for. */
export function refusal(
  environment: Environment,
  files: Partial<ConfigFiles> = {},
): ConfigProblem | undefined {
  const found = refusals(environment, files)
  return found.length === 1 ? found[0] : { code: 'CONFIG_TEXT', message: JSON.stringify(found) }
}

export function load(environment: Environment): Config {
  return loadConfig(environment)
}
