import type { Command } from 'commander'
import { CommandFailed } from './exit.js'
import { printable } from './printable.js'
import type { Terminal } from './terminal.js'
import { inspectToken } from './token-inspect.js'

const NOT_VERIFIED =
  'NOT VERIFIED: anybody can write such a token. Signature, times, issuer and audience were not checked.'
/** Far more than any token of ours, which has 8,192 characters at most. */
const MAX_LENGTH = 65_536

/** Adds `sojourn token …`. */
export function addToken(program: Command, terminal: Terminal): void {
  const token = program
    .command('token')
    .helpCommand(false)
    .description('look at tokens: what one says, and whether it is good here')
    .addHelpText('after', GROUP_EXAMPLES)
  token
    .command('decode')
    .description('show what a JWT says, without checking that it is true')
    .argument('<jwt>', 'the token, or - to read it from the standard input')
    .option('--json', 'answer in JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (given: string, { json = false }: { json?: boolean }) => {
      const text = given === '-' ? await terminal.readInput() : given
      terminal.write(json ? decodedJson(decode(text)) : decodedText(decode(text)))
    })
  token
    .command('inspect')
    .description(
      'check a token or cookie against the configuration and the store; it is not printed',
    )
    .argument('[-]', 'the standard input: it is read from nowhere else')
    .option('--json', 'answer in JSON')
    .addHelpText('after', INSPECT_EXAMPLES)
    .action(async (given: string | undefined, flags: { json?: boolean }) =>
      inspectToken(terminal, given ?? '-', flags),
    )
}

interface Decoded {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** Never quotes the token: it may be good. */
function decode(text: string): Decoded {
  if (text.length > MAX_LENGTH) throw new CommandFailed('This is too long for a token.')
  const parts = text
    .trim()
    .replace(/^Bearer +/i, '')
    .split('.')
  if (parts.length !== 3) {
    throw new CommandFailed('This is no JWT: three parts with points between them make one.')
  }
  return { header: readPart(parts[0], 'header'), claims: readPart(parts[1], 'claims') }
}

function readPart(part: string | undefined, name: string): Readonly<Record<string, unknown>> {
  try {
    const bytes = Buffer.from(part ?? '', 'base64url')
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>
    }
  } catch {
    // Told below: what the parser says of it may quote it.
  }
  throw new CommandFailed(`This is no JWT: its ${name} cannot be read as a JSON object.`)
}

function decodedJson(decoded: Decoded): string {
  return `${printable({ isVerified: false, ...decoded })}\n`
}

function decodedText({ header, claims }: Decoded): string {
  const times = ['iat', 'auth_time', 'nbf', 'exp'].flatMap((name) => timeLine(name, claims[name]))
  return [
    NOT_VERIFIED,
    `header ${printable(header)}`,
    `claims ${printable(claims)}`,
    ...times,
    '',
  ].join('\n')
}

function timeLine(name: string, seconds: unknown): string[] {
  const date = typeof seconds === 'number' ? new Date(seconds * 1_000) : undefined
  if (date === undefined || Number.isNaN(date.getTime())) return []
  return [`${name.padEnd(9)} ${date.toISOString()}`]
}

const EXAMPLES = `
Examples:
  sojourn token decode - < token.txt       the token does not stand in the history of the shell
  pbpaste | sojourn token decode - --json`

const GROUP_EXAMPLES = `
Examples:
  sojourn token decode - < token.txt          what it says
  sojourn token inspect - < token.txt         whether this service takes it, check by check`

const INSPECT_EXAMPLES = `
Takes an access token, a refresh token, or the value of the session cookie. Exit code 1: it is refused.

Examples:
  sojourn token inspect - < token.txt
  pbpaste | sojourn token inspect - --json | jq '.checks[] | select(.isPassed | not)'`
