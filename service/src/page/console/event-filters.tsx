import type { JSX } from 'preact'

import { Icon } from '../icon.js'
import { paths } from '../paths.js'
import { texts } from '../texts.js'
import { EVENT_GROUPS, eventWords, OUTCOMES } from './event-words.js'
import { LookUpField } from './look-up-field.js'
import type { EventFilterValues } from './props.js'

const words = texts.console.feed
const { fields } = words

interface EventFiltersProps {
  readonly filters: EventFilterValues
  readonly problem: string | undefined
}

type Name = keyof EventFilterValues & keyof typeof fields

/** A form by GET, so that its answer has an address. The rarer filters are folded away until one is used. */
export function EventFilters({ filters, problem }: EventFiltersProps): JSX.Element {
  const { actor, session, address, from, to } = filters
  const hasMore = [actor, session, address, from, to].some(
    (value) => value !== undefined && value !== '',
  )
  return (
    <form method="get" action={paths.consoleEvents} role="search" aria-label={words.filters}>
      {problem === undefined ? null : (
        <p class="message message-bad notice" role="alert">
          <Icon name="alert" />
          {problem}
        </p>
      )}
      <div class="filters">
        <Select name="event" value={filters.event}>
          <EventOptions value={filters.event} />
        </Select>
        <Select name="outcome" value={filters.outcome} isNarrow>
          <Options all={{ '': words.anyOutcome, ...outcomes }} value={filters.outcome} />
        </Select>
        <Select name="since" value={filters.since} isNarrow>
          <Options all={spansWith(filters.since)} value={filters.since} />
        </Select>
        <LookUpField
          name="person"
          label={fields.person}
          value={filters.person}
          placeholder={words.placeholders.person}
        />
      </div>
      <details class="more" open={hasMore}>
        <summary>{words.more}</summary>
        <div class="filters">
          <LookUpField
            name="actor"
            label={fields.actor}
            value={actor}
            placeholder={words.placeholders.actor}
          />
          <LookUpField name="session" label={fields.session} value={session} />
          <LookUpField name="address" label={fields.address} value={address} />
          <Instant name="from" value={from} />
          <Instant name="to" value={to} />
        </div>
      </details>
      <p class="actions">
        <button class="button button-main" type="submit">
          {words.submit}
        </button>
        <a class="button button-plain" href={paths.consoleEvents}>
          {words.reset}
        </a>
      </p>
    </form>
  )
}

const outcomes = Object.fromEntries(OUTCOMES.map((one) => [one, words.outcomes[one]]))

/** An address that somebody wrote may ask for a span that the form does not offer. */
function spansWith(since: string | undefined): Readonly<Record<string, string>> {
  if (since === undefined || Object.hasOwn(words.spans, since)) return words.spans
  return { ...words.spans, [since]: since }
}

interface SelectProps {
  readonly name: Name
  readonly value: string | undefined
  readonly isNarrow?: boolean
  readonly children: JSX.Element
}

function Select({ name, isNarrow = false, children }: SelectProps): JSX.Element {
  return (
    <div class={isNarrow ? 'field field-narrow' : 'field'}>
      <label for={name}>{fields[name]}</label>
      <select id={name} name={name}>
        {children}
      </select>
    </div>
  )
}

interface OptionsProps {
  readonly all: Readonly<Record<string, string>>
  readonly value: string | undefined
}

function Options({ all, value = '' }: OptionsProps): JSX.Element {
  return (
    <>
      {Object.entries(all).map(([key, label]) => (
        <option key={key} value={key} selected={key === value}>
          {label}
        </option>
      ))}
    </>
  )
}

const EVENTS = Object.fromEntries(
  Object.keys(texts.console.happened)
    .map((event) => [event, eventWords(event)] as const)
    .sort(([, one], [, other]) => one.localeCompare(other, texts.language)),
)
const GROUPS = Object.fromEntries(
  (Object.keys(EVENT_GROUPS) as (keyof typeof EVENT_GROUPS)[]).map((group) => [
    group,
    words.groups[group],
  ]),
)

function EventOptions({ value }: { readonly value: string | undefined }): JSX.Element {
  return (
    <>
      <option value="">{words.any}</option>
      <optgroup label={words.groupsLabel}>
        <Options all={GROUPS} value={value} />
      </optgroup>
      <optgroup label={words.eventsLabel}>
        <Options all={EVENTS} value={value} />
      </optgroup>
    </>
  )
}

interface InstantProps {
  readonly name: Name
  readonly value: string | undefined
}

function Instant({ name, value }: InstantProps): JSX.Element {
  return (
    <div class="field field-narrow">
      <label for={name}>{fields[name]}</label>
      <input id={name} name={name} type="datetime-local" value={value?.replace(/Z$/, '')} />
    </div>
  )
}
