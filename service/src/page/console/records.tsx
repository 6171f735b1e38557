import type { JSX } from 'preact'

import { texts } from '../texts.js'
import { When } from '../time.js'
import { eventWords } from './event-words.js'
import type { FeedRecord } from './props.js'

const words = texts.console.person

interface RecordsProps {
  readonly records: readonly FeedRecord[]
  readonly now: number
}

/** What happened to somebody lately, one line each; the feed of events has the rest. */
export function Records({ records, now }: RecordsProps): JSX.Element {
  if (records.length === 0) return <p class="soft">{words.noRecords}</p>
  return (
    <ul class="card happened">
      {records.map(({ id, at, event, code, outcome, actor, subject, place, address }) => (
        <li key={id}>
          <span class={outcome === 'success' ? undefined : 'happened-ill'}>
            {eventWords(event, code)}
          </span>
          <span class="soft small">
            {actor === undefined || actor.id === subject?.id
              ? (place ?? address)
              : words.by(actor.name ?? actor.id)}
          </span>
          <span class="soft small">
            <When at={at} now={now} />
          </span>
        </li>
      ))}
    </ul>
  )
}
