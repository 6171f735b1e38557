import type { ComponentChildren, HTMLAttributes, JSX, VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'

import {
  guestScript,
  iconAsset,
  memberScript,
  styleAsset,
  wordsAsset,
  type Asset,
} from './assets.js'
import { PostForm } from './form.js'
import { Icon } from './icon.js'
import { Wordmark } from './mark.js'
import { NewSignInLines } from './new-sign-in.js'
import { NONCE_MARK } from './nonce.js'
import { paths } from './paths.js'
import type { Notice, PageProps, Person } from './props.js'
import { texts } from './texts.js'
import { When } from './time.js'

declare module 'preact' {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- how Preact's types are told of an element
  namespace JSX {
    interface IntrinsicElements {
      /** The dialog before the end of the session; nothing where no script runs. */
      'sojourn-expiry': HTMLAttributes
    }
  }
}

/** Which entry of the navigation the page is. */
export type NavEntry = 'dashboard' | 'devices' | 'security' | 'console' | 'signIn' | 'register'

interface LayoutProps {
  /** The page's own name; the product's is added. */
  readonly title: string
  /** A form came back with problems: the title says so first. */
  readonly hasProblems?: boolean | undefined
  /** Absent where nobody's session could be looked at: then the header offers nothing but the way home. */
  readonly page?: PageProps | undefined
  readonly current?: NavEntry | undefined
  /** The browser goes on to this path at once, by itself. */
  readonly continueAt?: string | undefined
  /** A sheet besides the one of all pages. */
  readonly style?: Asset | undefined
  /** In place of the script of members. */
  readonly script?: Asset | undefined
  readonly children: ComponentChildren
}

/** A whole document. Every page goes through here: one header, one way out, one `main`. */
export function Layout(props: LayoutProps): JSX.Element {
  const { title, hasProblems = false, page, current, continueAt, style, children } = props
  const isSignedIn = page?.person !== undefined
  return (
    <html lang={texts.language}>
      <Head
        title={hasProblems ? texts.titleWithProblem(title) : texts.title(title)}
        continueAt={continueAt}
        style={style}
        script={props.script ?? scriptFor(page)}
      />
      <body {...(isSignedIn ? forScripts(page) : {})}>
        <a class="skip" href="#main">
          {texts.skip}
        </a>
        <header class="wide top">
          <a class="brand" href={paths.home} aria-label={texts.nav.home}>
            <Wordmark />
          </a>
          {page === undefined ? null : <Navigation page={page} current={current} />}
        </header>
        {page === undefined ? null : <ActingLine page={page} />}
        <main class="wide main" id="main" tabIndex={-1}>
          <NoticeLine notice={page?.notice} />
          <NewSignInLines page={page} isWhole={current === 'security'} />
          {children}
        </main>
        <footer class="wide bottom">
          <p>{texts.footer}</p>
        </footer>
        {isSignedIn ? <sojourn-expiry /> : null}
      </body>
    </html>
  )
}

/** That somebody is signed in, the service's clock, and where the words are: see client/. */
function forScripts({ now }: PageProps): Readonly<Record<string, string | number>> {
  return { class: 'signed-in', 'data-now': now, 'data-words': wordsAsset.path }
}

/** None where there is nothing to send and nobody to warn. */
function scriptFor(page: PageProps | undefined): Asset | undefined {
  if (page === undefined) return undefined
  return page.person === undefined ? guestScript : memberScript
}

interface HeadProps {
  readonly title: string
  readonly continueAt: string | undefined
  readonly style: Asset | undefined
  readonly script: Asset | undefined
}

function Head({ title, continueAt, style, script }: HeadProps): JSX.Element {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{title}</title>
      {continueAt === undefined ? null : (
        <meta http-equiv="refresh" content={`0; url=${continueAt}`} />
      )}
      <meta name="description" content={texts.description} />
      <meta name="color-scheme" content="light dark" />
      <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f1f4f0" />
      <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0d1512" />
      <link rel="stylesheet" href={styleAsset.path} nonce={NONCE_MARK} />
      {style === undefined ? null : <link rel="stylesheet" href={style.path} nonce={NONCE_MARK} />}
      {script === undefined ? null : <script type="module" src={script.path} nonce={NONCE_MARK} />}
      <link rel="icon" href={iconAsset.path} type="image/svg+xml" />
    </head>
  )
}

interface NavigationProps {
  readonly page: PageProps
  readonly current: NavEntry | undefined
}

const MEMBER_ENTRIES = ['dashboard', 'devices', 'security'] as const
const ADMINISTRATOR_ENTRIES = [...MEMBER_ENTRIES, 'console'] as const
const GUEST_ENTRIES = ['signIn', 'register'] as const

function Navigation({ page, current }: NavigationProps): JSX.Element {
  return (
    <>
      {page.person === undefined ? null : <Account person={page.person} csrf={page.csrf} />}
      <nav class="nav" aria-label={texts.mainNavigation}>
        {entriesFor(page).map((entry) => (
          <a key={entry} href={paths[entry]} aria-current={entry === current ? 'page' : undefined}>
            {texts.nav[entry]}
          </a>
        ))}
      </nav>
    </>
  )
}

function entriesFor({ person }: PageProps): readonly NavEntry[] {
  if (person === undefined) return GUEST_ENTRIES
  return person.isAdministrator === true ? ADMINISTRATOR_ENTRIES : MEMBER_ENTRIES
}

interface AccountProps {
  readonly person: Person
  readonly csrf: string | undefined
}

/** Who is signed in, and the way out: on every page of a signed-in person. */
function Account({ person, csrf }: AccountProps): JSX.Element {
  return (
    <div class="account">
      <a class="who" href={paths.profile}>
        <Icon name="person" />
        <span class="quietly">{texts.fields.signedInAs} </span>
        <span class="who-name">{person.username}</span>
      </a>
      <PostForm action={paths.signOut} csrf={csrf}>
        <button class="button" type="submit">
          {texts.nav.signOut}
        </button>
      </PostForm>
    </div>
  )
}

/** Above every page while an administrator acts as somebody else: who, why, until when, and the way back. */
function ActingLine({ page }: { readonly page: PageProps }): JSX.Element | null {
  const { person, csrf, now } = page
  if (person?.acting === undefined) return null
  const words = texts.acting
  const { reason, endsAt } = person.acting
  return (
    <div class="wide">
      <section class="acting" aria-label={words.label}>
        <Icon name="person" />
        <p>
          <strong class="person">{words.as(person.username)}</strong>{' '}
          <span>{words.reason(reason)}</span>{' '}
          <span class="small">
            <When at={endsAt} now={now} phrase={words.ends} />
          </span>
        </p>
        <PostForm action={paths.stopActing} csrf={csrf}>
          <button class="button" type="submit">
            {words.stop}
          </button>
        </PostForm>
      </section>
    </div>
  )
}

function NoticeLine({ notice }: { readonly notice: Notice | undefined }): JSX.Element | null {
  if (notice === undefined) return null
  const isGood = notice.tone === 'good'
  return (
    <div class={`message notice ${isGood ? 'message-good' : ''}`} role="status">
      <Icon name={isGood ? 'check' : 'alert'} />
      <p>{notice.text}</p>
    </div>
  )
}

/** The document as text. */
export function toHtml(document: VNode): string {
  return `<!doctype html>${renderToString(document)}`
}
