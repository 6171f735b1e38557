import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { say } from './progress.mjs'

/** Nobody builds for this long: whoever holds a lock from before then is another process with the same number. */
const AT_MOST_MS = 300_000

/**
 * Does the work while nobody else holds the lock: two people may start the service in one checkout at the same moment. The
 * lock of a process that died is taken over.
 *
 * @template Result
 * @param {string} path of a file that exists while somebody works
 * @param {() => Result | Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function alone(path, work) {
  for (let round = 0; !isTaken(path); round += 1) {
    if (round === 0) say(`waiting for process ${holderOf(path) ?? '?'}, which is building, too`)
    await pause(50)
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

/**
 * Takes the lock where nobody has it.
 *
 * @param {string} path
 * @returns {boolean}
 */
function isTaken(path) {
  if (isAbandoned(path)) rmSync(path, { force: true })
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * @param {string} path
 * @returns {boolean}
 */
function isAbandoned(path) {
  const holder = holderOf(path)
  if (holder === undefined) return false
  try {
    process.kill(holder, 0)
    return Date.now() - statSync(path).mtimeMs > AT_MOST_MS
  } catch (error) {
    // EPERM is somebody else's, and alive; ENOENT was given back just now.
    return codeOf(error) === 'ESRCH'
  }
}

/**
 * Who has the lock; `undefined` where nobody has it, or has not signed yet.
 *
 * @param {string} path
 * @returns {number | undefined}
 */
function holderOf(path) {
  try {
    const number = Number(readFileSync(path, 'utf8'))
    return number > 0 ? number : undefined
  } catch {
    return undefined
  }
}

/**
 * @param {unknown} error
 * @returns {unknown}
 */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
