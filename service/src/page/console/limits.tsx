import type { JSX } from 'preact'

import { Icon } from '../icon.js'
import { toHtml } from '../layout.js'
import { paths } from '../paths.js'
import { texts } from '../texts.js'
import { durationWords } from '../time.js'
import { ConsoleLayout } from './layout.js'
import { LookUpField } from './look-up-field.js'
import type { FoundCounts, LimitsProps, ShownCount, ShownLimit } from './props.js'
import { Table } from './table.js'

const words = texts.console.limits
const { columns, ruleColumns } = words

/** `GET /admin/limits`: the limits in force, and how somebody stands. */
export function renderLimits(props: LimitsProps): string {
  const { problem, found, rules, isOff } = props
  return toHtml(
    <ConsoleLayout
      title={words.heading}
      page={props}
      entry="limits"
      lead={words.lead}
      hasProblems={problem !== undefined}
    >
      <LookUp {...props} />
      {found === undefined ? null : <Found found={found} />}
      <section aria-labelledby="rules">
        <h2 id="rules">{words.rulesHeading}</h2>
        {isOff ? <p class="soft gap">{words.off}</p> : null}
        <Table
          caption={words.rulesHeading}
          columns={[
            { name: ruleColumns.limit, isTitle: true },
            { name: ruleColumns.quota },
            { name: ruleColumns.window },
            { name: ruleColumns.by },
          ]}
          rows={rules.map((rule) => ({ key: rule.limit, cells: ruleCells(rule) }))}
        />
      </section>
    </ConsoleLayout>,
  )
}

function LookUp({ typed, problem }: LimitsProps): JSX.Element {
  return (
    <form method="get" action={paths.consoleLimits} role="search" aria-label={words.lookUpHeading}>
      {problem === undefined ? null : (
        <p class="message message-bad notice" role="alert">
          <Icon name="alert" />
          {problem}
        </p>
      )}
      <div class="filters">
        <LookUpField
          name="person"
          label={words.person}
          placeholder={words.personHint}
          value={typed.person}
        />
        <LookUpField
          name="address"
          label={words.address}
          placeholder={words.addressHint}
          value={typed.address}
        />
        <button class="button button-main" type="submit">
          {words.submit}
        </button>
      </div>
    </form>
  )
}

function Found({ found }: { readonly found: FoundCounts }): JSX.Element {
  const { counts, subject, network, clearPath } = found
  return (
    <section aria-labelledby="found">
      <div class="toolbar">
        <h2 id="found">{words.foundHeading}</h2>
        <a class="button button-danger" href={clearPath} data-confirm>
          {words.clear}
        </a>
      </div>
      <Table
        caption={words.foundHeading}
        columns={[
          { name: columns.limit, isTitle: true },
          { name: columns.whose },
          { name: columns.used },
          { name: columns.state },
          { name: columns.resets },
        ]}
        rows={counts.map((count) => ({ key: count.limit, cells: countCells(count) }))}
      />
      {subject === undefined ? null : (
        <div class="asides">
          {network === undefined ? <p class="soft small">{words.pairs}</p> : null}
          <p class="soft small">{words.devices}</p>
          <p class="small">
            <a href={`${paths.consoleEvents}?event=sign-ins&person=${subject.id}`}>{words.trail}</a>
          </p>
        </div>
      )}
    </section>
  )
}

function countCells(count: ShownCount): readonly JSX.Element[] {
  const { limit, whose, left, most, freeAfter, resetAfter } = count
  return [
    <>{nameOf(limit)}</>,
    <span key="whose" class="person">
      {whose}
    </span>,
    <>{words.left(number(left), number(most))}</>,
    freeAfter > 0 ? (
      <span class="badge badge-danger">{words.locked(durationWords(freeAfter))}</span>
    ) : (
      <span class="badge">{words.open}</span>
    ),
    <>{resetAfter === 0 ? words.full : words.in(durationWords(resetAfter))}</>,
  ]
}

function ruleCells({ limit, quota, window, by }: ShownLimit): readonly JSX.Element[] {
  const rules: Readonly<Record<string, string>> = words.rules
  const about = Object.hasOwn(rules, limit) ? rules[limit] : undefined
  return [
    <>{about ?? nameOf(limit)}</>,
    <>{number(quota)}</>,
    <>{durationWords(window)}</>,
    <>{words.by[by]}</>,
  ]
}

function nameOf(limit: string): string {
  const names: Readonly<Record<string, string>> = { ...words.kinds, ...words.policies }
  return Object.hasOwn(names, limit) ? (names[limit] ?? limit) : limit
}

function number(value: number): string {
  return value.toLocaleString(texts.language)
}
