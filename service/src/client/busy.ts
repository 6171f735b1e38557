/** After this time a form may be sent again: the person may have stopped the browser, or the answer was a file. */
const PATIENCE = 15_000

/** Shows on a form that it is under way, or no more. Its buttons stay where the keyboard is, so they are not `disabled`. */
export function setBusy(form: HTMLFormElement, isBusy: boolean): void {
  form.ariaBusy = isBusy ? 'true' : null
  for (const button of form.querySelectorAll('button')) button.ariaDisabled = isBusy ? 'true' : null
}

export function isBusy(form: HTMLFormElement): boolean {
  return form.ariaBusy === 'true'
}

/**
 * A second click on a button that sends a form does nothing. Browsers would give up the first answer and send again: who
 * registers with a double click would read that the name is taken. Listen last: who stops a form sends it otherwise.
 */
export function sendOnce(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return
    if (isBusy(form)) {
      event.preventDefault()
      return
    }
    setBusy(form, true)
    setTimeout(() => {
      setBusy(form, false)
    }, PATIENCE)
  })
  // A page that comes back from the cache of the back button comes as it was left.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) for (const form of document.forms) setBusy(form, false)
  })
}
