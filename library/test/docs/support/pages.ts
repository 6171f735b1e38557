/**
 * support/ runs the fenced blocks of the documents: pages.ts finds them, runs.ts says how each is run and which are not,
 * program*.mjs runs JavaScript and TypeScript, shell.ts runs shell. blocks.integration.test.ts calls it. Nothing here knows what a
 * block should do: that is said in expectations.ts.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** One fenced block. */
export interface Block {
  /** Its page and number: `docs/guide/tokens.md#1`. */
  readonly id: string
  readonly page: string
  readonly language: string
  readonly code: string
  /** What the comment right before it says: `<!-- run: in an Express app -->`. Empty where there is none. */
  readonly note: string
}

/** Where documents are whose blocks have to run. */
const PLACES = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'library/README.md'],
  ...['bench/README.md', 'deploy', 'docs', 'examples', 'skills'],
]
const FENCE = /(?:^ *<!-- run: ([^\n]*?) -->\n\n?)?^( *)(`{3,})([^\n`]*)\n(.*?)^\2\3 *$/gms

/** Every block of every page. */
export function readBlocks(): readonly Block[] {
  return readPages().flatMap((page) => blocksOf(page, readFileSync(join(ROOT, page), 'utf8')))
}

/** The names of all pages, from the root of the repository. */
export function readPages(): readonly string[] {
  return PLACES.flatMap((place) => {
    if (statSync(join(ROOT, place)).isFile()) return [place]
    return readdirSync(join(ROOT, place), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
      .filter((name) => !name.includes('node_modules'))
      .sort()
  })
}

/** The blocks of one page. */
export function blocksOf(page: string, text: string): readonly Block[] {
  return [...text.matchAll(FENCE)].map(
    ([, note = '', indent = '', , language = '', code = ''], i) => ({
      id: `${page}#${String(i + 1)}`,
      page,
      language: language.trim(),
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      note,
    }),
  )
}
