import { Argument, type Command } from 'commander'
import type { Terminal } from './terminal.js'

const KINDS = ['openapi', 'postman', 'walk.sh', 'tokens.sh'] as const
const EXAMPLES = `
Examples:
  sojourn api > openapi.json
  sojourn api postman --at https://app.example > sojourn.postman_collection.json
  sojourn api walk.sh | sh`

/** Adds `sojourn api`. */
export function addApi(program: Command, terminal: Terminal): void {
  program
    .command('api')
    .description('print the description of the API, or what is made of it')
    .addArgument(
      new Argument('[what]', 'the description, a Postman collection, or a walk by curl')
        .choices(KINDS)
        .default('openapi'),
    )
    .option('--at <address>', 'where the service is', 'http://localhost:3000')
    .addHelpText('after', EXAMPLES)
    .action(async (what: (typeof KINDS)[number], { at }: { at: string }) => {
      terminal.write(await print(what, at.replace(/\/$/, '')))
    })
}

/** Loaded here: no other command needs any of it. */
async function print(what: (typeof KINDS)[number], address: string): Promise<string> {
  const { describeApi, EVERYTHING } = await import('../api/index.js')
  const description = describeApi({ ...EVERYTHING, address })
  if (what === 'openapi') return `${JSON.stringify(description, null, 2)}\n`
  const { SCRIPTS, toPostman, toShell } = await import('../api/walk/index.js')
  if (what === 'postman') return `${JSON.stringify(toPostman(description), null, 2)}\n`
  return toShell(what, SCRIPTS[what] ?? [], description)
}
