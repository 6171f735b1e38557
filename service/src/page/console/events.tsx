import type { JSX } from 'preact'

import { Icon } from '../icon.js'
import { toHtml } from '../layout.js'
import { paths } from '../paths.js'
import { texts } from '../texts.js'
import { When } from '../time.js'
import { EventFilters } from './event-filters.js'
import { eventWords } from './event-words.js'
import { ConsoleLayout } from './layout.js'
import { Pager } from './pager.js'
import type { EventsProps, FeedRecord, NamedPerson } from './props.js'

const words = texts.console.feed

/** `GET /admin/audit`: what happened, newest first, narrowed down by a form whose address can be shared. */
export function renderEvents(props: EventsProps): string {
  const { records, now, filters, problem } = props
  return toHtml(
    <ConsoleLayout
      title={words.heading}
      page={props}
      entry="events"
      lead={words.lead}
      hasProblems={problem !== undefined}
    >
      <EventFilters filters={filters} problem={problem} />
      <section aria-label={words.list} class="feed">
        <FollowBar {...props} />
        {records.length === 0 ? (
          <p class="empty" data-none>
            {hasFilters(filters) ? words.none : words.noneYet}
          </p>
        ) : null}
        <ol class="entries" data-events>
          {records.map((record) => (
            <Event key={record.id} record={record} now={now} />
          ))}
        </ol>
        <Pager label={words.list} next={props.next} first={props.first} />
      </section>
      {problem === undefined && records.length > 0 ? <Export {...props} /> : null}
    </ConsoleLayout>,
  )
}

function hasFilters(filters: EventsProps['filters']): boolean {
  return Object.values(filters).some((value) => value !== undefined && value !== '')
}

/** Nothing where no script runs; the words are here for the one that does. */
function FollowBar({ follow }: EventsProps): JSX.Element | null {
  if (follow === undefined) return null
  return (
    <div
      class="follow"
      hidden
      data-follow={follow}
      data-follow-word={words.follow}
      data-pause-word={words.pause}
      data-came={words.came}
      data-away={words.away}
      data-paused={words.paused}
      data-following={words.following}
    >
      <button class="button" type="button" aria-pressed="false">
        {words.follow}
      </button>
      <p class="soft small" role="status" />
    </div>
  )
}

interface EventProps {
  readonly record: FeedRecord
  readonly now: number
}

function Event({ record, now }: EventProps): JSX.Element {
  const { id, at, event, code, outcome } = record
  const title = eventWords(event, code)
  return (
    <li class={`entry entry-${outcome}`} data-entry={id}>
      <div class="entry-what">
        <p class="entry-title">
          {title}
          {outcome === 'success' ? null : (
            <span class={`badge badge-${outcome}`}>{words.outcomes[outcome]}</span>
          )}
        </p>
        <p class="entry-facts">
          <Who record={record} />
          <Where record={record} />
        </p>
      </div>
      <p class="entry-when">
        <When at={at} now={now} />
      </p>
      <Facts record={record} title={title} />
    </li>
  )
}

function Who({ record: { subject, actor } }: { readonly record: FeedRecord }): JSX.Element {
  return (
    <>
      {subject === undefined ? null : (
        <span>
          <PersonLink person={subject} />
        </span>
      )}
      {actor === undefined || actor.id === subject?.id ? null : (
        <span>
          {words.by('')}
          <PersonLink person={actor} />
        </span>
      )}
    </>
  )
}

/** Who acts without an account has no page. */
const NAMELESS: Readonly<Record<string, string>> = {
  admin_token: words.adminToken,
  erased: words.erased,
}

function PersonLink({ person: { id, name } }: { readonly person: NamedPerson }): JSX.Element {
  const nameless = Object.hasOwn(NAMELESS, id) ? NAMELESS[id] : undefined
  if (nameless !== undefined) return <>{nameless}</>
  if (name === undefined) return <span class="person">{words.unknownPerson(id)}</span>
  return (
    <a class="person" href={paths.consolePerson(id)}>
      {name}
    </a>
  )
}

function Where({ record }: { readonly record: FeedRecord }): JSX.Element {
  const { address, agent, sessionId, place } = record
  return (
    <>
      {address === undefined ? null : <span>{place ?? address}</span>}
      {agent === undefined ? null : <span>{agent.split('|').at(-1)}</span>}
      {sessionId === undefined ? null : (
        <span>
          <a href={`${paths.consoleSessions}?q=${encodeURIComponent(sessionId)}`}>
            {words.session(sessionId)}
          </a>
        </span>
      )}
    </>
  )
}

/** The record as it is kept. */
function Facts({ record, title }: { readonly record: FeedRecord; readonly title: string }) {
  return (
    <details class="entry-raw">
      <summary>
        {words.facts}
        <span class="quietly"> {words.factsOf(title)}</span>
      </summary>
      <dl>
        {record.facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

const FORMATS = [
  ['csv', 'CSV'],
  ['json', 'JSON'],
  ['ndjson', 'NDJSON'],
] as const

function Export({ exportPath, mostExported }: EventsProps): JSX.Element {
  return (
    <section class="others" aria-labelledby="export">
      <div>
        <h2 id="export">{words.exportHeading}</h2>
        <p>{words.exportLead(mostExported.toLocaleString(texts.language))}</p>
      </div>
      <p class="actions export">
        {FORMATS.map(([format, name]) => (
          <a
            key={format}
            class="button"
            href={`${exportPath}${exportPath.includes('?') ? '&' : '?'}format=${format}`}
            download
          >
            <Icon name="download" />
            {words.exportAs(name)}
          </a>
        ))}
      </p>
    </section>
  )
}
