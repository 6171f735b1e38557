import type { JSX } from 'preact'

import { Icon, type IconName } from './icon.js'
import { Layout, toHtml } from './layout.js'
import { localPath } from './paths.js'
import type { SecurityEvent, SecurityEventKind, SecurityEventsProps } from './props.js'
import { Split } from './split.js'
import { texts } from './texts.js'
import { When } from './time.js'
import { networkWords } from './words.js'

const words = texts.events

/** `GET /security/events`: what happened to the account, a page at a time. */
export function renderSecurityEvents(props: SecurityEventsProps): string {
  const { events, now } = props
  const older = localPath(props.older)
  const newest = localPath(props.newest)
  return toHtml(
    <Layout title={words.title} page={props} current="security">
      <Split heading={words.heading} lead={words.lead}>
        {events.length === 0 ? (
          <p>{words.none}</p>
        ) : (
          <div class="card">
            <EventList events={events} now={now} />
          </div>
        )}
        {older === undefined && newest === undefined ? null : (
          <p class="actions">
            {newest === undefined ? null : (
              <a class="button" href={newest}>
                {words.newest}
              </a>
            )}
            {older === undefined ? null : (
              <a class="button" href={older} rel="next">
                {texts.security.older}
              </a>
            )}
          </p>
        )}
      </Split>
    </Layout>,
  )
}

interface EventListProps {
  readonly events: readonly SecurityEvent[]
  readonly now: number
}

export function EventList({ events, now }: EventListProps): JSX.Element | null {
  if (events.length === 0) return null
  return (
    <ol class="events">
      {events.map((event) => (
        <li key={event.id} class={CAUTION.has(event.kind) ? 'event event-caution' : 'event'}>
          <span class="alcove">
            <Icon name={iconOf(event)} />
          </span>
          <EventWords event={event} now={now} />
        </li>
      ))}
    </ol>
  )
}

/** Where somebody else may have been at work. */
const CAUTION: ReadonlySet<SecurityEventKind> = new Set([
  'signedInNew',
  'signInFailed',
  'signInPaused',
  'farAway',
  'confirmFailed',
  'endedAsUnusual',
  'tokenReused',
  'impersonated',
])

function iconOf({ kind, device }: SecurityEvent): IconName {
  if (CAUTION.has(kind)) return 'alert'
  return device === undefined || device.kind === 'unknown' ? 'shield' : device.kind
}

function EventWords({ event, now }: { readonly event: SecurityEvent; readonly now: number }) {
  const { title, body }: { title: (number: number) => string; body?: string } =
    texts.securityEvents[event.kind]
  const { at, count, device, address, place, purpose, isByAdministrator = false } = event
  const from = [
    ...(device === undefined ? [] : [device.name]),
    ...(address === undefined ? [] : [networkWords(address, place)]),
  ]
  return (
    <div>
      <p class="event-title">{title(count)}</p>
      <p class="soft small">
        <When at={at} now={now} />
        {from.map((part) => ` · ${part}`).join('')}
      </p>
      {body === undefined ? null : <p class="small gap">{body}</p>}
      {purpose === undefined ? null : <p class="small gap">{words.purpose(purpose)}</p>}
      {isByAdministrator ? <p class="small gap">{words.byAdministrator}</p> : null}
    </div>
  )
}
