import type { JSX } from 'preact'

import { Icon } from '../icon.js'
import { toHtml } from '../layout.js'
import { paths } from '../paths.js'
import { texts } from '../texts.js'
import { When } from '../time.js'
import { ConsoleLayout } from './layout.js'
import type { KeysProps, ShownKey, ShownSecret } from './props.js'
import { Table } from './table.js'

const words = texts.console.keys
const { columns, secretColumns } = words
const DAY = 86_400_000

/** `GET /admin/keys`: what signs, since when, and what is due. Never what could be used to sign. */
export function renderKeys(props: KeysProps): string {
  const { keys, secrets, now, isShared } = props
  return toHtml(
    <ConsoleLayout title={words.heading} page={props} entry="keys" lead={words.lead}>
      <section aria-labelledby="ring">
        <div class="toolbar">
          <h2 id="ring">{words.ringHeading}</h2>
          {isShared ? null : (
            <a class="button button-main" href={paths.consoleRotate} data-confirm>
              {words.rotate}
              <span class="quietly"> {words.rotateWhat}</span>
            </a>
          )}
        </div>
        {isShared ? <Advice text={words.shared} /> : <OldKey {...props} />}
        <Table
          caption={words.ringHeading}
          columns={[
            { name: columns.key, isTitle: true },
            { name: columns.state },
            { name: columns.age },
            { name: columns.signs },
            { name: columns.accepted },
            { name: columns.act, isEnd: true },
          ]}
          rows={keys.map((key) => ({ key: key.kid, cells: cellsOf(key, now, isShared) }))}
        />
      </section>
      <section aria-labelledby="secrets">
        <h2 id="secrets">{words.secretsHeading}</h2>
        <p class="soft gap">{words.secretsLead}</p>
        <Table
          caption={words.secretsHeading}
          columns={[
            { name: secretColumns.name, isTitle: true },
            { name: secretColumns.purpose },
            { name: secretColumns.count },
            { name: secretColumns.age },
          ]}
          rows={secrets.map((secret) => ({ key: secret.name, cells: secretCells(secret, now) }))}
        />
      </section>
    </ConsoleLayout>,
  )
}

function Advice({ text }: { readonly text: string }): JSX.Element {
  return (
    <div class="message">
      <Icon name="alert" />
      <p>{text}</p>
    </div>
  )
}

function OldKey({ secrets, now }: KeysProps): JSX.Element | null {
  const signer = secrets.find(({ name }) => name === 'JWT_SECRET')
  if (signer?.isOld !== true || signer.since === undefined) return null
  return <Advice text={words.isOld(String(Math.floor((now - signer.since) / DAY)))} />
}

function cellsOf(key: ShownKey, now: number, isShared: boolean): readonly JSX.Element[] {
  return [
    <Name key="name" shown={key} />,
    <State key="state" shown={key} />,
    key.createdAt === undefined ? (
      <span class="soft">{key.isOption ? words.fromOption : words.unknownAge}</span>
    ) : (
      <When at={key.createdAt} now={now} />
    ),
    <Signs key="signs" shown={key} now={now} />,
    <Accepted key="accepted" shown={key} now={now} />,
    isShared ? <></> : <Acts key="acts" shown={key} />,
  ]
}

interface KeyProps {
  readonly shown: ShownKey
}

function Name({ shown: { kid, algorithm, isHeld } }: KeyProps): JSX.Element {
  return (
    <>
      <code>{kid}</code>
      <p class="soft">
        {algorithm}
        {isHeld ? null : ` · ${words.notHeld}`}
      </p>
    </>
  )
}

function State({ shown: { state, isSigning } }: KeyProps): JSX.Element {
  const kind = isSigning ? 'signing' : state
  const tone = { signing: '', published: 'badge-lamp', active: 'badge-soft' }[
    kind as 'signing' | 'published' | 'active'
  ] as string | undefined
  return <span class={`badge ${tone ?? 'badge-soft'}`}>{words.states[kind]}</span>
}

interface TimedKeyProps extends KeyProps {
  readonly now: number
}

function Signs({ shown: { activeAt, retiredAt }, now }: TimedKeyProps): JSX.Element {
  if (retiredAt !== undefined) {
    return <When at={retiredAt} now={now} phrase={retiredAt <= now ? words.stopped : words.until} />
  }
  if (activeAt === undefined) return <>{words.fromStart}</>
  return <When at={activeAt} now={now} phrase={activeAt > now ? words.from : words.since} />
}

function Accepted({ shown, now }: TimedKeyProps): JSX.Element {
  const { state, acceptedUntil } = shown
  if (acceptedUntil === undefined) {
    return <>{state === 'published' ? words.none : words.accepted}</>
  }
  const phrase = acceptedUntil <= now ? words.refusedSince : words.acceptedUntil
  return <When at={acceptedUntil} now={now} phrase={phrase} />
}

function Acts({ shown: { kid, state } }: KeyProps): JSX.Element {
  const what = <span class="quietly"> {words.whatKey(kid)}</span>
  const path = paths.consoleRetire(kid)
  return (
    <div class="row-acts">
      {state === 'retiring' || state === 'retired' ? null : (
        <a class="button" href={path} data-confirm>
          {words.retire}
          {what}
        </a>
      )}
      {state === 'retired' ? null : (
        <a class="button button-danger" href={`${path}?now=true`} data-confirm>
          {words.refuse}
          {what}
        </a>
      )}
    </div>
  )
}

function secretCells(secret: ShownSecret, now: number): readonly JSX.Element[] {
  const { name, count, since, isOld } = secret
  return [
    <code key="name">{name}</code>,
    <>{words.purposes[name]}</>,
    <>{words.count(count)}</>,
    <>
      {since === undefined ? (
        <span class="soft">{words.unknownAge}</span>
      ) : (
        <When at={since} now={now} />
      )}{' '}
      {isOld ? <span class="badge badge-lamp">{words.secretOld}</span> : null}
    </>,
  ]
}
