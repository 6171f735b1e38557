import type { ComponentChildren, JSX } from 'preact'

import { Scene, type Whereabouts } from './mark.js'

interface WordProps {
  readonly where: Whereabouts
  readonly children: ComponentChildren
}

/** A page that says one thing, beside the doorway. */
export function Word({ where, children }: WordProps): JSX.Element {
  return (
    <div class="word">
      <div>{children}</div>
      <Scene where={where} />
    </div>
  )
}
