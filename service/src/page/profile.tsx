import type { JSX } from 'preact'

import { Layout, toHtml } from './layout.js'
import type { ProfileProps } from './props.js'
import { Split } from './split.js'
import { texts } from './texts.js'
import { When } from './time.js'

const words = texts.profile

/** `GET /profile`: what the account keeps about its owner. */
export function renderProfile(props: ProfileProps): string {
  const { person, accountId, createdAt, now } = props
  return toHtml(
    <Layout title={words.title} page={props}>
      <Split heading={words.heading} lead={words.lead}>
        <div class="card">
          <dl class="facts">
            {person.username === person.email ? null : (
              <div>
                <dt>{words.username}</dt>
                <dd class="person">{person.username}</dd>
              </div>
            )}
            <div>
              <dt>{words.email}</dt>
              <dd class="person">{person.email ?? words.noEmail}</dd>
            </div>
            <div>
              <dt>{words.memberSince}</dt>
              <dd>
                <When at={createdAt} now={now} />
              </dd>
            </div>
            <div>
              <dt>{words.accountId}</dt>
              <dd>
                <code>{accountId}</code>
              </dd>
            </div>
            <PresentSession {...props} />
          </dl>
        </div>
      </Split>
    </Layout>,
  )
}

function PresentSession({ session, now }: ProfileProps): JSX.Element | null {
  if (session === undefined) return null
  return (
    <>
      <div>
        <dt>{words.sessionSince}</dt>
        <dd>
          <When at={session.createdAt} now={now} />
        </dd>
      </div>
      <div>
        <dt>{words.session}</dt>
        <dd>
          <code>{session.id}</code>
        </dd>
      </div>
    </>
  )
}
