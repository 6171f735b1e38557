import type { JSX } from 'preact'

import { Layout, toHtml } from './layout.js'
import { Scene, SmallScene } from './mark.js'
import { paths } from './paths.js'
import type { HomeProps, Person } from './props.js'
import { texts } from './texts.js'

const words = texts.home

/** `GET /`: what this is, who is signed in, and the count of visits kept in the session. */
export function renderHome(props: HomeProps): string {
  const { person } = props
  return toHtml(
    <Layout title={words.title} page={props}>
      <div class="hero">
        {person === undefined ? <Invitation /> : <Welcome person={person} />}
        <Scene where={person === undefined ? 'arriving' : 'inside'} />
      </div>
      <Visit {...props} />
      <Steps />
    </Layout>,
  )
}

function Invitation(): JSX.Element {
  return (
    <div>
      <h1>{words.heading}</h1>
      <p class="lead">{words.lead}</p>
      <p class="actions">
        <a class="button button-main button-large" href={paths.register}>
          {texts.nav.register}
        </a>
        <a class="button button-large" href={paths.signIn}>
          {texts.nav.signIn}
        </a>
      </p>
    </div>
  )
}

function Welcome({ person }: { readonly person: Person }): JSX.Element {
  return (
    <div>
      <h1 class="person">{words.signedInHeading(person.username)}</h1>
      <p class="lead">{words.signedInLead}</p>
      <p class="actions">
        <a class="button button-main button-large" href={paths.dashboard}>
          {texts.ways.dashboard}
        </a>
        <a class="button button-large" href={paths.devices}>
          {words.devices}
        </a>
      </p>
    </div>
  )
}

function Visit({ views, sessionId }: HomeProps): JSX.Element {
  return (
    <section class="visit" aria-labelledby="visit">
      <div>
        <h2 id="visit">{words.visitHeading}</h2>
        <p class="count">{visitLine(views, sessionId)}</p>
      </div>
      {views > 1 ? <p class="soft small">{words.visitNote}</p> : null}
    </section>
  )
}

function visitLine(views: number, id: string | undefined): string {
  if (views <= 1) return words.firstVisit
  return id === undefined ? words.views(views) : words.viewsOf(views, id)
}

const STEPS = ['arriving', 'inside', 'left'] as const

function Steps(): JSX.Element {
  return (
    <section aria-labelledby="steps">
      <h2 class="quietly" id="steps">
        {words.stepsHeading}
      </h2>
      <ol class="steps">
        {STEPS.map((where) => (
          <li key={where}>
            <SmallScene where={where} />
            <h3>{words.steps[where].title}</h3>
            <p>{words.steps[where].body}</p>
          </li>
        ))}
      </ol>
    </section>
  )
}
