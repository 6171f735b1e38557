import type { JSX } from 'preact'

import { localPath } from '../paths.js'
import { texts } from '../texts.js'

interface PagerProps {
  /** What these pages are of, such as "People". */
  readonly label: string
  readonly next: string | undefined
  readonly first: string | undefined
  /** Said beside the links. */
  readonly note?: string | undefined
}

/** The ways to the next page of a list, and back to its first; nothing where there is but one. */
export function Pager({ label, next, first, note }: PagerProps): JSX.Element | null {
  const words = texts.console.pager
  const ways = [
    [words.first, localPath(first)],
    [words.next, localPath(next)],
  ] as const
  if (ways.every(([, path]) => path === undefined)) return null
  return (
    <nav class="pager" aria-label={words.label(label)}>
      {note === undefined ? null : <p>{note}</p>}
      {ways.map(([name, path]) =>
        path === undefined ? null : (
          <a key={name} class="button" href={path}>
            {name}
          </a>
        ),
      )}
    </nav>
  )
}
