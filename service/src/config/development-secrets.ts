import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Secrets that the service makes for itself where it runs for development. */
export interface DevelopmentSecrets {
  readonly SESSION_SECRET: string
  readonly JWT_SECRET: string
  readonly REFRESH_SECRET: string
}

/** The secrets, where they are, and whether this very start made them. */
export interface FoundSecrets {
  readonly secrets: DevelopmentSecrets
  readonly file: string
  readonly isNew: boolean
}

/** Production refuses a secret that begins so: see `isMarked`. */
const MARK = 'development-'
const OTHER_MARKS = ['dev-', 'dev_', 'test-', 'test_', 'staging-', 'staging_', 'development_']

/** Whether a secret says of itself that it was made for another environment than production. */
export function isMarked(text: string): boolean {
  const start = text.trimStart().toLowerCase()
  return [MARK, ...OTHER_MARKS].some((mark) => start.startsWith(mark))
}

/**
 * Reads the development secrets in `folder`, and makes them first where there are none. Two processes
 * that start at once end up with the same ones: a complete file is linked into place, which only one
 * of them can do.
 *
 * @throws Error where the folder cannot be written, or the file does not hold the secrets.
 */
export function findDevelopmentSecrets(folder: string): FoundSecrets {
  const file = join(folder, 'development-secrets.json')
  const isNew = !exists(file) && create(folder, file)
  return { secrets: read(file), file, isNew }
}

function exists(file: string): boolean {
  try {
    readFileSync(file)
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    throw error
  }
}

function create(folder: string, file: string): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${JSON.stringify(makeSecrets(), null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function makeSecrets(): DevelopmentSecrets {
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  return {
    SESSION_SECRET: `${MARK}${randomBytes(32).toString('base64url')}`,
    // A line before the armour is no part of the key (RFC 7468 section 2).
    JWT_SECRET: `${MARK}key\n${key.toString()}`,
    REFRESH_SECRET: `${MARK}${randomBytes(32).toString('base64url')}`,
  }
}

function read(file: string): DevelopmentSecrets {
  const found = JSON.parse(readFileSync(file, 'utf8')) as Partial<DevelopmentSecrets> | null
  const { SESSION_SECRET, JWT_SECRET, REFRESH_SECRET } = found ?? {}
  const isWhole = [SESSION_SECRET, JWT_SECRET, REFRESH_SECRET].every(
    (text) => typeof text === 'string',
  )
  if (!isWhole) throw new Error('it does not hold the three secrets')
  return found as DevelopmentSecrets
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
