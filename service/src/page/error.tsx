import type { JSX } from 'preact'

import { Layout, toHtml } from './layout.js'
import { localPath, paths } from './paths.js'
import type { ErrorProps, UnavailableProps } from './props.js'
import { texts } from './texts.js'
import { durationWords } from './time.js'
import { Word } from './word.js'
import { errorWords } from './words.js'

/** Any HTTP error for a browser. From 500 on, no person may mean that we could not look: no navigation. */
export function renderError(props: ErrorProps): string {
  const { status, detail, retryAfter } = props
  const { title, body } = errorWords(status)
  return toHtml(
    <Layout title={title} page={status >= 500 && props.person === undefined ? undefined : props}>
      <Word where="nobody">
        <p class="status">{texts.error.status(status)}</p>
        <h1>{title}</h1>
        <p class="lead">{body}</p>
        {detail === undefined ? null : <p class="section">{detail}</p>}
        {retryAfter === undefined ? null : (
          <p class="section">{texts.error.retry(durationWords(retryAfter * 1_000))}</p>
        )}
        <ErrorWays {...props} />
        <Reference code={props.code} requestId={props.requestId} />
      </Word>
    </Layout>,
  )
}

function ErrorWays({ status, person }: ErrorProps): JSX.Element {
  const { home, dashboard } = texts.ways
  const isUnknown = status === 401 && person === undefined
  return (
    <p class="actions">
      {isUnknown ? (
        <a class="button button-main" href={paths.signIn}>
          {texts.nav.signIn}
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

/**
 * 503 while the store does not answer. Nobody was signed out, so nobody is asked to sign in: there is
 * a link to try again and nothing else.
 */
export function renderUnavailable(props: UnavailableProps): string {
  const words = texts.unavailable
  const { retryAfter } = props
  return toHtml(
    <Layout title={words.title}>
      <Word where="nobody">
        <h1>{words.heading}</h1>
        <p class="lead">{words.body}</p>
        {retryAfter === undefined ? null : (
          <p class="section">{texts.error.retry(durationWords(retryAfter * 1_000))}</p>
        )}
        <p class="actions">
          <a class="button button-main" href={localPath(props.retryPath) ?? paths.home}>
            {words.retry}
          </a>
        </p>
        <Reference code={undefined} requestId={props.requestId} />
      </Word>
    </Layout>,
  )
}

interface ReferenceProps {
  readonly code: string | undefined
  readonly requestId: string | undefined
}

/** What to quote when asking for help. */
function Reference({ code, requestId }: ReferenceProps): JSX.Element | null {
  if (code === undefined && requestId === undefined) return null
  return (
    <p class="refer">
      {code === undefined ? null : (
        <span>
          {texts.error.code} <code>{code}</code>
        </span>
      )}
      {requestId === undefined ? null : (
        <span>
          {texts.error.requestId} <code>{requestId}</code>
        </span>
      )}
    </p>
  )
}
