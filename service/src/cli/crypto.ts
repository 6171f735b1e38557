import type { Command } from 'commander'
import type { Config } from '../config/config.js'
import { openKeyRing, openStoredKeyRing } from '../open-key-ring.js'
import { CRYPTO_INVENTORY } from './crypto-inventory.js'
import { keysTable } from './keys-text.js'
import { renderTable } from './table.js'
import type { Terminal } from './terminal.js'
import { withStore } from './with-store.js'

/** Adds `sojourn crypto`: the inventory of algorithms, and the keys and secrets in use without any of their bytes. */
export function addCrypto(program: Command, terminal: Terminal): void {
  program
    .command('crypto')
    .description('list the algorithms and keys in use (ASVS 11.1.2); no secret is printed')
    .option('--json', 'answer in JSON; instants are milliseconds since 1970')
    .addHelpText('after', EXAMPLES)
    .action(async ({ json = false }: { json?: boolean }) => {
      await withStore(terminal, async ({ config, store, place }) => {
        const stored = openStoredKeyRing(config, store)
        const keys =
          stored === undefined ? openKeyRing(config, store).describe(0) : await stored.admin.list()
        const secrets = secretsOf(config)
        if (json) {
          const answer = { algorithms: CRYPTO_INVENTORY, secrets, place, keys }
          terminal.write(`${JSON.stringify(answer, null, 2)}\n`)
          return
        }
        const isForPerson = terminal.columns !== undefined
        const rows = CRYPTO_INVENTORY.map(({ use, algorithm, parameters }) => [
          use,
          algorithm,
          parameters,
        ])
        const counts = secrets.map(({ name, count, use }) => [name, String(count), use])
        const parts = [
          renderTable(['USE', 'ALGORITHM', 'PARAMETERS'], rows, isForPerson),
          renderTable(['SECRET', 'NUMBER', 'USE'], counts, isForPerson),
          `${place}\n${keysTable(keys, isForPerson)}`,
        ]
        terminal.write(parts.join('\n'))
      })
    })
}

/** How many secrets there are of each kind; more than one while they are changed. */
function secretsOf({ secrets, tokens, server }: Config) {
  const clients = [...tokens.clients.values()].flat()
  return [
    {
      name: 'SESSION_SECRET',
      count: secrets.session.length,
      use: 'tags session tokens; derives the keys of CSRF tokens, counters and the key ring',
    },
    { name: 'REFRESH_SECRET', count: secrets.refresh.length, use: 'signs refresh tokens' },
    { name: 'JWT_SECRET', count: tokens.keys.length, use: 'signs access tokens' },
    { name: 'OAUTH_CLIENTS', count: clients.length, use: 'knows resource servers' },
    { name: 'HTTPS_KEY_FILE', count: server.https === undefined ? 0 : 1, use: 'ends TLS' },
  ]
}

const EXAMPLES = `
Examples:
  sojourn crypto
  sojourn crypto --json > inventory.json      as evidence`
