/**
 * site/ owns the static site: which pages it has, how they are called and grouped, and that every link of them leads
 * somewhere. `build.mjs` calls it. It says nothing of its own but on the first page: what stands on the others was written
 * in docs/, or is made by typedoc of the docstrings.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join, posix } from 'node:path'
import { ROOT } from '../../workspace/places.mjs'
import { placeOf, withLinks } from './links.mjs'
import { arrowsOf } from './mermaid.mjs'
import { findPages } from './pages.mjs'

/** @typedef {{ folder: string, pages: readonly string[], problems: readonly string[] }} Staged a copy of all pages as typedoc takes them */

/**
 * What is known while pages are staged: all pages with their headings; files and folders that pages link to, which get
 * pages of their own; and links that lead nowhere.
 *
 * @typedef {object} Known
 * @property {string} folder
 * @property {ReadonlyMap<string, string>} pages
 * @property {Set<string>} shown
 * @property {Set<string>} listed
 * @property {string[]} problems
 */

/** The heading of files that pages link to. */
const FILES = 'Files'

/** @returns {Staged} */
export function stage() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sojourn-docs-')))
  const pages = findPages()
  /** @type {Known} */
  const known = { folder, pages, shown: new Set(), listed: new Set(), problems: [] }
  const start = readFileSync(new URL('start.md', import.meta.url), 'utf8')
  put(folder, 'start.md', linked('start.md', start, known))
  for (const [path, heading] of pages) put(folder, path, page(path, heading, known))
  const others = new Map([
    ...[...known.shown].map((path) => /** @type {const} */ ([`${path}.md`, fileAsPage(path)])),
    ...[...known.listed].map(
      (path) => /** @type {const} */ ([`${path}/index.md`, list(path, pages)]),
    ),
  ])
  for (const [path, text] of others) put(folder, path, text)
  return { folder, pages: [...pages.keys(), ...others.keys()], problems: known.problems }
}

/** @param {string} folder @param {string} path @param {string} text */
function put(folder, path, text) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

/** @param {string} path @param {string} heading @param {Known} known */
function page(path, heading, known) {
  const text = readFileSync(join(ROOT, path), 'utf8').replace(/^---\n[^]*?\n---\n/, '')
  const body = withPlainHeadings(text.trimStart())
  return withFront(path, titleOf(path), heading, linked(path, body, known))
}

/** @param {string} path */
function titleOf(path) {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return /^# (.+)$/m.exec(text)?.[1] ?? basename(path, '.md')
}

/**
 * Headings without code: typedoc makes no anchor of what is code.
 *
 * @param {string} text
 */
function withPlainHeadings(text) {
  return text.replaceAll(/^ *```[^]*?^ *```|^#+ .*$/gm, (part) =>
    part.startsWith('#') ? part.replaceAll('`', '').replaceAll('<', '&lt;') : part,
  )
}

/** @param {string} path @param {string} text @param {Known} known */
function linked(path, text, known) {
  const drawn = text.replaceAll(/^```mermaid\n([^]*?)^```$/gm, (_, chart) => arrowsOf(chart))
  return withLinks(drawn, (words, target, isImage) => {
    const [file = '', anchor] = target.split('#')
    const place = placeOf(path, file, known.pages)
    const to = staged(place, known)
    if (place.kind === 'dead') known.problems.push(`${path}: ${target} is dead`)
    if (to === undefined) return words
    const hash = anchor === undefined ? '' : `#${anchor}`
    return `${isImage ? '!' : ''}[${words}](${posix.relative(posix.dirname(path), to)}${hash})`
  })
}

/**
 * Where the copy of a place is, or will be.
 *
 * @param {import('./links.mjs').Place} place
 * @param {Known} known
 * @returns {string | undefined}
 */
function staged({ kind, path }, { folder, shown, listed }) {
  switch (kind) {
    case 'page':
      return path
    case 'folder':
      listed.add(path)
      return `${path}/index.md`
    case 'shown':
      shown.add(path)
      return `${path}.md`
    case 'copied':
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      cpSync(join(ROOT, path), join(folder, path))
      return path
    case 'none':
    case 'dead':
      return undefined
  }
}

/**
 * A folder: its pages.
 *
 * @param {string} path
 * @param {ReadonlyMap<string, string>} pages
 */
function list(path, pages) {
  const own = [...pages.keys()].filter((one) => dirname(one) === path)
  const heading = pages.get(own[0] ?? '') ?? FILES
  const lines = own.map((one) => `- [${titleOf(one).replaceAll('`', '')}](${basename(one)})`)
  const title = `${heading}: all pages`
  return withFront(`${path}/index.md`, title, heading, `# ${heading}\n\n${lines.join('\n')}\n`)
}

const LANGUAGES = /** @type {Readonly<Record<string, string>>} */ ({
  '.mjs': 'js',
  '.cjs': 'js',
  '.js': 'js',
  '.ts': 'ts',
  '.sh': 'sh',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.sql': 'sql',
})

/** @param {string} path */
function fileAsPage(path) {
  const text = readFileSync(join(ROOT, path), 'utf8').trimEnd()
  const fence = '`'.repeat(4)
  const language = LANGUAGES[extname(path)] ?? 'text'
  return withFront(path, path, FILES, `# ${path}\n\n${fence}${language}\n${text}\n${fence}\n`)
}

/** @param {string} path @param {string} title @param {string} group @param {string} body */
function withFront(path, title, group, body) {
  const front = { title: title.replaceAll('`', ''), group, path: path.replace(/\.md$/, '') }
  const lines = Object.entries(front).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  return `---\n${lines.join('\n')}\n---\n\n${body}`
}
