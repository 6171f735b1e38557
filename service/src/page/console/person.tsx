import type { ComponentChildren, JSX } from 'preact'

import { Icon } from '../icon.js'
import { toHtml } from '../layout.js'
import { paths, type PersonAct } from '../paths.js'
import { texts } from '../texts.js'
import { When } from '../time.js'
import { HeldSessions } from './held-sessions.js'
import { ConsoleLayout } from './layout.js'
import { Pager } from './pager.js'
import { RoleBadge, StateBadge } from './people.js'
import type { PersonProps, ShownPerson } from './props.js'
import { Records } from './records.js'

const words = texts.console.person

/** `GET /admin/users/:id`: who it is, where they are signed in, what happened, and what can be done. */
export function renderPerson(props: PersonProps): string {
  const { subject } = props
  return toHtml(
    <ConsoleLayout title={subject.name} page={props} entry="people">
      <div class="person-top">
        <Facts subject={subject} now={props.now} />
        <Acts {...props} />
      </div>
      <Sessions {...props} />
      <section aria-labelledby="happened">
        <div class="toolbar">
          <h2 id="happened">{words.recordsHeading}</h2>
          <a class="button" href={`${paths.consoleEvents}?userId=${subject.id}`}>
            {words.allRecords}
          </a>
        </div>
        <Records records={props.records} now={props.now} />
      </section>
    </ConsoleLayout>,
  )
}

interface FactsProps {
  readonly subject: ShownPerson
  readonly now: number
}

function Facts({ subject, now }: FactsProps): JSX.Element {
  const { email, disabledAt } = subject
  return (
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">{words.factsHeading}</h2>
      <dl class="facts gap">
        <Fact name={words.role}>
          <RoleBadge person={subject} />
        </Fact>
        <Fact name={words.state}>
          <StateBadge person={subject} />
          {disabledAt === undefined ? null : (
            <span class="soft small">
              {' '}
              <When at={disabledAt} now={now} />
            </span>
          )}
        </Fact>
        {email === undefined ? null : <Fact name={words.email}>{email}</Fact>}
        <Fact name={words.createdAt}>
          <When at={subject.createdAt} now={now} />
        </Fact>
        <Fact name={words.passwordChangedAt}>
          <When at={subject.passwordChangedAt} now={now} />
        </Fact>
        <Fact name={words.id}>
          <code>{subject.id}</code>
        </Fact>
      </dl>
    </section>
  )
}

interface FactProps {
  readonly name: string
  readonly children: ComponentChildren
}

function Fact({ name, children }: FactProps): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Acts({ subject, isOwn }: PersonProps): JSX.Element {
  return (
    <section class="card" aria-labelledby="acts">
      <h2 id="acts">{words.actsHeading}</h2>
      <ul class="acts">
        {actsFor(subject, isOwn).map((act) => (
          <li key={act}>
            <a
              class={ALARMING.has(act) ? 'button button-danger' : 'button'}
              href={paths.consoleConfirm(act, subject.id)}
              data-confirm
            >
              {words.acts[act].name}
            </a>
            <p class="soft small">{words.acts[act].about}</p>
          </li>
        ))}
      </ul>
      {isOwn ? <p class="soft small">{words.own}</p> : null}
    </section>
  )
}

const ALARMING: ReadonlySet<PersonAct> = new Set(['disable', 'make-user'])

function actsFor({ isAdministrator, disabledAt }: ShownPerson, isOwn: boolean): PersonAct[] {
  const isOff = disabledAt !== undefined
  const mayImpersonate = !isOff && !isAdministrator && !isOwn
  return [
    ...(mayImpersonate ? (['impersonate'] as const) : []),
    'unlock',
    isAdministrator ? 'make-user' : 'make-admin',
    isOff ? 'enable' : 'disable',
  ]
}

function Sessions(props: PersonProps): JSX.Element {
  const { sessions, subject, now } = props
  return (
    <section aria-labelledby="sessions">
      <div class="toolbar">
        <h2 id="sessions">{words.sessionsHeading}</h2>
        {sessions.length === 0 ? null : (
          <a
            class="button button-danger"
            href={paths.consoleConfirm('end-sessions', subject.id)}
            data-confirm
          >
            {words.endAll}
          </a>
        )}
      </div>
      {sessions.length === 0 ? (
        <div class="empty">
          <Icon name="devices" />
          <p>{words.noSessions}</p>
        </div>
      ) : (
        <HeldSessions
          caption={words.sessionsHeading}
          sessions={sessions}
          now={now}
          hasOwners={false}
        />
      )}
      <Pager label={words.sessionsHeading} next={props.next} first={props.first} />
    </section>
  )
}
