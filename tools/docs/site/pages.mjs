import { readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { ROOT } from '../../workspace/places.mjs'

/** Under which heading a page stands: the first that fits. What fits none is no page. */
const GROUPS = /** @type {readonly (readonly [heading: string, which: RegExp])[]} */ ([
  ['Guides', /^docs\/guide\/[^/]+$/],
  ['Reference', /^docs\/reference\/[^/]+$/],
  ['Runbooks', /^docs\/runbooks\/[^/]+$/],
  ['Decisions', /^docs\/decisions\/[^/]+$/],
  ['Project', /^(?:docs\/[^/]+|[A-Z]+\.md|skills\/.*)$/],
  ['Examples and deployment', /^(?:examples|deploy|bench|library)\/(?:.*\/)?README\.md$/],
])

/** Where pages are looked for, besides the root. */
const FOLDERS = ['docs', 'skills', 'examples', 'deploy', 'bench', 'library']
/** What is generated, installed or for tests alone. */
const NOT_READ = /^(?:node_modules|site|dist|test)$/

/**
 * Every page there is, from the root on, with its heading.
 *
 * @returns {ReadonlyMap<string, string>}
 */
export function findPages() {
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'))
  const all = [...top, ...FOLDERS.flatMap(pagesIn)].sort()
  return new Map(
    all.flatMap((path) => {
      const heading = GROUPS.find(([, which]) => which.test(path))?.[0]
      return heading === undefined ? [] : [[path, heading]]
    }),
  )
}

/** @param {string} folder @returns {string[]} */
function pagesIn(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) return NOT_READ.test(entry.name) ? [] : pagesIn(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}
