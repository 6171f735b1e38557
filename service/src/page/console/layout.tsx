/**
 * page/console/ owns what administrators see. Like the rest of page/ it gets values and looks at nothing itself. Every page
 * works without its script, which only draws the charts and keeps lists fresh.
 */
import type { ComponentChildren, JSX } from 'preact'
import { consoleAsset, consoleScript } from '../assets.js'
import { Layout } from '../layout.js'
import { paths } from '../paths.js'
import type { SignedInProps } from '../props.js'
import { texts } from '../texts.js'

const words = texts.console

/** The sections, in the order of the menu, and where they are. */
const ENTRIES = [
  ['overview', paths.console],
  ['people', paths.consolePeople],
  ['sessions', paths.consoleSessions],
  ['events', paths.consoleEvents],
  ['keys', paths.consoleKeys],
  ['limits', paths.consoleLimits],
  ['store', paths.consoleStore],
] as const

export type ConsoleEntry = (typeof ENTRIES)[number][0]

interface ConsoleLayoutProps {
  /** The page's own name. */
  readonly title: string
  readonly page: SignedInProps
  /** The section that the page belongs to. */
  readonly entry: ConsoleEntry
  readonly hasProblems?: boolean | undefined
  readonly lead?: string | undefined
  /** The page has a heading of its own, inside. */
  readonly isBare?: boolean
  readonly children: ComponentChildren
}

/** A page of the console: its menu beside it, and below the menu on a phone. */
export function ConsoleLayout(props: ConsoleLayoutProps): JSX.Element {
  const { title, page, entry, hasProblems, lead, isBare = false, children } = props
  return (
    <Layout
      title={title}
      page={page}
      current="console"
      hasProblems={hasProblems}
      style={consoleAsset}
      script={consoleScript}
    >
      <div class="console">
        <nav class="console-nav" aria-label={words.menu}>
          <ul>
            {ENTRIES.map(([name, path]) => (
              <li key={name}>
                <a href={path} aria-current={name === entry ? 'page' : undefined}>
                  {words.entries[name]}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="console-page">
          {isBare ? null : (
            <div>
              <h1>{title}</h1>
              {lead === undefined ? null : <p class="lead">{lead}</p>}
            </div>
          )}
          {children}
        </div>
      </div>
    </Layout>
  )
}
