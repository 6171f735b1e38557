import type { Client } from 'sojourn/browser'
import { keepForm } from 'sojourn/browser/form'

const known = new WeakSet<HTMLFormElement>()

/**
 * What somebody has typed outlasts the end of the session, for the same person in the same tab. Passwords never do, nor what
 * nobody changed: so of the service's own forms those with free text are kept, such as the reason for an act of an
 * administrator, and nothing is written for all others.
 */
export function keepForms(client: Client): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('main form[method=post]')) {
    if (known.has(form)) continue
    known.add(form)
    keepForm(client, form, { key: form.getAttribute('action') ?? '' })
  }
}
