import type { JSX } from 'preact'

/** The little CommonMark that descriptions have: paragraphs, and code between backticks. */
export function Prose({ text }: { readonly text: string }): JSX.Element {
  return (
    <>
      {text.split('\n\n').map((paragraph) => (
        <p key={paragraph}>
          <Inline text={paragraph} />
        </p>
      ))}
    </>
  )
}

/** One paragraph, without being one. */
export function Inline({ text }: { readonly text: string }): JSX.Element {
  const parts = text.split('`')
  return (
    <>{parts.map((part, at) => (at % 2 === 0 ? part : <code key={String(at)}>{part}</code>))}</>
  )
}
