import { Argument, Option, type Command } from 'commander'
import { KEY_ALGORITHMS } from 'sojourn/keys'
import { createKeyDesk, type KeyAct, type KeyActOptions } from '../key-desk.js'
import { CommandFailed } from './exit.js'
import { changeText, keysTable } from './keys-text.js'
import type { Terminal } from './terminal.js'
import { withStore } from './with-store.js'

/** What can be said after any of the commands that change a ring. */
interface ChangeFlags extends KeyActOptions {
  readonly json?: boolean
}

const SHARED = `JWT_SECRET holds a shared secret (HS256), which has no ring in the store. To rotate it, put a new secret in front ("new,old"), restart every node, and take the old one away once its tokens have expired.`

const ALGORITHM = new Option(
  '-a, --algorithm <name>',
  'what kind of key (default: the kind of JWT_SECRET)',
).choices(KEY_ALGORITHMS)
const KID = new Argument('<kid>', 'the name of a key, as `sojourn keys list` shows it')

/** Adds `sojourn keys …`: the ring that signs and verifies access tokens. */
export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program
    .command('keys')
    .helpCommand(false)
    .description('the keys that sign and verify access tokens')
    .addHelpText('after', EXAMPLES)
  keys
    .command('list')
    .description('show all keys and what each of them does')
    .option('--json', 'answer in JSON; instants are milliseconds since 1970')
    .addHelpText('after', examplesOf(['list', 'list --json | jq -r .keys[].kid']))
    .action(async ({ json = false }: { json?: boolean }) => listKeys(terminal, json))
  change(
    keys,
    'generate',
    'make a key; it signs once every cache of the JWKS can know it',
    terminal,
  )
    .addOption(ALGORITHM)
    .option('--now', 'let it sign at once')
  change(keys, 'rotate', 'make a key, and retire the present one when the new one signs', terminal)
    .addOption(ALGORITHM)
    .option('--now', 'do both at once')
  change(keys, 'activate', 'let a key sign from now on', terminal).addArgument(KID)
  change(keys, 'retire', 'let a key sign no more; its tokens live out their time', terminal)
    .addArgument(KID)
    .option('--now', 'refuse it and all its tokens at once, everywhere: somebody else may know it')
}

const CHANGES: Readonly<Record<KeyAct, readonly string[]>> = {
  generate: ['generate --dry-run', 'generate --algorithm ES256'],
  rotate: ['rotate --dry-run', 'rotate'],
  activate: ['activate <kid>'],
  retire: ['retire <kid>', 'retire <kid> --now --dry-run'],
}

function examplesOf(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  sojourn keys ${line}`).join('\n')}`
}

function change(keys: Command, verb: KeyAct, words: string, terminal: Terminal): Command {
  return keys
    .command(verb)
    .description(words)
    .option('-n, --dry-run', 'say what would happen and who would be signed out, and do nothing')
    .option('--json', 'answer in JSON; instants are milliseconds since 1970')
    .addHelpText('after', examplesOf(CHANGES[verb]))
    .action(async (...input: unknown[]) => {
      // Commander hands in the arguments, then the flags, then the command.
      const kid = input.length === 3 ? String(input[0]) : ''
      await changeRing(terminal, verb, kid, input.at(-2) as ChangeFlags)
    })
}

async function listKeys(terminal: Terminal, isJson: boolean): Promise<void> {
  await withStore(terminal, async ({ config, store, place }) => {
    const { kind, keys, warnings } = await createKeyDesk(config, store).list()
    if (isJson) {
      terminal.write(`${JSON.stringify({ place, kind, keys }, null, 2)}\n`)
      return
    }
    terminal.write(`${place}\n${keysTable(keys, terminal.columns !== undefined)}`)
    if (kind === 'static') terminal.write(`${SHARED}\n`)
    for (const { message } of warnings) terminal.writeError(`sojourn: warning: ${message}\n`)
  })
}

async function changeRing(
  terminal: Terminal,
  verb: KeyAct,
  kid: string,
  flags: ChangeFlags,
): Promise<void> {
  await withStore(terminal, async ({ config, store, place }) => {
    const done = await createKeyDesk(config, store).change(verb, kid, flags)
    if (done === undefined) throw new CommandFailed(SHARED)
    const answer = JSON.stringify({ place, ...done }, null, 2)
    terminal.write(flags.json === true ? `${answer}\n` : `${place}\n${changeText(done)}`)
  })
}

const EXAMPLES = `
Examples:
  sojourn keys list
  sojourn keys rotate --dry-run        what would happen, and when
  sojourn keys rotate                  the usual rotation: no request fails, nobody is signed out
  sojourn keys retire <kid> --now      a key has leaked: refuse it and its tokens everywhere, within a second`
