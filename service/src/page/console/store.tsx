import type { JSX } from 'preact'
import type { StoreServer, StoreView } from '../../console/index.js'
import { toHtml } from '../layout.js'
import type { SignedInProps } from '../props.js'
import { texts } from '../texts.js'
import { relativeTime } from '../time.js'
import { clockTime } from './clock-time.js'
import { ConsoleLayout } from './layout.js'
import { numberWords } from './numbers.js'
import type { Breaker } from './overview-props.js'
import { serverFacts, wordFor } from './store-facts.js'

const words = texts.console.store

export interface StoreProps extends SignedInProps {
  readonly view: StoreView
  /** Since when it has given no answer. */
  readonly awaySince: number | undefined
  readonly breaker: Breaker
  /** Ends that the store has yet to take. */
  readonly pending: number
  readonly isRestoring: boolean
  /** That live in it, as far as it is known. */
  readonly sessions: number | undefined
}

/** `GET /admin/store`: whether the store does what is asked of it, and what is to be done about it. */
export function renderStore({ view, ...props }: StoreProps): string {
  const isOne = view.servers.length === 1
  return toHtml(
    <ConsoleLayout title={words.heading} page={props} entry="store" lead={words.lead}>
      <State view={view} {...props} />
      <Whole view={view} {...props} />
      <Findings findings={view.findings} />
      <section class="store-servers">
        <h2>{view.topology === 'embedded' ? words.file : words.servers(view.servers.length)}</h2>
        <div class={isOne ? 'servers' : 'servers servers-many'}>
          {view.servers.map((server) => (
            <Server key={server.name} server={server} now={view.at} />
          ))}
        </div>
      </section>
      <p class="soft small">{words.seenAt(clockTime(view.at))}</p>
    </ConsoleLayout>,
  )
}

type PartProps = Omit<StoreProps, 'person'>

function State({ view, awaySince, now }: PartProps): JSX.Element {
  const isUp = awaySince === undefined
  return (
    <div class={`message ${isUp ? 'message-good' : 'message-bad'} store-state`} role="status">
      <p>
        <strong>
          {isUp ? words.answers(numberWords((view.roundTrip ?? 0) / 1_000, 'seconds')) : words.away}
        </strong>{' '}
        {isUp ? null : words.awaySince(clockTime(awaySince), relativeTime(awaySince, now))}
      </p>
    </div>
  )
}

function Whole({ view, breaker, pending, isRestoring, sessions }: PartProps): JSX.Element {
  const journal = isRestoring ? words.restoring : words.pending(pending)
  const facts: readonly (readonly [string, string])[] = [
    [words.kind, wordFor(words.kinds, view.kind) ?? view.kind],
    [words.topology, words.topologies[view.topology]],
    [words.sessions, sessions === undefined ? words.unknown : numberWords(sessions, 'count')],
    [words.breaker, words.breakers[breaker]],
    [words.journal, journal],
  ]
  return (
    <dl class="card facts facts-wide">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

const TONES = { fail: 'badge-danger', warn: 'badge-lamp', skipped: 'badge-soft', pass: '' } as const
const ORDER = ['fail', 'warn', 'skipped'] as const

function Findings({ findings }: Pick<StoreView, 'findings'>): JSX.Element | null {
  if (findings.length === 0) return null
  const bad = ORDER.flatMap((verdict) => findings.filter((one) => one.verdict === verdict))
  const good = findings.filter(({ verdict }) => verdict === 'pass')
  return (
    <section>
      <h2>{words.findings}</h2>
      {bad.length === 0 ? <p class="soft gap">{words.allGood(good.length)}</p> : null}
      {bad.length === 0 ? null : <List findings={bad} />}
      {good.length === 0 ? null : (
        <details class="good-findings">
          <summary>{words.good(good.length)}</summary>
          <List findings={good} />
        </details>
      )}
    </section>
  )
}

function List({ findings }: Pick<StoreView, 'findings'>): JSX.Element {
  return (
    <ul class="findings">
      {findings.map(({ id, title, verdict, seen, fix }) => (
        <li key={id} class="card finding">
          <span class={`badge ${TONES[verdict]}`}>{words.verdicts[verdict]}</span>
          <div>
            <h3>{verdict === 'pass' ? title : seen}</h3>
            {fix === undefined ? null : <p>{fix}</p>}
            <p class="soft">{verdict === 'pass' ? seen : words.checked(title)}</p>
          </div>
        </li>
      ))}
    </ul>
  )
}

interface ServerProps {
  readonly server: StoreServer
  readonly now: number
}

function Server({ server, now }: ServerProps): JSX.Element {
  const { name, role, fault } = server
  return (
    <section class="card server">
      {role === 'embedded' ? null : (
        <h3>
          <code>{name}</code>{' '}
          <span class={`badge ${role === 'replica' ? 'badge-soft' : ''}`}>{words.roles[role]}</span>
        </h3>
      )}
      {fault === undefined ? (
        <dl class="facts">
          {serverFacts(server, now).map(([term, value]) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <p class="fault">{words.noAnswerFrom(fault)}</p>
      )}
    </section>
  )
}
