import { expiresAt, type SessionId, type SessionRecord } from '../store/record.js'

/** What may be told of a session. Instants are epoch milliseconds by the store's clock. No credential. */
export interface SessionFacts {
  readonly id: SessionId
  readonly subject: string | undefined
  readonly createdAt: number
  readonly lastSeenAt: number
  /** When the person last proved who they are. */
  readonly authenticatedAt: number | undefined
  /** When the session ends if nothing happens. */
  readonly idleExpiresAt: number
  /** When it ends whatever happens. */
  readonly expiresAt: number
  /** "Now" on the same clock, so that a client need not trust its own. */
  readonly serverTime: number
  readonly methods: readonly string[]
  /** How sure the authentication was, where the application said so (`acr`). */
  readonly acr: string | undefined
  /** Client address, as far as the privacy options keep it. */
  readonly address: string | undefined
  /** User-agent label, as far as the privacy options keep it. */
  readonly agent: string | undefined
  /** What the person calls the device, where they have said so: see `rename`. */
  readonly name: string | undefined
  /** Address and user-agent label as they were when the session began. */
  readonly firstAddress: string | undefined
  readonly firstAgent: string | undefined
  /** Why the person has to prove once more who they are before any guard lets the session through; see `demandProof`. */
  readonly awaits: string | undefined
  /** It outlives the browser window. */
  readonly isRemembered: boolean
  /** Who acts for the subject, and why, while impersonating. */
  readonly actor: string | undefined
  readonly purpose: string | undefined
  /** The OAuth client that its tokens were issued to, where one was named. */
  readonly clientId: string | undefined
}

export function toFacts(record: SessionRecord, now: number): SessionFacts {
  const { traits } = record
  return {
    id: record.id,
    subject: record.subject,
    createdAt: record.createdAt,
    lastSeenAt: record.lastSeenAt,
    authenticatedAt: record.authenticatedAt,
    idleExpiresAt: expiresAt(record),
    expiresAt: record.absoluteExpiresAt,
    serverTime: now,
    methods: traits.methods?.split(',') ?? [],
    acr: traits.level,
    address: traits.address,
    agent: traits.agent,
    name: traits.name,
    firstAddress: first(traits.firstAddress, traits.address),
    firstAgent: first(traits.firstAgent, traits.agent),
    awaits: traits.awaits,
    isRemembered: traits.persistent === '1',
    actor: traits.actor,
    purpose: traits.purpose,
    clientId: traits.client,
  }
}

/** `-`: there was none. */
function first(kept: string | undefined, now: string | undefined): string | undefined {
  return kept === '-' ? undefined : (kept ?? now)
}
