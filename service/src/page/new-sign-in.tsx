import type { JSX } from 'preact'

import { PostForm } from './form.js'
import { Icon } from './icon.js'
import { paths } from './paths.js'
import type { NewSignInNotice, NewSignIns, PageProps } from './props.js'
import { texts } from './texts.js'
import { When } from './time.js'
import { networkWords } from './words.js'

const words = texts.newSignIn

/** More would hide the page; the next come when these are answered. */
const MOST_AT_ONCE = 4

interface NewSignInLinesProps {
  readonly page: PageProps | undefined
  /** The latest few; elsewhere the latest alone. Either way with how many more there are. */
  readonly isWhole: boolean
}

/** Sign-ins on new devices, on every page until somebody says whose they were. */
export function NewSignInLines({ page, isWhole }: NewSignInLinesProps): JSX.Element | null {
  const signIns = page?.newSignIns
  if (page === undefined || signIns === undefined || signIns.list.length === 0) return null
  const shown = signIns.list.slice(0, isWhole ? MOST_AT_ONCE : 1)
  const hidden = signIns.list.length - shown.length
  return (
    <section class="message new-sign-ins" aria-label={words.heading}>
      <Icon name="alert" />
      <div class="stack">
        {shown.map((signIn) => (
          <NewSignIn key={signIn.sessionId} signIn={signIn} signIns={signIns} page={page} />
        ))}
        {hidden === 0 ? null : (
          <p>{isWhole ? words.more(hidden) : <a href={paths.security}>{words.more(hidden)}</a>}</p>
        )}
      </div>
    </section>
  )
}

interface NewSignInProps {
  readonly signIn: NewSignInNotice
  readonly signIns: NewSignIns
  readonly page: PageProps
}

function NewSignIn({ signIn, signIns, page }: NewSignInProps): JSX.Element {
  const { sessionId, at, count, name, address, place } = signIn
  const where = address === undefined ? [] : [networkWords(address, place)]
  return (
    <div>
      <p>
        <strong>{words.what}</strong> {[name, ...where].join(', ')},{' '}
        {count === 1 ? null : `${words.often(count)} `}
        <When at={at} now={page.now} />. {words.question}
      </p>
      <div class="answers">
        <PostForm
          action={paths.confirmSignIn(sessionId)}
          csrf={page.csrf}
          returnTo={signIns.returnTo}
        >
          <button class="button" type="submit">
            {words.yes}
          </button>
        </PostForm>
        <PostForm action={paths.denySignIn(sessionId)} csrf={page.csrf}>
          <button class="button button-danger" type="submit">
            {words.no}
          </button>
        </PostForm>
      </div>
    </div>
  )
}
