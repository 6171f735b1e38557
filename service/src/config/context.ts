import type { Mode } from './config.js'
import type { FoundSecrets } from './development-secrets.js'
import type { Findings } from './refusal.js'
import type { Environment, Values } from './values.js'

/** What reading a configuration needs of the machine. */
export interface ConfigFiles {
  /** The text of a file. Throws as `node:fs` does. */
  read(path: string): string
  /** The bytes of a file. Throws as `node:fs` does. */
  bytes(path: string): Buffer
  /** The development secrets in a folder, made where there are none. */
  developmentSecrets(folder: string): FoundSecrets
  /** The present instant, in epoch milliseconds: a certificate may have expired. */
  now(): number
}

/** What every part of the configuration is built from. */
export interface Context {
  readonly mode: Mode
  readonly isProduction: boolean
  readonly environment: Environment
  readonly values: Values
  readonly findings: Findings
  readonly files: ConfigFiles
}
