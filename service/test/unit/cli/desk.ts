import { join } from 'node:path'
import { createManualClock } from '../../../../library/src/testing/manual-clock.js'
import { createSojourn, type Sojourn } from '../../../../library/src/sojourn.js'
import { openSqliteStore } from '../../../../library/src/store/sqlite/index.js'
import type { Store } from '../../../../library/src/store/store.js'
import { Browser } from '../../../../library/test/support/browser.js'
import { loadConfig } from '../../../src/config/load.js'
import { openKeyRing } from '../../../src/open-key-ring.js'
import type { shell } from './support.js'

/** A session with all its credentials. */
export interface Holder {
  readonly id: string
  readonly browser: Browser<any>
  readonly cookie: string
  readonly accessToken: string
  readonly refreshToken: string
}

/** The service's sessions beside the shell, as a running node would have them, on the same store. */
export interface Desk {
  readonly sojourn: Sojourn<any>
  readonly store: Store
  signIn(subject: string, address?: string): Promise<Holder>
  close(): Promise<void>
}

/** On the SQLite file of a shell, or on another store; a clock of its own stands `ahead` of the real one. */
export async function openDesk(
  { environment }: Pick<ReturnType<typeof shell>, 'environment'>,
  given?: Store,
  ahead = 0,
): Promise<Desk> {
  const config = loadConfig(environment)
  const file = join(config.dataDir, 'sessions.db')
  const clock = createManualClock(Date.now() + ahead)
  const store = given ?? (await openSqliteStore({ file, ...(ahead === 0 ? {} : { clock }) }))
  const sojourn = createSojourn<any>({
    ...{
      store,
      cache: false,
      resilience: { commandDeadline: 5 },
      idle: '30m',
      privacy: { address: 'full', agent: 'full' },
    },
    secrets: config.secrets.session.map((secret) => secret.reveal()),
    ...(ahead === 0 ? {} : { clock }),
    tokens: {
      keys: (documents) => openKeyRing(config, documents),
      issuer: config.tokens.issuer,
      audience: config.tokens.audience,
      refresh: { secrets: config.secrets.refresh.map((secret) => secret.reveal()), grace: 0 },
    },
  })
  return {
    sojourn,
    store,
    async signIn(subject, address = '203.0.113.7') {
      const browser = new Browser<any>(sojourn)
      const tokens = await browser.visit(
        async (session) => {
          await session.signIn(subject)
          session.set('cart', ['a secret book'])
          return session.issueTokens()
        },
        { address, userAgent: 'Canary/7 \u001b[31m' },
      )
      const cookie = browser.cookie ?? ''
      return { id: tokens.sessionId, browser, cookie, ...tokens }
    },
    async close() {
      await sojourn.settled()
      if (given === undefined) await store.close()
    },
  }
}
