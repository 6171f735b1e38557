import type { JSX } from 'preact'

import { Icon } from '../icon.js'
import { toHtml } from '../layout.js'
import { paths } from '../paths.js'
import { texts } from '../texts.js'
import { When } from '../time.js'
import { ConsoleLayout } from './layout.js'
import { Pager } from './pager.js'
import type { ListedPerson, PeopleProps } from './props.js'
import { Table } from './table.js'

const words = texts.console.people
const { columns } = words
const ROLES = ['', 'user', 'admin'] as const

/** `GET /admin/users`: whom there is, and how to find somebody. */
export function renderPeople(props: PeopleProps): string {
  const { people, now } = props
  return toHtml(
    <ConsoleLayout title={words.heading} page={props} entry="people" lead={words.lead}>
      <Search {...props} />
      {people.length === 0 ? (
        <div class="empty">
          <Icon name="person" />
          <p>{words.none}</p>
        </div>
      ) : (
        <Table
          caption={words.heading}
          columns={[
            { name: columns.name, isTitle: true },
            { name: columns.email },
            { name: columns.role },
            { name: columns.state },
            { name: columns.createdAt },
          ]}
          rows={people.map((person) => ({ key: person.id, cells: cellsOf(person, now) }))}
        />
      )}
      <Pager label={words.heading} next={props.next} first={props.first} />
    </ConsoleLayout>,
  )
}

function Search({ q, role }: PeopleProps): JSX.Element {
  return (
    <form class="filters" method="get" action={paths.consolePeople} role="search">
      <div class="field">
        <label for="q">{words.search}</label>
        <input id="q" name="q" type="search" value={q} maxLength={254} autocapitalize="none" />
      </div>
      <div class="field field-narrow">
        <label for="role">{columns.role}</label>
        <select id="role" name="role">
          {ROLES.map((one) => (
            <option key={one} value={one} selected={one === (role ?? '')}>
              {words.roles[one === '' ? 'any' : one]}
            </option>
          ))}
        </select>
      </div>
      <button class="button" type="submit">
        {words.find}
      </button>
    </form>
  )
}

function cellsOf(person: ListedPerson, now: number) {
  return [
    <a key="name" class="person" href={paths.consolePerson(person.id)}>
      {person.name}
    </a>,
    person.email ?? '',
    <RoleBadge key="role" person={person} />,
    <StateBadge key="state" person={person} />,
    <When key="created" at={person.createdAt} now={now} />,
  ]
}

export function RoleBadge({ person }: { readonly person: ListedPerson }): JSX.Element {
  return person.isAdministrator ? (
    <span class="badge badge-lamp">{words.roles.admin}</span>
  ) : (
    <span>{words.roles.user}</span>
  )
}

export function StateBadge({ person }: { readonly person: ListedPerson }): JSX.Element {
  return person.disabledAt === undefined ? (
    <span class="badge">{words.on}</span>
  ) : (
    <span class="badge badge-danger">{words.off}</span>
  )
}
