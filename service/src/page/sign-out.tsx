import type { JSX } from 'preact'

import { PostForm } from './form.js'
import { Icon } from './icon.js'
import { Layout, toHtml } from './layout.js'
import { localPath, paths, withReturn } from './paths.js'
import type { SignedOutProps, SignOutConfirmProps } from './props.js'
import { texts } from './texts.js'
import { When } from './time.js'
import { Word } from './word.js'
import { endWords, NO_RETURN } from './words.js'

/** `GET /logout`: a link may lead here, but only the button ends anything. */
export function renderSignOutConfirm(props: SignOutConfirmProps): string {
  const words = texts.signOut
  const { csrf, person, returnTo } = props
  return toHtml(
    <Layout title={words.title} page={props}>
      <Word where="inside">
        <h1 class="person">{words.heading(person.username)}</h1>
        <p class="lead">{words.lead}</p>
        <div class="actions">
          <PostForm action={paths.signOut} csrf={csrf}>
            <button class="button button-main" type="submit">
              {words.submit}
            </button>
          </PostForm>
          <PostForm action={paths.signOutEverywhere} csrf={csrf}>
            <button class="button" type="submit">
              {words.everywhere}
            </button>
          </PostForm>
          <a class="button button-plain" href={localPath(returnTo) ?? paths.dashboard}>
            {words.cancel}
          </a>
        </div>
      </Word>
    </Layout>,
  )
}

/** The last page of a stay: that it is over, why, and how to come back. */
export function renderSignedOut(props: SignedOutProps): string {
  const words = texts.signedOut
  const { title, body, advice } = endWords(props.reason)
  return toHtml(
    <Layout title={words.title} page={props}>
      <Word where="left">
        <h1>{title}</h1>
        <p class="lead">{body}</p>
        {props.endedAt === undefined ? null : (
          <p class="soft small refer">
            <When at={props.endedAt} now={props.now} phrase={words.ended} />
          </p>
        )}
        {advice === undefined ? null : <Advice text={advice} />}
        <WaysOn {...props} />
      </Word>
    </Layout>,
  )
}

function Advice({ text }: { readonly text: string }): JSX.Element {
  return (
    <div class="message">
      <Icon name="shield" />
      <p>{text}</p>
    </div>
  )
}

function WaysOn({ person, reason, returnTo }: SignedOutProps): JSX.Element {
  const { signIn } = texts.signedOut
  const { home, dashboard } = texts.ways
  const mayReturn = person === undefined && !NO_RETURN.includes(reason)
  return (
    <p class="actions">
      {mayReturn ? (
        <a class="button button-main" href={withReturn(paths.signIn, returnTo)}>
          {signIn}
        </a>
      ) : null}
      {person === undefined ? null : (
        <a class="button button-main" href={paths.dashboard}>
          {dashboard}
        </a>
      )}
      <a class="button" href={paths.home}>
        {home}
      </a>
    </p>
  )
}
