import { statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { ROOT } from '../../workspace/places.mjs'

/**
 * What a link of a page leads to: another page, a folder of pages, a file that gets a page of its own (`shown`), one that
 * is copied (an image, data), a folder that the site does not have, or nothing.
 *
 * @typedef {{ kind: 'page' | 'folder' | 'shown' | 'copied' | 'none' | 'dead', path: string }} Place
 */

const COPIED = /\.(?:svg|png|jpe?g|json)$/
/**
 * Where a link of `page` leads.
 *
 * @param {string} page from the root on
 * @param {string} target as it is written, without its anchor
 * @param {ReadonlyMap<string, unknown>} pages
 * @returns {Place}
 */
export function placeOf(page, target, pages) {
  const path = posix.join(dirname(page), decodeURI(target)).replace(/\/$/, '')
  if (pages.has(path)) return { kind: 'page', path }
  if (pages.has(`${path}/README.md`)) return { kind: 'page', path: `${path}/README.md` }
  const found = statSync(join(ROOT, path), { throwIfNoEntry: false })
  if (found === undefined) return { kind: 'dead', path }
  const hasPages = [...pages.keys()].some((page) => dirname(page) === path)
  if (found.isDirectory()) return { kind: hasPages ? 'folder' : 'none', path }
  return { kind: COPIED.test(path) ? 'copied' : 'shown', path }
}

/**
 * Rewrites the links of a page, but for those in code and those with a scheme.
 *
 * @param {string} text
 * @param {(words: string, target: string, isImage: boolean) => string} rewrite
 * @returns {string}
 */
export function withLinks(text, rewrite) {
  return text.replaceAll(
    CODE_OR_LINK,
    (/** @type {string} */ all, mark = '', words = '', target = undefined) =>
      target === undefined || /^(?:[a-z]+:|#)/.test(target)
        ? all
        : rewrite(words, target, mark === '!'),
  )
}

/** A block of code, a link whose text may be code, or code in a line: whichever begins first. */
const CODE_OR_LINK =
  /^ *```[^]*?^ *```|(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)|(?<!`)`[^`\n]+`/gm
