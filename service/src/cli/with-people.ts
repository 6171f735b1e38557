import { createSojourn } from 'sojourn'
import { createAccounts } from '../account/accounts.js'
import { openDatabase } from '../account/database.js'
import type { Places } from '../admin/erase.js'
import { createTrail } from '../audit/trail.js'
import { databasePlaceOf } from '../database-place.js'
import { createNewSignIns } from '../security/index.js'
import { CommandFailed } from './exit.js'
import type { Terminal } from './terminal.js'
import { withStore, type Workplace } from './with-store.js'

// eslint-disable-next-line no-restricted-syntax -- the door itself: commands are given this
const now = (): number => Date.now()

/** Opens the store and the database of accounts as the service would, and closes them whatever comes of `work`. */
export async function withPeople<Result>(
  terminal: Terminal,
  work: (places: Places, workplace: Workplace) => Promise<Result>,
): Promise<Result> {
  return withStore(terminal, async (workplace) => {
    const { config, store } = workplace
    const database = await openDatabase(await databasePlaceOf(config))
    const secrets = config.secrets.session.map((secret) => secret.reveal())
    const resilience = { commandDeadline: 5 }
    const sojourn = createSojourn({ secrets, store, cache: false, resilience })
    try {
      const [accounts, trail] = [createAccounts({ database }), createTrail(database)]
      const newSignIns = createNewSignIns(database)
      return await work({ accounts, sojourn, store, trail, newSignIns, now }, workplace)
    } finally {
      await sojourn.settled()
      await database.destroy()
    }
  })
}

/** The id of a person: that of the account, and the subject of the person's sessions. */
export function subjectFrom(text: string): string {
  if (/^[\w-]{22}$/.test(text)) return text
  throw new CommandFailed(
    'No such user. --subject takes the id of an account: 22 letters, digits, - and _.',
  )
}
