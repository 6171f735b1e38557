import { toHtml } from '../layout.js'
import type { SignedInProps } from '../props.js'
import { texts } from '../texts.js'
import { ConsoleLayout } from './layout.js'

const words = texts.console.overview

/** `GET /admin`: what goes on right now. */
export function renderOverview(props: SignedInProps): string {
  return toHtml(
    <ConsoleLayout title={words.heading} page={props} entry="overview" lead={words.lead}>
      {null}
    </ConsoleLayout>,
  )
}
