import type { ComponentChildren, JSX } from 'preact'

import { PostForm } from './form.js'
import { Layout, toHtml } from './layout.js'
import { paths } from './paths.js'
import type { ConfirmEndProps, Device, SignedInProps } from './props.js'
import { texts } from './texts.js'
import { When } from './time.js'
import { Word } from './word.js'

/** Pages that ask before a session ends for good. Scripts show what they ask in a dialog, on the page before. */

/** `GET /sessions/:id/end`: is it this one? */
export function renderConfirmEnd(props: ConfirmEndProps): string {
  const words = texts.endDevice
  const { device } = props
  return toHtml(
    <Layout title={words.title} page={props} current="devices">
      <Ask words={words} action={paths.endDevice(device.id)} csrf={props.csrf}>
        <h1>{words.heading(device.name)}</h1>
        <Traits device={device} now={props.now} />
      </Ask>
    </Layout>,
  )
}

/** `GET /sessions/revoke-others`. */
export function renderConfirmEndOthers(props: SignedInProps): string {
  const words = texts.endOthers
  return toHtml(
    <Layout title={words.title} page={props} current="devices">
      <Ask words={words} action={paths.endOtherDevices} csrf={props.csrf}>
        <h1>{words.heading}</h1>
      </Ask>
    </Layout>,
  )
}

interface AskProps {
  readonly words: Readonly<Record<'lead' | 'submit' | 'cancel', string>>
  readonly action: string
  readonly csrf: string | undefined
  readonly children: ComponentChildren
}

function Ask({ words, action, csrf, children }: AskProps): JSX.Element {
  return (
    <Word where="inside">
      <div data-ask="confirm">
        {children}
        <p class="lead">{words.lead}</p>
        <div class="actions">
          <PostForm action={action} csrf={csrf} mayStepUp>
            <button class="button button-alarm" type="submit">
              {words.submit}
            </button>
          </PostForm>
          <a class="button" href={paths.devices} data-cancel>
            {words.cancel}
          </a>
        </div>
      </div>
    </Word>
  )
}

/** What tells it from another one of the same name. */
function Traits({ device, now }: { readonly device: Device; readonly now: number }): JSX.Element {
  const { seen, arrived, address } = texts.devices
  return (
    <p class="soft small refer">
      <span>
        {arrived} <When at={device.createdAt} now={now} />
      </span>
      <When at={device.lastSeenAt} now={now} phrase={seen} />
      {device.address === undefined ? null : (
        <span>
          {address} {device.address}
        </span>
      )}
    </p>
  )
}
