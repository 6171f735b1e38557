import { load, type Answer } from './answers.js'
import { ASKING, createBox } from './box.js'
import { isBusy, setBusy } from './busy.js'
import { isMembers, perform } from './perform.js'

export interface Asking {
  /** What to say where no answer came. */
  readonly unreachable: string
  /** Shows what came of it. */
  readonly show: (answer: Answer) => void
}

/**
 * Acts that ask first. A link marked `data-confirm` leads to a page that says what will happen and has the button for it; a
 * form marked `data-step-up` may need the password. Here both happen in a dialog, on the page where somebody was.
 */
export function askFirst(asking: Asking): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[data-confirm]') : null
    if (!(link instanceof HTMLAnchorElement) || isForWindow(event)) return
    event.preventDefault()
    if (link.ariaBusy === 'true') return
    link.ariaBusy = 'true'
    void confirm(link, asking)
  })
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return
    if (!form.hasAttribute('data-step-up')) return
    event.preventDefault()
    if (isBusy(form)) return
    setBusy(form, true)
    void act(form, asking).finally(() => {
      setBusy(form, false)
    })
  })
}

/** Somebody wants a new tab or window. */
function isForWindow(event: MouseEvent): boolean {
  return event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey
}

async function confirm(link: HTMLAnchorElement, asking: Asking): Promise<void> {
  const answer = await load(link.href).catch(() => undefined)
  link.ariaBusy = null
  const question = answer?.document.querySelector(ASKING) ?? null
  if (question === null) {
    // Whatever it is, the browser can show it.
    location.assign(link.href)
    return
  }
  const box = createBox()
  const form = await box.ask(question)
  if (form !== undefined) await act(form, asking, box)
}

async function act(form: HTMLFormElement, { unreachable, show }: Asking, box = createBox()) {
  const answer = await perform(form, box, unreachable)
  box.close()
  if (answer === undefined) return
  if (isMembers(answer)) show(answer)
  else location.assign(answer.path)
}
