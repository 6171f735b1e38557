import { readFileSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import { spanText, toMilliseconds, toShare } from '../load/amounts.js'
import { parseMix, type Mix } from '../load/mix.js'
import { CommandFailed } from './exit.js'
import type { Terminal } from './terminal.js'

/** The longest run: whoever wants more wants something that watches, not something that waits. */
const LONGEST = 24 * 3_600_000

/** The address, or why it is none. Not as a reader of commander's, which repeats what it refuses: it may hold a password. */
export function toTarget(text: string): URL | string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return 'an address such as http://localhost:3000 is wanted.'
  }
  const isBare = url.username === '' && url.password === ''
  return isBare
    ? url
    : 'an address must not hold a password: it stands in the history of the shell.'
}

export function readMix(text: string): Mix {
  const mix = parseMix(text)
  if (typeof mix === 'string') throw new InvalidArgumentError(mix)
  return mix
}

const SHOWINGS = ['cookie', 'bearer', 'both'] as const

export function readShowing(text: string): (typeof SHOWINGS)[number] {
  const showing = SHOWINGS.find((known) => known === text)
  if (showing === undefined) throw new InvalidArgumentError('It is cookie, bearer or both.')
  return showing
}

/** Reads a whole number. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) return number
    throw new InvalidArgumentError(
      `A whole number from ${String(least)} to ${most.toLocaleString('en-US')} is wanted.`,
    )
  }
}

export function readRate(text: string): number {
  const rate = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0
  if (rate > 0) return rate
  throw new InvalidArgumentError('Requests a second are wanted, more than 0: 200 or 0.5.')
}

/** Reads a time with its unit, as milliseconds. */
export function readTime(least: number): (text: string) => number {
  return (text) => {
    const milliseconds = toMilliseconds(text)
    if (milliseconds === undefined) {
      const question = /^\d{1,9}$/.test(text) ? ` Did you mean ${text}s?` : ''
      throw new InvalidArgumentError(`A time with its unit is wanted: 250ms, 30s or 5m.${question}`)
    }
    if (milliseconds >= least && milliseconds <= LONGEST) return milliseconds
    throw new InvalidArgumentError(`It must lie between ${spanText(least)} and 24h.`)
  }
}

export function readShare(text: string): number {
  const share = toShare(text)
  if (share !== undefined) return share
  const question = /^\d{1,3}(\.\d{1,6})?$/.test(text) ? ` Did you mean ${text}%?` : ''
  throw new InvalidArgumentError(`A share is wanted: 0%, 0.1% or 5%.${question}`)
}

export function readPath(text: string, before: readonly string[] = []): readonly string[] {
  if (/^\/[\x21-\x7e]*$/.test(text) && !text.startsWith('//')) return [...before, text]
  throw new InvalidArgumentError('A path begins with one slash: /me.')
}

export function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandFailed(`--ca ${path} cannot be read: ${codeOf(error)}.`)
  }
}

/**
 * A credential from a file or the standard input: on the command line it would stand in the history of the shell and in the
 * list of processes. Neither the file's name is told nor what it holds: who took this for the credential itself has shown it.
 */
export async function readCredential(
  terminal: Terminal,
  option: string,
  place: string,
): Promise<string> {
  const text = (await readPlace(terminal, option, place)).trim()
  if (/^[\x20-\x7e]{1,8192}$/.test(text)) return text
  throw new CommandFailed(`${option}: one line of 1 to 8,192 printable characters is wanted.`)
}

async function readPlace(terminal: Terminal, option: string, place: string): Promise<string> {
  if (place === '-') return terminal.readInput()
  try {
    return readFileSync(place, 'utf8')
  } catch (error) {
    throw new CommandFailed(
      `${option} wants a file, or - for the standard input, never the credential itself: it cannot be read (${codeOf(error)}).`,
    )
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault'
}
