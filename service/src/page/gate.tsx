import type { ComponentChildren, JSX } from 'preact'

import { Field, hasProblems, PostForm, ProblemList, ReadOnlyName } from './form.js'
import { Icon } from './icon.js'
import { Layout, toHtml } from './layout.js'
import { Scene, type Whereabouts } from './mark.js'
import { localPath, paths, withReturn } from './paths.js'
import type { ReauthenticateProps, RegisterProps, SignInProps } from './props.js'
import { texts } from './texts.js'
import { When } from './time.js'
import { Word } from './word.js'
import { endWords, type EndWords } from './words.js'

/** The pages at the door: making an account, signing in, and showing again that it is you. */

/** `GET /register`, and `POST` again with what was wrong. */
export function renderRegister(props: RegisterProps): string {
  const words = texts.register
  const { problems, returnTo, passwordMinimum: minimum } = props
  return toHtml(
    <Layout title={words.title} page={props} current="register" hasProblems={hasProblems(problems)}>
      <Gate where="arriving">
        <h1>{words.heading}</h1>
        <p class="lead">{words.lead}</p>
        <ProblemList problems={problems} />
        <PostForm action={paths.register} csrf={props.csrf} returnTo={returnTo} class="form">
          <NameField
            label={texts.fields.username}
            value={props.typed?.username}
            problem={problems?.username}
          />
          <Field
            name="password"
            label={texts.fields.password}
            type="password"
            autocomplete="new-password"
            hint={minimum === undefined ? undefined : texts.fields.passwordHint(minimum)}
            minlength={minimum}
            problem={problems?.password}
          />
          <Submit label={words.submit} />
        </PostForm>
        <Other
          question={words.other}
          link={words.otherLink}
          href={withReturn(paths.signIn, returnTo)}
        />
      </Gate>
    </Layout>,
  )
}

/** `GET /login`, and `POST` again with what was wrong. Says why, when a session has ended. */
export function renderSignIn(props: SignInProps): string {
  const words = texts.signIn
  const { problems, returnTo } = props
  return toHtml(
    <Layout title={words.title} page={props} current="signIn" hasProblems={hasProblems(problems)}>
      <Gate where="arriving">
        <h1>{words.heading}</h1>
        {props.reason === undefined ? <p class="lead">{words.lead}</p> : null}
        {hasProblems(problems) ? null : props.areCookiesBlocked === true ? (
          <CookiesBlocked />
        ) : (
          <WhyHere {...props} />
        )}
        <ProblemList problems={problems} />
        <PostForm action={paths.signIn} csrf={props.csrf} returnTo={returnTo} class="form">
          <NameField
            label={texts.fields.username}
            value={props.typed?.username}
            problem={problems?.username}
          />
          <PasswordField label={texts.fields.password} problem={problems?.password} />
          <Remember isOn={props.typed?.remember ?? false} />
          <Submit label={words.submit} />
        </PostForm>
        <Other
          question={words.other}
          link={words.otherLink}
          href={withReturn(paths.register, returnTo)}
        />
      </Gate>
    </Layout>,
  )
}

/**
 * Asks for `path` once more, by itself: a request that this page makes carries cookies which one that another
 * site led to does not (SameSite=Strict).
 */
export function renderLookAgain(path: string): string {
  const words = texts.lookAgain
  const here = localPath(path) ?? paths.signIn
  return toHtml(
    <Layout title={words.title} continueAt={here}>
      <Word where="arriving">
        <h1>{words.title}</h1>
        <p class="lead">{words.body}</p>
        <p class="actions">
          <a class="button button-main" href={here}>
            {words.link}
          </a>
        </p>
      </Word>
    </Layout>,
  )
}

/** `GET /reauthenticate`: the password once more, for acts that need a recent one. */
export function renderReauthenticate(props: ReauthenticateProps): string {
  const words = texts.reauthenticate
  const { person, problems, returnTo } = props
  return toHtml(
    <Layout title={words.title} page={props} hasProblems={hasProblems(problems)}>
      <Gate where="inside" ask="password">
        <h1>{words.heading}</h1>
        <p class="lead">{words.lead}</p>
        <ProblemList problems={problems} />
        <PostForm action={paths.reauthenticate} csrf={props.csrf} returnTo={returnTo} class="form">
          <ReadOnlyName id="person" label={texts.fields.signedInAs} value={person.username} />
          <PasswordField label={texts.fields.password} problem={problems?.password} />
          <Submit label={words.submit} />
        </PostForm>
        <p class="gate-other">
          <a href={paths.dashboard} data-cancel>
            {words.cancel}
          </a>
        </p>
      </Gate>
    </Layout>,
  )
}

interface GateProps {
  readonly where: Whereabouts
  /** Scripts may show it in a dialog, see client/box.ts. */
  readonly ask?: 'password'
  readonly children: ComponentChildren
}

function Gate({ where, ask, children }: GateProps): JSX.Element {
  return (
    <div class="gate">
      <div class="gate-panel" aria-hidden="true">
        <p>{texts.tagline}</p>
        <Scene where={where} />
      </div>
      <div data-ask={ask}>{children}</div>
    </div>
  )
}

/** Signing in again alone would lead back to here. */
function CookiesBlocked(): JSX.Element {
  const { cookiesHeading, cookiesBody, cookiesSteps } = texts.signIn
  return (
    <div class="message message-bad" role="alert">
      <Icon name="alert" />
      <div>
        <h2>{cookiesHeading}</h2>
        <p>{cookiesBody}</p>
        <ol class="numbered gap">
          {cookiesSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </div>
    </div>
  )
}

/** A session that ended says why; somebody who only followed a link is told what happens next. */
function WhyHere({ reason, endedAt, now, returnTo }: SignInProps): JSX.Element | null {
  if (reason === undefined && localPath(returnTo) === undefined) return null
  const { needed, neededBody } = texts.signIn
  const { title, body, advice }: EndWords =
    reason === undefined ? { title: needed, body: neededBody } : endWords(reason)
  return (
    <div class="message" role="status">
      <Icon name="shield" />
      <div>
        <p>
          <strong>{title}.</strong> {body}
        </p>
        {advice === undefined ? null : <p class="gap">{advice}</p>}
        {endedAt === undefined ? null : (
          <p class="small gap">
            <When at={endedAt} now={now} phrase={texts.signedOut.ended} />
          </p>
        )}
      </div>
    </div>
  )
}

interface TypedFieldProps {
  readonly label: string
  readonly value?: string | undefined
  readonly problem: string | undefined
}

function NameField(props: TypedFieldProps): JSX.Element {
  return <Field name="username" autocomplete="username" {...props} />
}

function PasswordField(props: Omit<TypedFieldProps, 'value'>): JSX.Element {
  return <Field name="password" type="password" autocomplete="current-password" {...props} />
}

function Remember({ isOn }: { readonly isOn: boolean }): JSX.Element {
  const { remember, rememberHint } = texts.signIn
  return (
    <div class="check">
      <input
        id="remember"
        name="remember"
        type="checkbox"
        value="on"
        checked={isOn}
        aria-describedby="remember-hint"
      />
      <label for="remember">{remember}</label>
      <p class="hint" id="remember-hint">
        {rememberHint}
      </p>
    </div>
  )
}

function Submit({ label }: { readonly label: string }): JSX.Element {
  return (
    <button class="button button-main" type="submit">
      {label}
    </button>
  )
}

interface OtherProps {
  readonly question: string
  readonly link: string
  readonly href: string
}

function Other({ question, link, href }: OtherProps): JSX.Element {
  return (
    <p class="gate-other">
      {question} <a href={href}>{link}</a>
    </p>
  )
}
