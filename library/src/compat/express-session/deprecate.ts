import { relative } from 'node:path'
import { systemClock } from '../../system/clock.js'

const NAMESPACE = 'express-session'
const STARTED_IN = process.cwd()
const told = new Set<string>()

/** What a listener of the process's `deprecation` event gets, as from the package `depd`. */
class DeprecationError extends Error {
  override readonly name = 'DeprecationError'
  readonly namespace = NAMESPACE
}

/**
 * Says once for each place in the application that something is not to be used any more, in the way express-session does
 * (package `depd`): on stderr, or to listeners of the process's `deprecation` event. `NO_DEPRECATION` keeps it from stderr.
 */
export function deprecate(message: string): void {
  const isHeard = process.listenerCount('deprecation') > 0
  if (isSilenced() && !isHeard) return
  const error = new DeprecationError(message)
  const place = callerOf(error)
  const key = `${message} ${place ?? ''}`
  if (told.has(key)) return
  told.add(key)
  if (isHeard) {
    process.emit('deprecation' as 'warning', error)
    return
  }
  const at = place === undefined ? '' : ` at ${relative(STARTED_IN, place)}`
  process.stderr.write(
    `${new Date(systemClock.now()).toUTCString()} ${NAMESPACE} deprecated ${message}${at}\n`,
  )
}

function isSilenced(): boolean {
  if ((process as { noDeprecation?: boolean }).noDeprecation === true) return true
  const names = (process.env['NO_DEPRECATION'] ?? '').split(/[ ,]+/)
  return names.some((name) => name === '*' || name.toLowerCase() === NAMESPACE)
}

const OWN_FOLDER = new URL('.', import.meta.url)

/** The first place outside this folder. */
function callerOf(error: Error): string | undefined {
  const own = [OWN_FOLDER.href, decodeURIComponent(OWN_FOLDER.pathname)]
  const lines = (error.stack ?? '').split('\n').slice(1)
  const line = lines.find((text) => !own.some((folder) => text.includes(folder)))
  return line?.match(/\(?((?:file:\/\/)?\/[^()]*:\d+:\d+)\)?$/)?.[1]
}
