/// <reference lib="dom" preserve="true" />
/** `sojourn/browser/form`: what somebody had typed when the session ended, back once the same person has signed in again. */
import type { Client } from './options.js'

/** What stood in a form: by the name of a field the value of each element of that name, in order. Boxes are `true` or `false`. */
export type KeptFields = Readonly<Record<string, readonly (string | boolean | readonly string[])[]>>

/** Options of `keepForm`. */
export interface KeepFormOptions {
  /** Tells the form from others of the same page. Default: its `id`, else its `name`. */
  readonly key?: string
  /** Names of fields that are not kept, besides passwords, one-time codes, card numbers, files and hidden fields. */
  readonly never?: readonly string[]
  /** Called when the person is back, instead of filling the form in at once. `fill` does that. */
  readonly onReauth?: (fields: KeptFields, fill: () => void) => void
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

/** What is never kept, by the type of an input or the words in its `autocomplete`. */
const NEVER_TYPE = /^(password|hidden|file|submit|button|reset|image)$/
const NEVER_FILLED = /password|one-time-code|cc-/
/** Who signs out on purpose leaves nothing behind. */
const ON_PURPOSE = /^logged_out/

/**
 * Keeps what stands in `form` when the session ends under it, and fills it in once the same person has signed in again and
 * opens the page in the same tab. It rests in `sessionStorage` with the person's id beside it: whoever else signs in never
 * sees it, and it is deleted then. Nothing is kept of a form that nobody changed, nor after a sign-out on purpose.
 *
 * @returns what stops it
 * @throws RangeError for a form that has neither `id` nor `name`, without a `key`.
 */
export function keepForm(
  client: Pick<Client, 'on' | 'state'>,
  form: HTMLFormElement,
  options: KeepFormOptions = {},
): () => void {
  const name = options.key ?? (form.id || form.getAttribute('name'))
  if (name === null || name === '') throw new RangeError('A form needs an id, a name or a key.')
  const key = `sojourn form ${location.pathname} ${name}`
  // A button that shows a password makes it a text field: what was one when the page was opened stays one.
  const never = new Set(options.never)
  for (const field of fieldsOf(form)) if (field.type === 'password') never.add(field.name)

  let owner = client.state.subject
  const meet = (): void => {
    const { status, subject } = client.state
    if (status !== 'active' || subject === undefined) return
    // What stands in the form is somebody else's.
    if (owner !== undefined && owner !== subject) form.reset()
    owner = subject
    const fields = take(key, subject)
    if (fields === undefined) return
    const fill = (): void => fillIn(form, fields, never)
    if (options.onReauth === undefined) fill()
    else options.onReauth(fields, fill)
  }
  const stops = [
    client.on('change', meet),
    client.on('ended', ({ reason, subject }) => {
      if (subject === undefined || ON_PURPOSE.test(reason)) return
      const fields = read(form, never)
      if (fields !== undefined) put(key, subject, fields)
    }),
  ]
  meet()
  return () => stops.forEach((stop) => stop())
}

function fieldsOf(form: HTMLFormElement): Field[] {
  return [...form.elements].filter(
    (element): element is Field => 'value' in element && 'name' in element,
  )
}

function keepable(form: HTMLFormElement, never: ReadonlySet<string>): Field[] {
  return fieldsOf(form).filter(
    ({ name, type, autocomplete }) =>
      name !== '' && !never.has(name) && !NEVER_TYPE.test(type) && !NEVER_FILLED.test(autocomplete),
  )
}

/** `undefined`: nobody has changed anything. */
function read(form: HTMLFormElement, never: ReadonlySet<string>): KeptFields | undefined {
  const fields = keepable(form, never)
  if (!fields.some(isChanged)) return undefined
  const kept: Record<string, (string | boolean | readonly string[])[]> = {}
  for (const field of fields) (kept[field.name] ??= []).push(valueOf(field))
  return kept
}

function isChanged(field: Field): boolean {
  if ('options' in field)
    return [...field.options].some((one) => one.selected !== one.defaultSelected)
  return isBox(field) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue
}

function isBox(field: Field): field is HTMLInputElement {
  return field.type === 'checkbox' || field.type === 'radio'
}

function valueOf(field: Field): string | boolean | readonly string[] {
  if (isBox(field)) return field.checked
  return 'options' in field ? [...field.selectedOptions].map(({ value }) => value) : field.value
}

function fillIn(form: HTMLFormElement, kept: KeptFields, never: ReadonlySet<string>): void {
  const seen = new Map<string, number>()
  for (const field of keepable(form, never)) {
    const index = seen.get(field.name) ?? 0
    seen.set(field.name, index + 1)
    const value = kept[field.name]?.[index]
    if (value === undefined) continue
    if (isBox(field)) setOn(field, 'checked', value)
    else if (!('options' in field)) setOn(field, 'value', value)
    else for (const one of field.options) one.selected = (value as string[]).includes(one.value)
    for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true }))
  }
}

/** As if a person had done it: React watches the element's own property, and would take this for its own doing. */
function setOn(field: Field, property: 'value' | 'checked', value: unknown): void {
  const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), property)
  own?.set?.call(field, value)
}

/** Whoever has blocked storage keeps nothing; so be it. */
function put(key: string, subject: string, fields: KeptFields): void {
  try {
    sessionStorage.setItem(key, JSON.stringify({ subject, fields }))
  } catch {
    // Nothing is kept.
  }
}

function take(key: string, subject: string): KeptFields | undefined {
  try {
    const text = sessionStorage.getItem(key)
    sessionStorage.removeItem(key)
    const kept = JSON.parse(text ?? 'null') as { subject: string; fields: KeptFields } | null
    return kept?.subject === subject ? kept.fields : undefined
  } catch {
    return undefined
  }
}
