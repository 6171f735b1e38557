import type { JSX } from 'preact'

import { Icon } from '../icon.js'
import { toHtml } from '../layout.js'
import { paths } from '../paths.js'
import { texts } from '../texts.js'
import { When } from '../time.js'
import { endWords } from '../words.js'
import { HeldSessions } from './held-sessions.js'
import { ConsoleLayout } from './layout.js'
import { Pager } from './pager.js'
import type { FoundSessions, SessionsProps } from './props.js'

const words = texts.console.sessions

/** `GET /admin/sessions`: one by its id, those of somebody, or a part of all there are. */
export function renderSessions(props: SessionsProps): string {
  const { q, found, sessions, now } = props
  return toHtml(
    <ConsoleLayout title={words.heading} page={props} entry="sessions" lead={words.lead}>
      <form class="filters" method="get" action={paths.consoleSessions} role="search">
        <div class="field">
          <label for="q">{words.search}</label>
          <input id="q" name="q" type="search" value={q} maxLength={254} autocapitalize="none" />
        </div>
        <button class="button" type="submit">
          {words.find}
        </button>
      </form>
      <Outcome found={found} now={now} hasSessions={sessions.length > 0} />
      {sessions.length === 0 ? null : (
        <form class="console-page" method="get" action={paths.consoleAsk}>
          <input type="hidden" name="act" value="end-selected" />
          <HeldSessions
            caption={words.heading}
            sessions={sessions}
            now={now}
            hasOwners
            isPickable
          />
          <div class="toolbar">
            <button class="button button-danger" type="submit">
              {words.endSelected}
            </button>
          </div>
        </form>
      )}
      {found.kind === 'all' ? (
        <Pager label={words.heading} next={found.next} first={found.first} note={words.page} />
      ) : null}
      <Everybody />
    </ConsoleLayout>,
  )
}

interface OutcomeProps {
  readonly found: FoundSessions
  readonly now: number
  readonly hasSessions: boolean
}

/** What was looked for, and what became of that. */
function Outcome({ found, now, hasSessions }: OutcomeProps): JSX.Element | null {
  if (found.kind === 'over') return <Over found={found} now={now} />
  const line = lineOf(found, hasSessions)
  if (line === undefined) return null
  if (hasSessions) return <p class="soft">{line}</p>
  return (
    <div class="empty">
      <Icon name="devices" />
      <p>{line}</p>
    </div>
  )
}

function lineOf(found: FoundSessions, hasSessions: boolean): string | undefined {
  switch (found.kind) {
    case 'people':
      if (found.names.length === 0) return words.nobody
      if (!hasSessions) return words.noneOf(found.names.join(', '))
      return `${words.of(found.names.join(', '))}${found.hasMore ? ` ${words.morePeople}` : ''}`
    case 'unknown':
      return words.unknown
    case 'unlisted':
      return words.unlisted
    case 'all':
      return hasSessions ? words.sample : words.none
    default:
      return undefined
  }
}

interface OverProps {
  readonly found: Extract<FoundSessions, { kind: 'over' }>
  readonly now: number
}

function Over({ found, now }: OverProps): JSX.Element {
  const { owner, endedAt, reason } = found
  return (
    <div class="empty">
      <Icon name="check" />
      <p>
        <strong>{words.over}</strong> {endWords(reason).title} (<code>{reason}</code>)
        {endedAt === undefined ? null : (
          <>
            , <When at={endedAt} now={now} />
          </>
        )}
        . {owner === undefined ? null : <a href={paths.consolePerson(owner.id)}>{owner.name}</a>}
      </p>
    </div>
  )
}

function Everybody(): JSX.Element {
  return (
    <section class="others" aria-labelledby="everybody">
      <div>
        <h2 id="everybody">{words.everybodyHeading}</h2>
        <p>{words.everybodyBody}</p>
      </div>
      <a class="button button-danger" href={`${paths.consoleAsk}?act=end-everybody`} data-confirm>
        {words.everybody}
      </a>
    </section>
  )
}
