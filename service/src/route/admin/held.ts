import type { Request } from 'express'
import type { SessionFacts } from 'sojourn'
import type { Account } from '../../account/account.js'
import type { HeldSession } from '../../page/index.js'
import type { Parts } from '../../parts.js'
import { fromLabel } from '../respond.js'
import { instant } from './act.js'
import { administratorOf } from './guard.js'

/** People by their ids. */
export type Names = ReadonlyMap<string, string>

/** What a person is called in the console. */
export function nameOf({ username, email, id }: Account): string {
  return username ?? email ?? id
}

/** The names of those whose sessions these are; who is gone has none. */
export async function namesFor(parts: Parts, sessions: readonly SessionFacts[]): Promise<Names> {
  const ids = new Set(sessions.flatMap(({ subject }) => (subject === undefined ? [] : [subject])))
  const accounts = await parts.accounts.getMany([...ids])
  return new Map(accounts.map((account) => [account.id, nameOf(account)]))
}

/** A session as a page of the console shows it. Without `names` the page says by itself whose it is. */
export function toHeld(
  parts: Parts,
  request: Request,
  facts: SessionFacts,
  names?: Names,
): HeldSession {
  const { id, subject, address, actor, purpose = '' } = facts
  return {
    id,
    isOwn: administratorOf(request).sessionId === id,
    ...fromLabel(facts.agent),
    createdAt: facts.createdAt,
    lastSeenAt: facts.lastSeenAt,
    expiresAt: facts.idleExpiresAt,
    address,
    place: parts.places.placeOf(address),
    methods: facts.methods,
    ...(actor === undefined ? {} : { actor: { id: actor, purpose } }),
    ...(names === undefined || subject === undefined
      ? {}
      : { owner: { id: subject, name: names.get(subject) ?? subject } }),
  }
}

/** The same for programs. */
export function toHeldJson(facts: SessionFacts): object {
  return {
    id: facts.id,
    createdAt: instant(facts.createdAt),
    lastSeenAt: instant(facts.lastSeenAt),
    authenticatedAt: instant(facts.authenticatedAt),
    expiresAt: instant(facts.idleExpiresAt),
    address: facts.address ?? null,
    device: facts.agent ?? null,
    methods: facts.methods,
    actor: facts.actor ?? null,
    purpose: facts.purpose ?? null,
  }
}
