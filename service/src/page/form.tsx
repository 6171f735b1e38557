import type { ComponentChildren, JSX } from 'preact'

import { Icon } from './icon.js'
import { localPath } from './paths.js'
import { texts } from './texts.js'

interface PostFormProps {
  readonly action: string
  readonly csrf: string | undefined
  /** Sent along as `returnTo`, where it is a path on this host. */
  readonly returnTo?: string | undefined
  readonly class?: string | undefined
  /** The act may need the password: scripts ask for it in a dialog, so that nothing that was typed is lost. */
  readonly mayStepUp?: boolean
  readonly children: ComponentChildren
}

/** Every form of the pages: a POST that carries the token it was given. */
export function PostForm(props: PostFormProps): JSX.Element {
  const { action, csrf, mayStepUp = false, children } = props
  const returnTo = localPath(props.returnTo)
  return (
    <form
      method="post"
      action={action}
      class={props.class}
      data-step-up={mayStepUp ? '' : undefined}
    >
      {csrf === undefined ? null : <input type="hidden" name="_csrf" value={csrf} />}
      {returnTo === undefined ? null : <input type="hidden" name="returnTo" value={returnTo} />}
      {children}
    </form>
  )
}

interface FieldProps {
  /** Also the input's id. */
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'password'
  /** What a password manager may put there. Default: nothing. */
  readonly autocomplete?: 'username' | 'current-password' | 'new-password'
  readonly value?: string | undefined
  readonly hint?: string | undefined
  readonly problem?: string | undefined
  readonly minlength?: number | undefined
  readonly maxlength?: number | undefined
  readonly isOptional?: boolean | undefined
}

/** A labelled input; its hint and its problem are tied to it for those who cannot see them beside it. */
export function Field(props: FieldProps): JSX.Element {
  const { name, label, hint, problem } = props
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {hint === undefined ? null : (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {problem === undefined ? null : (
        <p class="fault" id={`${name}-problem`}>
          <Icon name="alert" />
          {problem}
        </p>
      )}
      <Input {...props} />
    </div>
  )
}

/** Two branches, for preact's types tell the roles of the two kinds of input apart. */
function Input(props: FieldProps): JSX.Element {
  const { name, hint, problem } = props
  const attributes = {
    id: name,
    name,
    value: props.value,
    autocomplete: props.autocomplete ?? 'off',
    autocapitalize: 'none',
    spellcheck: false,
    required: props.isOptional !== true,
    minlength: props.minlength,
    maxlength: props.maxlength,
    'aria-invalid': problem === undefined ? undefined : 'true',
    'aria-describedby': describedBy(name, hint, problem),
  } as const
  return props.type === 'password' ? (
    <input type="password" {...attributes} />
  ) : (
    <input type="text" {...attributes} />
  )
}

function describedBy(name: string, hint?: string, problem?: string): string | undefined {
  const ids = [
    ...(problem === undefined ? [] : [`${name}-problem`]),
    ...(hint === undefined ? [] : [`${name}-hint`]),
  ]
  return ids.length === 0 ? undefined : ids.join(' ')
}

interface ReadOnlyNameProps {
  readonly id: string
  readonly label: string
  readonly value: string
}

/** Whose password is asked for. Password managers look for it; without a name it is never sent. */
export function ReadOnlyName({ id, label, value }: ReadOnlyNameProps): JSX.Element {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} type="text" value={value} autocomplete="username" readOnly />
    </div>
  )
}

interface ProblemListProps {
  readonly problems: Readonly<Partial<Record<string, string>>> | undefined
}

/** What is wrong with a form, announced at once, each line leading to its field. */
export function ProblemList({ problems }: ProblemListProps): JSX.Element | null {
  const lines = Object.entries(problems ?? {}).filter(([, words]) => words !== undefined)
  if (lines.length === 0) return null
  return (
    <div class="message message-bad" role="alert">
      <Icon name="alert" />
      <div>
        <h2>{texts.problems.heading}</h2>
        <ul>
          {lines.map(([field, words]) => (
            <li key={field}>{field === 'form' ? words : <a href={`#${field}`}>{words}</a>}</li>
          ))}
        </ul>
      </div>
    </div>
  )
}

/** Whether a form came back with problems. */
export function hasProblems(problems: ProblemListProps['problems']): boolean {
  return Object.values(problems ?? {}).some((words) => words !== undefined)
}
