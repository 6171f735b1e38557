import { InvalidArgumentError, type Command } from 'commander'
import { CommandFailed } from './exit.js'
import type { Terminal } from './terminal.js'

/** Adds `sojourn serve`. */
export function addServe(program: Command, terminal: Terminal): void {
  program
    .command('serve')
    .description('run the service in this process, until SIGTERM or SIGINT')
    .option('--port <number>', 'listen there, whatever PORT says; 0: any free port', readPort)
    .addHelpText('after', EXAMPLES)
    .action(async ({ port }: { port?: string }) => {
      const environment = terminal.environment()
      const { startHere } = await import('../start.js')
      await startHere(port === undefined ? environment : { ...environment, PORT: port }).catch(tell)
    })
}

/** What the exit codes know is passed on; the rest is why it could not start. */
function tell(error: unknown): never {
  const isPlain = error instanceof Error && Object.getPrototypeOf(error) === Error.prototype
  if (isPlain && !('code' in error)) throw new CommandFailed(`cannot start: ${error.message}`)
  throw error
}

function readPort(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text
  throw new InvalidArgumentError('A whole number from 0 to 65535 is wanted.')
}

const EXAMPLES = `
SIGTERM and SIGINT drain: requests under way are answered (10 seconds at most), then the process ends with 0. A second
one ends it at once. The same as \`npm start\`, without the build.

Examples:
  sojourn serve
  sojourn serve --port 8080
  sojourn serve --env-file production.env`
