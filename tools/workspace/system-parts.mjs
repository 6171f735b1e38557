import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './command.mjs'
import { StepFailed, say, timed } from './progress.mjs'

/** Where Debian keeps the PostgreSQL server programs: one folder per major version, none in PATH. */
const POSTGRES_HOME = '/usr/lib/postgresql'
/** Where it keeps modules of Python. */
const PYTHON_HOME = '/usr/lib/python3/dist-packages'

/**
 * What the tests need from the system: the program looked for (or a file that is no program, by its path), and
 * the Debian package that brings it.
 *
 * @typedef {{ program: string, debian: string, folders?: () => string[] }} Program
 * @typedef {{ file: string, debian: string }} OtherFile
 * @typedef {Program | OtherFile} SystemPart
 * @type {readonly SystemPart[]}
 */
export const SYSTEM_PARTS = [
  { program: 'redis-server', debian: 'redis-server' },
  { program: 'chromium', debian: 'chromium' },
  { program: 'promtool', debian: 'prometheus' },
  { program: 'nginx', debian: 'nginx-light' },
  { program: 'haproxy', debian: 'haproxy' },
  { program: 'curl', debian: 'curl' },
  { program: 'openssl', debian: 'openssl' },
  { program: 'postgres', debian: 'postgresql', folders: postgresFolders },
  // Tokens of ours are verified by somebody else's code, in another language.
  { file: `${PYTHON_HOME}/jwt/__init__.py`, debian: 'python3-jwt' },
  { file: `${PYTHON_HOME}/cryptography/__init__.py`, debian: 'python3-cryptography' },
]

/**
 * What makes tests quicker, and is done without where it is not to be had: Chromium without the machinery of windows takes half
 * the processor's time of the whole.
 *
 * @type {readonly SystemPart[]}
 */
export const USEFUL_PARTS = [
  { program: 'chromium-headless-shell', debian: 'chromium-headless-shell' },
]

/** Installs the missing parts where we may; else says exactly what to run, and fails. */
export async function installSystemParts() {
  const [needed, useful] = [missingParts(), missingParts(USEFUL_PARTS)]
  if (needed.length + useful.length === 0) return
  const prefix = rightToInstall()
  if (prefix === undefined) {
    if (needed.length > 0) throw new StepFailed(refusal(needed, useful))
    return
  }
  const update = onceOnly(() => timed('apt-get update', () => aptGet(prefix, 'update', '-q')))
  if (needed.length > 0) {
    await update()
    await install(prefix, needed)
    const still = missingParts()
    if (still.length > 0) throw new StepFailed(`apt-get did not bring: ${still.join(', ')}`)
  }
  try {
    await update()
    if (useful.length > 0) await install(prefix, useful)
  } catch {
    say(`the tests go on without ${useful.join(', ')}, slower`)
  }
}

/**
 * @param {readonly string[]} prefix
 * @param {readonly string[]} packages
 */
async function install(prefix, packages) {
  const options = ['-y', '-q', '--no-install-recommends']
  await timed(installCommand(packages), () => aptGet(prefix, 'install', ...options, ...packages))
}

/**
 * @param {() => Promise<void>} work
 * @returns {() => Promise<void>}
 */
function onceOnly(work) {
  /** @type {Promise<void> | undefined} */
  let done
  return () => (done ??= work())
}

/**
 * The Debian packages whose programs are not on this machine.
 *
 * @param {readonly SystemPart[]} [parts]
 * @returns {string[]}
 */
export function missingParts(parts = SYSTEM_PARTS) {
  return parts.filter((part) => !isPresent(part)).map((part) => part.debian)
}

/**
 * @param {SystemPart} part
 * @returns {boolean}
 */
function isPresent(part) {
  if ('file' in part) return existsSync(part.file)
  const { program, folders } = part
  const path = (process.env['PATH'] ?? '').split(delimiter)
  return [...path, ...(folders?.() ?? [])].some((folder) => isExecutable(join(folder, program)))
}

/** @returns {string[]} */
function postgresFolders() {
  try {
    return readdirSync(POSTGRES_HOME).map((version) => join(POSTGRES_HOME, version, 'bin'))
  } catch {
    return []
  }
}

/**
 * @param {string} path
 * @returns {boolean}
 */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Words to put before apt-get: none as root, `sudo -n` where it asks for no password, `undefined`
 * where we may not install.
 *
 * @returns {string[] | undefined}
 */
function rightToInstall() {
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) return undefined
  if (process.getuid?.() === 0) return []
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' })
  return sudo.status === 0 ? ['sudo', '-n'] : undefined
}

/**
 * @param {readonly string[]} packages
 * @returns {string}
 */
function installCommand(packages) {
  return `apt-get install -y --no-install-recommends ${packages.join(' ')}`
}

/**
 * @param {readonly string[]} needed
 * @param {readonly string[]} useful
 * @returns {string}
 */
function refusal(needed, useful) {
  const install = installCommand([...needed, ...useful])
  return [
    `the tests need ${needed.join(', ')}, and this user may not install them. Run:`,
    `  sudo apt-get update && sudo ${install}`,
    'then npm test again. (No system parts are needed for: npm test -- --only unit)',
  ].join('\n')
}

/**
 * @param {readonly string[]} prefix
 * @param {...string} args
 * @returns {Promise<number>}
 */
function aptGet(prefix, ...args) {
  const [command = '', ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
  return run(command, [...rest, ...args], { toError: true })
}
