import type { ComponentChildren, JSX } from 'preact'

import { PostForm } from './form.js'
import { Icon } from './icon.js'
import { Layout, toHtml } from './layout.js'
import { localPath, paths } from './paths.js'
import type { Device, DevicesProps } from './props.js'
import { Split } from './split.js'
import { texts } from './texts.js'
import { When } from './time.js'
import { methodWords, networkWords } from './words.js'

const words = texts.devices
/** Younger than one touch interval: then "seen" would claim more than is known. */
const IN_USE = 60_000

/** As many as keep the page under 15 KB, however long their names and addresses are. */
export const DEVICES_PER_PAGE = 8

/** `GET /sessions` for a browser: every device, this one first, each with its way out. */
export function renderDevices(props: DevicesProps): string {
  const devices = props.devices.toSorted((a, b) => Number(b.isCurrent) - Number(a.isCurrent))
  const next = localPath(props.next)
  const first = localPath(props.first)
  const hasOthers = next !== undefined || first !== undefined || devices.some(isOther)
  return toHtml(
    <Layout title={words.title} page={props} current="devices">
      <Split heading={words.heading} lead={words.lead} note={words.note}>
        {devices.length === 0 ? <p>{words.none}</p> : null}
        <div
          class="stack"
          data-live={next === undefined && first === undefined ? 'all' : 'some'}
          data-gone={words.gone('{}')}
          data-came={words.came('{}')}
        >
          <ul class="devices">
            {devices.map((device) => (
              <DeviceCard key={device.id} device={device} now={props.now} csrf={props.csrf} />
            ))}
          </ul>
          <div class="stack" data-rest>
            {hasOthers ? null : <OnlyThis />}
            <Pages next={next} first={first} />
            {hasOthers ? <Others /> : null}
          </div>
        </div>
      </Split>
    </Layout>,
  )
}

function isOther(device: Device): boolean {
  return !device.isCurrent
}

interface DeviceCardProps {
  readonly device: Device
  readonly now: number
  readonly csrf: string | undefined
}

function DeviceCard({ device, now, csrf }: DeviceCardProps): JSX.Element {
  return (
    <li
      class={device.isCurrent ? 'card device device-current' : 'card device'}
      data-entry={device.id}
    >
      <span class="alcove">
        <Icon name={device.kind} />
      </span>
      <div>
        <h2>
          {device.name} {device.isCurrent ? <span class="badge">{words.current}</span> : null}
          {device.actedIn === undefined ? null : (
            <span class="badge badge-lamp">{words.administrator}</span>
          )}
        </h2>
        <p class="device-seen">
          <Seen device={device} now={now} />
          {device.actedIn === undefined ? <Rename device={device} /> : null}
        </p>
      </div>
      <DeviceFacts device={device} now={now} />
      <WayOut device={device} csrf={csrf} />
    </li>
  )
}

function Rename({ device }: { readonly device: Device }): JSX.Element {
  return (
    <a class="rename" href={paths.nameDevice(device.id)}>
      {words.rename}
      <span class="quietly"> {device.name}</span>
    </a>
  )
}

function Seen({ device, now }: Omit<DeviceCardProps, 'csrf'>): JSX.Element {
  const isInUse = device.isCurrent || now - device.lastSeenAt < IN_USE
  return (
    <When at={device.lastSeenAt} now={now} phrase={isInUse ? () => words.seenNow : words.seen} />
  )
}

function DeviceFacts({ device, now }: Omit<DeviceCardProps, 'csrf'>): JSX.Element {
  return (
    <dl class="facts">
      {device.name === device.browser ? null : (
        <div>
          <dt>{words.browser}</dt>
          <dd>{device.browser}</dd>
        </div>
      )}
      <div>
        <dt>{words.arrived}</dt>
        <dd>
          <When at={device.createdAt} now={now} />
        </dd>
      </div>
      <div>
        <dt>{words.leaves}</dt>
        <dd>
          <When at={device.expiresAt} now={now} />
        </dd>
      </div>
      {device.address === undefined ? null : (
        <div>
          <dt>{words.address}</dt>
          <dd>{networkWords(device.address, device.place)}</dd>
        </div>
      )}
      {device.methods.length === 0 ? null : (
        <div>
          <dt>{words.methods}</dt>
          <dd>{device.methods.map(methodWords).join(', ')}</dd>
        </div>
      )}
      {device.actedIn === undefined ? null : (
        <div>
          <dt>{words.reason}</dt>
          <dd>{device.actedIn.reason}</dd>
        </div>
      )}
    </dl>
  )
}

/** This device leaves by signing out, which also removes its cookies. Another one is asked about first. */
function WayOut({ device, csrf }: Omit<DeviceCardProps, 'now'>): JSX.Element {
  const { isCurrent, id, name } = device
  if (!isCurrent) {
    return (
      <p class="way-out">
        <AskLink href={paths.endDevice(id)}>
          {words.end}
          <span class="quietly"> {words.endWhat(name)}</span>
        </AskLink>
      </p>
    )
  }
  return (
    <PostForm action={paths.signOut} csrf={csrf} class="way-out">
      <button class="button" type="submit">
        {words.signOut}
        <span class="quietly"> {words.signOutWhat}</span>
      </button>
    </PostForm>
  )
}

interface AskLinkProps {
  readonly href: string
  readonly children: ComponentChildren
}

/** Leads to a page that says what will happen; a script shows it in a dialog. */
function AskLink({ href, children }: AskLinkProps): JSX.Element {
  return (
    <a class="button button-danger" href={href} data-confirm>
      {children}
    </a>
  )
}

function OnlyThis(): JSX.Element {
  return (
    <div class="empty">
      <Icon name="check" />
      <p>
        <strong>{words.onlyHeading}.</strong> {words.onlyBody}
      </p>
    </div>
  )
}

interface PagesProps {
  readonly next: string | undefined
  readonly first: string | undefined
}

function Pages({ next, first }: PagesProps): JSX.Element | null {
  if (next === undefined && first === undefined) return null
  return (
    <p class="actions">
      {first === undefined ? null : (
        <a class="button" href={first}>
          {words.first}
        </a>
      )}
      {next === undefined ? null : (
        <a class="button" href={next} rel="next">
          {words.next}
        </a>
      )}
    </p>
  )
}

function Others(): JSX.Element {
  return (
    <section class="others" aria-labelledby="others">
      <div>
        <h2 id="others">{words.othersHeading}</h2>
        <p>{words.othersBody}</p>
      </div>
      <AskLink href={paths.endOtherDevices}>{words.endOthers}</AskLink>
    </section>
  )
}
