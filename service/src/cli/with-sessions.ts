import { createSojourn, type Sojourn } from 'sojourn'
import { openKeyRing } from '../open-key-ring.js'
import type { Terminal } from './terminal.js'
import { withStore, type Workplace } from './with-store.js'

/** The sessions of the service, for commands that look at them; no database of accounts is needed. */
export async function withSessions<Result>(
  terminal: Terminal,
  work: (sojourn: Sojourn<object>, workplace: Workplace) => Promise<Result>,
): Promise<Result> {
  return withStore(terminal, async (workplace) => {
    const { config, store } = workplace
    const { tokens, secrets } = config
    const sojourn = createSojourn<object>({
      secrets: secrets.session.map((secret) => secret.reveal()),
      store,
      cache: false,
      // Nobody waits for a page here.
      resilience: { commandDeadline: 5 },
      tokens: {
        keys: (documents) => openKeyRing(config, documents),
        issuer: tokens.issuer,
        audience: tokens.audience,
        accessLifetime: tokens.accessLifetime,
        refresh: {
          lifetime: tokens.refreshLifetime,
          grace: tokens.refreshGrace,
          forgive: tokens.refreshForgive,
          secrets: secrets.refresh.map((secret) => secret.reveal()),
        },
      },
    })
    try {
      return await work(sojourn, workplace)
    } finally {
      await sojourn.settled()
    }
  })
}
