import { fileURLToPath } from 'node:url'

/** A file of this repository, by its path from the root. */
export function repositoryFile(path: string): string {
  return fileURLToPath(new URL(`../../../../${path}`, import.meta.url))
}
