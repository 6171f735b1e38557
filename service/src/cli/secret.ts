import { randomBytes } from 'node:crypto'
import { InvalidArgumentError, type Command } from 'commander'
import type { Terminal } from './terminal.js'

/** The least that the service takes for any of its secrets. */
const LEAST = 32
const MOST = 1_024
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/

interface SecretFlags {
  readonly bytes: number
  readonly env?: string
  readonly json?: boolean
}

/** Adds `sojourn secret`: a new secret, from the operating system's generator. It is kept nowhere. */
export function addSecret(program: Command, terminal: Terminal): void {
  program
    .command('secret')
    .description('make one secret that nobody can guess, and print it; it is kept nowhere')
    .option('-b, --bytes <number>', `random bytes in it, ${LEAST} to ${MOST}`, readBytes, LEAST)
    .option('-e, --env <name>', 'print a line for .env, with the name of the variable', readName)
    .option('--json', 'answer in JSON')
    .addHelpText('after', EXAMPLES)
    .action(({ bytes, env, json = false }: SecretFlags) => {
      const secret = randomBytes(bytes).toString('base64url')
      const line = env === undefined ? secret : `${env}=${secret}`
      const answer = { ...(env === undefined ? {} : { name: env }), secret, bytes }
      terminal.write(json ? `${JSON.stringify(answer)}\n` : `${line}\n`)
    })
}

function readBytes(text: string): number {
  const bytes = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (bytes >= LEAST && bytes <= MOST) return bytes
  throw new InvalidArgumentError(`A whole number from ${LEAST} to ${MOST} is wanted.`)
}

function readName(text: string): string {
  if (NAME.test(text)) return text
  throw new InvalidArgumentError('A name holds letters, digits and underscores, no digit first.')
}

const EXAMPLES = `
Examples:
  sojourn secret                                  32 bytes as base64url
  sojourn secret --env SESSION_SECRET >> .env     without showing it
  JWT_SECRET="$(sojourn secret)" npm start        for one run`
