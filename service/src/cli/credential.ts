import { CommandFailed } from './exit.js'
import type { Terminal } from './terminal.js'

/** Far more than any credential of ours, which has 8,192 characters at most. */
const MAX_LENGTH = 65_536

/**
 * A credential from the standard input, as people copy it: with `Bearer ` or the name of its cookie in front, or the
 * attributes of a Set-Cookie behind. It is good, so nothing ever quotes it.
 */
export async function readCredentialInput(terminal: Terminal): Promise<string> {
  const text = await terminal.readInput()
  if (text.length > MAX_LENGTH) throw new CommandFailed('This is too long for a credential.')
  const bare = text
    .trim()
    .replace(/^(?:set-cookie|cookie|authorization): */i, '')
    .replace(/^(?:Bearer|DPoP) +/i, '')
    .replace(/^[\w!#$%&'*+.^`|~-]+=(?=[\w.-]{20})/, '')
    .replace(/;.*$/s, '')
  if (bare === '') throw new CommandFailed('The standard input is empty: no credential came.')
  return bare
}
