import type { JSX } from 'preact'

interface LookUpFieldProps {
  /** Also the input's id. */
  readonly name: string
  readonly label: string
  readonly value: string | undefined
  readonly placeholder?: string | undefined
}

/** What somebody or something is looked up by: no browser fills it in or mends its spelling. */
export function LookUpField({ name, label, value, placeholder }: LookUpFieldProps): JSX.Element {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        type="text"
        value={value}
        placeholder={placeholder}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        maxLength={254}
      />
    </div>
  )
}
