import type { ComponentChildren, JSX } from 'preact'

interface SplitProps {
  readonly heading: string
  readonly lead: string
  readonly note?: string
  readonly children: ComponentChildren
}

/** What the page is about on one side, what can be done on the other; on a phone one after the other. */
export function Split({ heading, lead, note, children }: SplitProps): JSX.Element {
  return (
    <div class="split">
      <div>
        <h1>{heading}</h1>
        <p class="lead">{lead}</p>
        {note === undefined ? null : <p class="soft small note">{note}</p>}
      </div>
      <div class="stack">{children}</div>
    </div>
  )
}
