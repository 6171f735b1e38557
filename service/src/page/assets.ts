import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'

import { scriptWords } from './script-words.js'
import { consoleStyle, referenceStyle, style } from './style.js'

/** A file that pages refer to. Its name changes with its content, so it may be cached for ever. */
export interface Asset {
  /** Such as `/assets/style.3f9a0c1b2d4e.css`. */
  readonly path: string
  /** `Content-Type`. */
  readonly type: string
  readonly text: string
}

/** `Cache-Control` of every asset. */
export const ASSET_CACHE = 'public, max-age=31536000, immutable'

/** Scripts are built beside the programs that serve them: from the bundle, from `dist/`, and from the sources where tests import these. */
const SCRIPT_FOLDERS = ['./scripts/', '../bundle/scripts/', '../../dist/bundle/scripts/']

/** The mark alone, as browsers show it in a tab; drawn to be read on light and dark tabs. */
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">' +
  '<rect width="32" height="32" rx="8" fill="#17594a"/>' +
  '<path d="M8 26V15a8 8 0 0 1 16 0v11" fill="none" stroke="#dcebe4" stroke-width="3.5" stroke-linecap="round"/>' +
  '<circle cx="16" cy="22" r="4" fill="#f5b14f"/></svg>'

export const styleAsset: Asset = asset('style', 'css', 'text/css; charset=utf-8', style)
export const referenceAsset: Asset = asset(
  'reference',
  'css',
  'text/css; charset=utf-8',
  referenceStyle,
)
export const consoleAsset: Asset = asset('console', 'css', 'text/css; charset=utf-8', consoleStyle)
export const iconAsset: Asset = asset('icon', 'svg', 'image/svg+xml', icon)
/** What pages run that everybody can see, what those of members run, and what the console runs: see client/. */
export const guestScript: Asset = script('guest')
export const memberScript: Asset = script('member')
export const consoleScript: Asset = script('console')

/** The words that scripts show. */
export const wordsAsset: Asset = asset(
  'words',
  'json',
  'application/json; charset=utf-8',
  JSON.stringify(scriptWords),
)

/** All of them, for the route that serves `/assets`. */
export const assets: readonly Asset[] = [
  styleAsset,
  referenceAsset,
  consoleAsset,
  iconAsset,
  wordsAsset,
  guestScript,
  memberScript,
  consoleScript,
]

function script(name: string): Asset {
  const places = SCRIPT_FOLDERS.map((folder) => new URL(`${folder}${name}.js`, import.meta.url))
  const place = places.find((url) => existsSync(url))
  if (place === undefined) throw new Error(`The script ${name} is not built: run npm run build`)
  return asset(name, 'js', 'text/javascript; charset=utf-8', readFileSync(place, 'utf8'))
}

/** The digest names a version and guards nothing. */
function asset(name: string, extension: string, type: string, text: string): Asset {
  const version = hash('sha256', text, 'hex').slice(0, 12)
  return { path: `/assets/${name}.${version}.${extension}`, type, text }
}
