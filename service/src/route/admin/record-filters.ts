import { isIP } from 'node:net'
import { networkOf } from 'sojourn/express'
import { AUDITED_EVENTS } from 'sojourn/telemetry'
import type { z } from 'zod'
import type { TrailPage } from '../../audit/trail.js'
import { secondsOf } from '../../config/duration.js'
import { fields, oneOf, Problem, shortText, text, textThat } from '../../http/index.js'
import { EVENT_GROUPS, OUTCOMES } from '../../page/index.js'
import type { Parts } from '../../parts.js'
import { accountWith } from './act.js'

const EVENTS = [...AUDITED_EVENTS, 'audit.dropped'] as const
const GROUPS = Object.keys(EVENT_GROUPS) as (keyof typeof EVENT_GROUPS)[]

const instant = textThat((value) => instantOf(value) !== undefined, 'must be an instant (UTC)')

/** What narrows the trail down, for the feed and for what is exported. */
export const recordFilters = fields({
  userId: text().optional(),
  person: shortText(254).optional(),
  event: oneOf([...EVENTS, ...GROUPS]).optional(),
  outcome: oneOf(OUTCOMES).optional(),
  actor: shortText(254).optional(),
  session: textThat(
    (value) => /^[\w-]{1,8}\.[\w-]{1,64}$/.test(value),
    'must be the id of a session',
  ).optional(),
  address: textThat(
    (value) => isIP(addressIn(value)) !== 0,
    'must be an address, or a network such as 203.0.113.0/24',
  ).optional(),
  since: textThat(
    (value) => secondsOf(value) !== undefined,
    'must be a duration such as 7d',
  ).optional(),
  from: instant.optional(),
  to: instant.optional(),
})

export type RecordFilters = z.infer<typeof recordFilters>

/** What the trail is asked for. @throws Problem 404 `user_unknown`, 400 `field_invalid` */
export async function toWanted(
  parts: Parts,
  filters: RecordFilters,
): Promise<Omit<TrailPage, 'limit'>> {
  const { userId, person, actor, event, outcome, session } = filters
  const account = userId === undefined ? undefined : await accountWith(parts, userId)
  return {
    subject: account?.id ?? (await idOf(parts, person)),
    actor: await actorOf(parts, actor),
    ...eventsOf(event),
    outcome,
    sessionId: session,
    address: filters.address === undefined ? undefined : keptAddress(parts, filters.address),
    ...periodOf(parts, filters),
  }
}

function periodOf(
  parts: Parts,
  { since, from, to }: RecordFilters,
): Pick<TrailPage, 'since' | 'until'> {
  const starts = [
    ...(since === undefined ? [] : [parts.now() - (secondsOf(since) ?? 0) * 1_000]),
    ...(from === undefined ? [] : [instantOf(from) ?? 0]),
  ]
  return {
    since: starts.length === 0 ? undefined : Math.max(...starts),
    until: to === undefined ? undefined : instantOf(to),
  }
}

function eventsOf(event: RecordFilters['event']): Pick<TrailPage, 'event' | 'events'> {
  if (event === undefined) return {}
  return isGroup(event) ? { events: EVENT_GROUPS[event] } : { event }
}

function isGroup(event: string): event is keyof typeof EVENT_GROUPS {
  return Object.hasOwn(EVENT_GROUPS, event)
}

const ID = /^[\w-]{22}$/

/** A person by name, address or id. Of who has left, the trail may still tell under the id. */
export async function idOf(
  { accounts }: Pick<Parts, 'accounts'>,
  person: string | undefined,
): Promise<string | undefined> {
  if (person === undefined) return undefined
  const account = (await accounts.findByLogin(person)) ?? (await accounts.get(person))
  if (account !== undefined) return account.id
  if (ID.test(person)) return person
  throw new Problem({ status: 404, code: 'user_unknown', detail: 'No such user.' })
}

/** Those who act without an account, besides people. */
const NAMELESS = new Set(['admin_token', 'erased'])

async function actorOf(parts: Parts, actor: string | undefined): Promise<string | undefined> {
  return actor === undefined || NAMELESS.has(actor) ? actor : idOf(parts, actor)
}

/** An address of a network stands for the network, as the trail keeps it. */
function addressIn(value: string): string {
  return value.replace(/\/\d{1,3}$/, '')
}

/** @throws Problem 400 `field_invalid` where the trail keeps none */
function keptAddress({ audit }: Parts, value: string): string {
  const kept = audit.addressAsKept(canonical(addressIn(value)))
  if (kept !== undefined) return kept
  const detail = 'The audit trail keeps no addresses: see AUDIT_ADDRESS.'
  throw new Problem({ status: 400, code: 'field_invalid', detail, extra: { field: 'address' } })
}

/** The one spelling in which addresses are recorded. */
export function canonical(address: string): string {
  if (isIP(address) !== 6) return address
  const host = new URL(`http://[${address.split('%')[0] ?? ''}]/`).hostname
  return host.slice(1, -1)
}

/** The network that limits count an address by. */
export function networkIn(address: string): string {
  return networkOf(canonical(address))
}

/** `2026-03-01`, or with a time as forms send it, or with seconds and `Z`: always UTC. */
const INSTANT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z?)?$/

function instantOf(value: string): number | undefined {
  if (!INSTANT.test(value)) return undefined
  const whole = value.includes('T') && !value.endsWith('Z') ? `${value}Z` : value
  const at = Date.parse(whole)
  return Number.isNaN(at) ? undefined : at
}

/** What an act is told of: a person, or what else was looked at. */
export function personOr(id: string | undefined, other: string): { readonly id: string } | string {
  return id === undefined ? other : { id }
}
