import type { JSX } from 'preact'

import { Field, hasProblems, PostForm, ProblemList, ReadOnlyName } from './form.js'
import { Layout, toHtml } from './layout.js'
import { localPath, paths } from './paths.js'
import type { SecurityProps } from './props.js'
import { EventList } from './security-events.js'
import { Split } from './split.js'
import { texts } from './texts.js'
import { When } from './time.js'

const words = texts.security

/** `GET /security`: change the password, see what happened, or end every session. `POST /password` comes back here. */
export function renderSecurity(props: SecurityProps): string {
  return toHtml(
    <Layout
      title={words.title}
      page={props}
      current="security"
      hasProblems={hasProblems(props.problems)}
    >
      <Split heading={words.heading} lead={words.lead}>
        <ProblemList problems={props.problems} />
        <ChangePassword {...props} />
        <RecentEvents {...props} />
        <Everywhere csrf={props.csrf} />
      </Split>
    </Layout>,
  )
}

function ChangePassword(props: SecurityProps): JSX.Element {
  const { problems, passwordMinimum: minimum, passwordChangedAt: changedAt, now } = props
  return (
    <section class="card" aria-labelledby="change">
      <h2 id="change">{words.passwordHeading}</h2>
      <p class="soft gap">{words.passwordBody}</p>
      {changedAt === undefined ? null : (
        <p class="soft small">
          {words.passwordChanged} <When at={changedAt} now={now} />
        </p>
      )}
      <PostForm
        action={paths.changePassword}
        csrf={props.csrf}
        returnTo={props.returnTo}
        class="form"
      >
        <ReadOnlyName id="person" label={texts.fields.signedInAs} value={props.person.username} />
        <Field
          name="currentPassword"
          label={texts.fields.currentPassword}
          type="password"
          autocomplete="current-password"
          problem={problems?.currentPassword}
        />
        <Field
          name="newPassword"
          label={texts.fields.newPassword}
          type="password"
          autocomplete="new-password"
          hint={minimum === undefined ? undefined : texts.fields.passwordHint(minimum)}
          minlength={minimum}
          problem={problems?.newPassword}
        />
        <button class="button button-main" type="submit">
          {words.submit}
        </button>
      </PostForm>
    </section>
  )
}

function RecentEvents({ events = [], older, now }: SecurityProps): JSX.Element {
  const more = localPath(older)
  return (
    <section class="card" aria-labelledby="events">
      <h2 id="events">{words.eventsHeading}</h2>
      <p class="soft gap">{events.length === 0 ? words.eventsNone : words.eventsBody}</p>
      <EventList events={events} now={now} />
      {more === undefined ? null : (
        <p class="actions">
          <a class="button" href={more} rel="next">
            {words.older}
          </a>
        </p>
      )}
    </section>
  )
}

function Everywhere({ csrf }: { readonly csrf: string | undefined }): JSX.Element {
  return (
    <section class="others" aria-labelledby="everywhere">
      <div>
        <h2 id="everywhere">{words.everywhereHeading}</h2>
        <p>{words.everywhereBody}</p>
      </div>
      <PostForm action={paths.signOutEverywhere} csrf={csrf}>
        <button class="button button-danger" type="submit">
          {words.everywhere}
        </button>
      </PostForm>
    </section>
  )
}
