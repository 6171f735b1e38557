import { format } from 'node:util'
import { systemClock } from '../../system/clock.js'

const NAMESPACE = 'express-session'
const isOn = isNamed(process.env['DEBUG'] ?? '')

/** Writes a line to stderr where `DEBUG` names `express-session`, as the package `debug` does away from a terminal. */
export function debug(message: string, ...details: unknown[]): void {
  if (!isOn) return
  process.stderr.write(
    `${new Date(systemClock.now()).toUTCString()} ${NAMESPACE} ${format(message, ...details)}\n`,
  )
}

/** `done`, which says so first. */
export function saying(message: string, done: (error?: unknown) => void): typeof done {
  return (error) => {
    debug(message)
    done(error)
  }
}

/** A session id, or a cookie with one, as it may stand in a log: enough to follow one session, too little to present it. */
export function hidden(credential: unknown): string {
  return `${String(credential).slice(0, 6)}…`
}

/** `a,b:*,-c`: names, wildcards, and what is left out. */
function isNamed(list: string): boolean {
  const patterns = list.split(/[\s,]+/).filter((text) => text !== '')
  const fits = (pattern: string): boolean =>
    new RegExp(`^${pattern.split('*').map(literally).join('.*')}$`).test(NAMESPACE)
  const isLeftOut = patterns.some((text) => text.startsWith('-') && fits(text.slice(1)))
  return !isLeftOut && patterns.some((text) => !text.startsWith('-') && fits(text))
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
