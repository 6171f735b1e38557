import { base } from './style/base.js'
import { consoleEvents } from './style/console-events.js'
import { consoleParts } from './style/console.js'
import { pages } from './style/pages.js'
import { parts } from './style/parts.js'
import { reference } from './style/reference.js'
import { tokens } from './style/tokens.js'

/** The one stylesheet of all pages, without the white space that only its authors need. */
export const style: string = dense([tokens, base, parts, pages].join(''))

/** What `/docs` adds to it. */
export const referenceStyle: string = dense(reference)

/** What the console adds to it. */
export const consoleStyle: string = dense([consoleParts, consoleEvents].join(''))

function dense(sheet: string): string {
  return sheet
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};]) ?/g, '$1')
    .replace(/([:,]) /g, '$1')
    .replaceAll(';}', '}')
    .trim()
}
