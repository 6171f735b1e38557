import { openPlaceFile } from '../places/index.js'
import type { Context } from './context.js'

/** The file of `PLACES_FILE`, once it was opened: what cannot tell a place is refused at the start, and not on a page. */
export function readPlacesFile({ values, findings, files }: Context): string | undefined {
  const path = values.PLACES_FILE
  if (path === undefined) return undefined
  const problem = problemWith(path, files)
  if (problem === undefined) return path
  findings.refuse('CONFIG_PLACES', `PLACES_FILE ${path} ${problem}.`)
  return undefined
}

function problemWith(path: string, files: Context['files']): string | undefined {
  let bytes: Buffer
  try {
    bytes = files.bytes(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault'
    return `cannot be read: ${code}`
  }
  try {
    openPlaceFile(bytes)
    return undefined
  } catch {
    return "is no file in MaxMind's format (.mmdb)"
  }
}
