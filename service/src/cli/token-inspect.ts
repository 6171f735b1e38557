import type { CredentialReport } from 'sojourn'
import { readCredentialInput } from './credential.js'
import { CommandFailed } from './exit.js'
import { printable } from './printable.js'
import type { Terminal } from './terminal.js'
import { withSessions } from './with-sessions.js'

/** `sojourn token inspect`: every check that a request with it would have to pass. The token itself is never printed. */
export async function inspectToken(
  terminal: Terminal,
  given: string,
  { json = false }: { json?: boolean },
): Promise<void> {
  if (given !== '-') {
    throw new CommandFailed(
      'The token is read from the standard input: as an argument it stands in the history of the shell.',
    )
  }
  const credential = await readCredentialInput(terminal)
  await withSessions(terminal, async (sojourn, { place }) => {
    const report = await sojourn.inspect(credential)
    terminal.write(json ? `${printable({ place, ...report })}\n` : toText(report))
    const failed = report.checks.find(({ isPassed }) => !isPassed)
    if (failed !== undefined) throw new CommandFailed(`It is refused: ${failed.name}.`)
  })
}

function toText({ kind, sessionId, checks, isGood }: CredentialReport): string {
  return [
    `${kind}${sessionId === undefined ? '' : ` of session ${sessionId}`}`,
    ...checks.map(
      ({ name, isPassed, detail }) =>
        `  ${isPassed ? 'pass' : 'FAIL'}  ${name.padEnd(11)} ${detail}`,
    ),
    isGood ? 'It is good now.' : 'It is refused; what comes after was not looked at.',
    '',
  ].join('\n')
}
