import type { JSX } from 'preact'

import { Icon } from '../icon.js'
import { paths } from '../paths.js'
import { texts } from '../texts.js'
import { When } from '../time.js'
import { methodWords } from '../words.js'
import type { HeldSession } from './props.js'
import { Table, type Column } from './table.js'

const words = texts.console.held
const { columns } = words

interface HeldSessionsProps {
  readonly caption: string
  readonly sessions: readonly HeldSession[]
  readonly now: number
  /** Whether each line says whose session it is. */
  readonly hasOwners: boolean
  /** Whether some can be picked, in a form around the table. */
  readonly isPickable?: boolean
}

/** Sessions as administrators see them, each with its way out. */
export function HeldSessions(props: HeldSessionsProps): JSX.Element {
  const { caption, sessions, now, hasOwners, isPickable = false } = props
  const all: readonly (Column | false)[] = [
    { name: hasOwners ? columns.owner : columns.device, isTitle: true },
    hasOwners && { name: columns.device },
    { name: columns.where },
    { name: columns.lastSeenAt },
    { name: columns.expiresAt },
    { name: words.end, isEnd: true },
  ]
  return (
    <Table
      caption={caption}
      columns={all.filter((column) => column !== false)}
      rows={sessions.map((session) => ({
        key: session.id,
        cells: [
          ...(hasOwners ? [<Owner key="owner" session={session} isPickable={isPickable} />] : []),
          <Device key="device" session={session} />,
          <Where key="where" session={session} />,
          <Seen key="seen" session={session} now={now} />,
          <When key="expires" at={session.expiresAt} now={now} />,
          <End key="end" session={session} />,
        ],
      }))}
    />
  )
}

interface OwnerProps {
  readonly session: HeldSession
  readonly isPickable: boolean
}

function Owner({ session, isPickable }: OwnerProps): JSX.Element {
  const { id, owner, name } = session
  const who = owner?.name ?? words.guest
  return (
    <span class="pick">
      {isPickable && !session.isOwn ? (
        <input type="checkbox" name={id} value="on" aria-label={words.pick(who, name)} />
      ) : null}
      {owner === undefined ? (
        <span class="soft">{words.guest}</span>
      ) : (
        <a class="person" href={paths.consolePerson(owner.id)}>
          {owner.name}
        </a>
      )}
    </span>
  )
}

function Device({ session }: { readonly session: HeldSession }): JSX.Element {
  const { kind, name, isOwn, id, methods, actor } = session
  return (
    <div class="held">
      <Icon name={kind} />
      <div>
        {name} {isOwn ? <span class="badge">{words.own}</span> : null}
        {actor === undefined ? null : (
          <p class="soft">
            <span class="badge badge-lamp">{words.actor}</span> {words.purpose(actor.purpose)}{' '}
            <a href={paths.consolePerson(actor.id)}>{words.byWhom}</a>
          </p>
        )}
        <p class="soft">
          <code>{id}</code>
        </p>
        {methods.length === 0 ? null : (
          <p class="soft">{words.methods(methods.map(methodWords).join(', '))}</p>
        )}
      </div>
    </div>
  )
}

function Where({ session }: { readonly session: HeldSession }): JSX.Element {
  const { place, address } = session
  return (
    <div>
      {place ?? address ?? <span class="soft">{words.nowhere}</span>}
      {place === undefined || address === undefined ? null : <p class="soft">{address}</p>}
    </div>
  )
}

interface SeenProps {
  readonly session: HeldSession
  readonly now: number
}

function Seen({ session, now }: SeenProps): JSX.Element {
  return (
    <div>
      <When at={session.lastSeenAt} now={now} />
      <p class="soft">
        <When at={session.createdAt} now={now} phrase={words.since} />
      </p>
    </div>
  )
}

/** The administrator's own session leaves by signing out. */
function End({ session }: { readonly session: HeldSession }): JSX.Element | null {
  if (session.isOwn) return null
  return (
    <a
      class="button button-danger"
      href={paths.consoleConfirm('end-session', session.id)}
      data-confirm
    >
      {words.end}
      <span class="quietly"> {words.endWhat(session.name)}</span>
    </a>
  )
}
