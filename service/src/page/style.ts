import { base } from './style/base.js'
import { pages } from './style/pages.js'
import { parts } from './style/parts.js'
import { tokens } from './style/tokens.js'

/** The one stylesheet of all pages, without the white space that only its authors need. */
export const style: string = [tokens, base, parts, pages]
  .join('')
  .replace(/\s+/g, ' ')
  .replace(/ ?([{};]) ?/g, '$1')
  .replace(/([:,]) /g, '$1')
  .replaceAll(';}', '}')
  .trim()
