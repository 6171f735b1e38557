import { setBusy } from './busy.js'

/** The part of a page that asks something: it stands on a page of its own, or in the box. */
export const ASKING = '[data-ask]'

/** A dialog that asks what a page of the service asks, on the page where it came up. */
export interface Box {
  readonly isOpen: boolean
  /** Shows `part`, and answers the form that was sent from it; `undefined`: the person would rather not. */
  ask(part: Element): Promise<HTMLFormElement | undefined>
  /** Says above what stands there why it did not go on, and waits for the same form again. */
  askAgain(words: string): Promise<HTMLFormElement | undefined>
  close(): void
}

/** Native and modal: the browser keeps the keyboard inside, gives it back afterwards, and Escape means no. */
export function createBox(): Box {
  const dialog = document.createElement('dialog')
  dialog.className = 'dialog'
  dialog.setAttribute('aria-labelledby', 'box-title')
  let decide: ((form: HTMLFormElement | undefined) => void) | undefined
  dialog.onclose = () => {
    dialog.remove()
    decide?.(undefined)
  }
  dialog.onsubmit = (event) => {
    event.preventDefault()
    const form = event.target
    if (!(form instanceof HTMLFormElement) || decide === undefined) return
    setBusy(form, true)
    decide(form)
    decide = undefined
  }
  dialog.onclick = (event) => {
    if (!(event.target instanceof Element) || event.target.closest('[data-cancel]') === null) return
    event.preventDefault()
    dialog.close()
  }
  const decision = (): Promise<HTMLFormElement | undefined> => {
    return new Promise((resolve) => (decide = resolve))
  }
  return {
    get isOpen() {
      return dialog.open
    },
    ask(part) {
      dialog.replaceChildren(...contentOf(part))
      if (!dialog.open) {
        document.body.append(dialog)
        dialog.showModal()
      }
      firstStop(dialog)?.focus()
      return decision()
    },
    askAgain(words) {
      for (const form of dialog.querySelectorAll('form')) setBusy(form, false)
      dialog.querySelector('.box-fault')?.remove()
      const fault = document.createElement('p')
      fault.className = 'message message-bad box-fault'
      fault.setAttribute('role', 'alert')
      fault.textContent = words
      dialog.querySelector('#box-title')?.after(fault)
      return decision()
    },
    close() {
      dialog.close()
    },
  }
}

/** The password where one is wanted; else the way back, for whoever presses Enter by mistake has lost nothing. */
function firstStop(dialog: HTMLElement): HTMLElement | null {
  return dialog.querySelector('input[type=password]') ?? dialog.querySelector('[data-cancel]')
}

/** A copy that fits in beside a page: its heading is the box's, and no id comes twice. */
function contentOf(part: Element): readonly Node[] {
  const copy = document.importNode(part, true)
  for (const name of ['id', 'for', 'aria-describedby', 'aria-labelledby']) {
    for (const one of copy.querySelectorAll(`[${name}]`)) {
      const ids = one.getAttribute(name)?.split(' ') ?? []
      one.setAttribute(name, ids.map((id) => `box-${id}`).join(' '))
    }
  }
  for (const link of copy.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')) {
    link.hash = `box-${link.hash.slice(1)}`
  }
  const title = document.createElement('h2')
  title.id = 'box-title'
  const heading = copy.querySelector('h1')
  if (heading !== null) {
    title.append(...heading.childNodes)
    heading.replaceWith(title)
  }
  return [...copy.childNodes]
}
