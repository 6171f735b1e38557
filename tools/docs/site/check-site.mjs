import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/**
 * Looks at every page of the built site: each link leads to a page and an anchor that are there, and nothing is loaded from
 * elsewhere. Links by https may stand in a text, and those to a service on this
 * very machine; whoever follows them leaves the site knowingly.
 *
 * @param {string} site
 * @returns {{ pages: number, problems: string[] }}
 */
export function checkSite(site) {
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' }).sort()
  const pages = files.filter((file) => file.endsWith('.html'))
  const known = new Map(pages.map((page) => [page, idsOf(readFileSync(join(site, page), 'utf8'))]))
  const problems = pages.flatMap((page) => {
    const html = readFileSync(join(site, page), 'utf8')
    return linksOf(html).flatMap(({ tag, target }) => {
      const why = faultOf({ site, page, known }, tag, target)
      return why === undefined ? [] : [`${page}: ${target} ${why}`]
    })
  })
  const styles = files
    .filter((file) => file.endsWith('.css'))
    .flatMap((style) =>
      /@import|url\(\s*['"]?(?:https?:)?\/\//.test(readFileSync(join(site, style), 'utf8'))
        ? [`${style}: loads something`]
        : [],
    )
  return { pages: pages.length, problems: [...problems, ...styles] }
}

/**
 * @param {{ site: string, page: string, known: ReadonlyMap<string, ReadonlySet<string>> }} where
 * @param {string} tag
 * @param {string} target
 */
function faultOf({ site, page, known }, tag, target) {
  if (target === '' || target.startsWith('data:') || target.startsWith('#icon-')) return undefined
  if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)) {
    if (tag !== 'a') return 'is loaded from elsewhere'
    return /^(?:https:\/\/|http:\/\/localhost[:/])/.test(target)
      ? undefined
      : 'leaves the site, and not by https'
  }
  if (target.startsWith('/')) return 'begins at the root, which is another one for a file'
  const [path = '', hash] = target.split('#')
  const file = path === '' ? page : posix.join(dirname(page), decodeURI(path))
  const ids = known.get(file)
  if (ids === undefined) return existsSync(join(site, file)) ? undefined : 'is dead'
  const isThere = hash === undefined || hash === '' || ids.has(decodeURIComponent(hash))
  return isThere ? undefined : 'has a dead anchor'
}

/** @param {string} html */
function linksOf(html) {
  const links = /<([a-z]+)\b[^>]*?\s(?:href|src)="([^"]*)"/g
  return [...html.matchAll(links)].map(([, tag = '', target = '']) => ({
    tag,
    target: target.replaceAll('&amp;', '&'),
  }))
}

/** @param {string} html @returns {Set<string>} */
function idsOf(html) {
  return new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => id))
}
