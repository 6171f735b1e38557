import type { JSX } from 'preact'

import { Icon, type IconName } from './icon.js'
import { Layout, toHtml } from './layout.js'
import { StayArc } from './mark.js'
import { paths } from './paths.js'
import type { DashboardProps } from './props.js'
import { texts } from './texts.js'
import { durationWords, When } from './time.js'

const words = texts.dashboard

/** `GET /dashboard`: the stay at a glance, and the ways on from here. */
export function renderDashboard(props: DashboardProps): string {
  return toHtml(
    <Layout title={words.title} page={props} current="dashboard">
      <h1 class="person">{words.heading(props.person.username)}</h1>
      <p class="lead">{words.lead}</p>
      <Stay {...props} />
      <Links deviceCount={props.deviceCount} />
    </Layout>,
  )
}

function Stay({ session, now }: DashboardProps): JSX.Element {
  const { createdAt, expiresAt } = session
  return (
    <section class="section" aria-labelledby="stay">
      <h2 id="stay">{words.stayHeading}</h2>
      <div class="card stay">
        <div>
          <StayArc share={(now - createdAt) / Math.max(1, expiresAt - createdAt)} />
          <dl class="facts stay-ends">
            <div>
              <dt>{words.arrived}</dt>
              <dd>
                <When at={createdAt} now={now} />
              </dd>
            </div>
            <div>
              <dt>{words.leaves}</dt>
              <dd>
                <When at={expiresAt} now={now} />
              </dd>
            </div>
          </dl>
        </div>
        <StayFacts session={session} now={now} />
      </div>
    </section>
  )
}

function StayFacts({ session, now }: Pick<DashboardProps, 'session' | 'now'>): JSX.Element {
  return (
    <dl class="facts stay-facts">
      <div>
        <dt>{words.idle}</dt>
        <dd>{words.idleEnds(durationWords(session.idleTimeout))}</dd>
      </div>
      <div>
        <dt>{words.confirmed}</dt>
        <dd>
          <When at={session.authenticatedAt} now={now} />
        </dd>
      </div>
      <div>
        <dt>{words.sessionId}</dt>
        <dd>
          <code>{session.id}</code>
        </dd>
      </div>
    </dl>
  )
}

function Links({ deviceCount }: { readonly deviceCount: number }): JSX.Element {
  return (
    <section class="section" aria-labelledby="more">
      <h2 id="more">{words.moreHeading}</h2>
      <ul class="links">
        <LinkCard
          icon="devices"
          href={paths.devices}
          title={words.devices}
          body={words.deviceCount(deviceCount)}
        />
        <LinkCard
          icon="shield"
          href={paths.security}
          title={words.security}
          body={words.securityBody}
        />
        <LinkCard
          icon="person"
          href={paths.profile}
          title={words.profile}
          body={words.profileBody}
        />
      </ul>
    </section>
  )
}

interface LinkCardProps {
  readonly icon: IconName
  readonly href: string
  readonly title: string
  readonly body: string
}

function LinkCard({ icon, href, title, body }: LinkCardProps): JSX.Element {
  return (
    <li class="card link-card">
      <span class="alcove">
        <Icon name={icon} />
      </span>
      <div>
        <h3>
          <a href={href}>{title}</a>
        </h3>
        <p>{body}</p>
      </div>
    </li>
  )
}
