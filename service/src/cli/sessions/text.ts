import type { FoundSession, SessionDetails, SessionFacts } from 'sojourn'
import { printable } from '../printable.js'
import { renderTable } from '../table.js'

const HEAD = ['SESSION', 'SUBJECT', 'STARTED', 'LAST SEEN', 'ENDS', 'DEVICE', 'ADDRESS']

/** Sessions, one line each. */
export function sessionsTable(sessions: readonly SessionFacts[], isForPerson: boolean): string {
  const rows = sessions.map((facts) => [
    facts.id,
    plain(facts.subject ?? '(guest)'),
    instant(facts.createdAt),
    instant(facts.lastSeenAt),
    instant(facts.idleExpiresAt),
    plain(facts.agent ?? '-'),
    plain(facts.address ?? '-'),
  ])
  return renderTable(HEAD, rows, isForPerson)
}

/** Everything that may be told of one session, as lines. */
export function sessionText(found: Extract<FoundSession, { state: 'live' }>): string {
  const { facts, details } = found
  const data = Object.entries(details.data).map(([key, length]) => `${plain(key)} (${length})`)
  return toLines([
    ['session', facts.id],
    ['subject', plain(facts.subject ?? '(guest)')],
    ['started', instant(facts.createdAt)],
    ['last seen', instant(facts.lastSeenAt)],
    ['signed in', instant(facts.authenticatedAt)],
    ['ends', `${instant(facts.idleExpiresAt)} unless it is used`],
    ['ends at last', instant(facts.expiresAt)],
    ['methods', facts.methods.join(', ') || '-'],
    ['device', orNone(facts.agent)],
    ['address', orNone(facts.address)],
    ['at first', `${orNone(facts.firstAgent)}, ${orNone(facts.firstAddress)}`],
    ['remembered', yesNo(facts.isRemembered)],
    ['acted for by', orNone(facts.actor)],
    ['awaits proof', orNone(facts.awaits)],
    ['bound to a key', yesNo(details.isBound)],
    ['refresh token', refreshText(details)],
    ['data', data.length === 0 ? '-' : `${data.join(', ')} (characters; values are not shown)`],
    ['written', `${details.revision} times; epoch ${details.epoch}`],
  ])
}

function refreshText({ refreshToken }: SessionDetails): string {
  if (refreshToken === undefined) return '-'
  const { generation, expiresAt } = refreshToken
  return `number ${generation} of its family, until ${instant(expiresAt)}`
}

function orNone(text: string | undefined): string {
  return plain(text ?? '-')
}

function yesNo(isSo: boolean): string {
  return isSo ? 'yes' : 'no'
}

function toLines(pairs: readonly (readonly [name: string, value: string])[]): string {
  return pairs.map(([name, value]) => `${name.padEnd(15)} ${value}\n`).join('')
}

/** What somebody may have written into it by hand cannot move the cursor. */
export function plain(text: string): string {
  return printable(text).slice(1, -1)
}

export function instant(at: number | undefined): string {
  return at === undefined ? '-' : new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** As JSON: instants as text, nothing left out. */
export function sessionJson(facts: SessionFacts): Readonly<Record<string, unknown>> {
  const entries = Object.entries(facts).map(([name, value]: [string, unknown]) => {
    return [name, typeof value === 'number' ? new Date(value).toISOString() : (value ?? null)]
  })
  return Object.fromEntries(entries) as Record<string, unknown>
}
