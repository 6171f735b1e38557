import { load } from '../answers.js'
import { say } from '../words.js'

const EVERY = 3_000
/** After a question without an answer, up to so long between two. */
const PATIENTLY = 30_000
/** More would only slow the page down; the rest is a reload away. */
const MOST = 200

/**
 * Lets new events appear at the top of the list, where somebody asks for it. It looks at the same page from the last event
 * on, never counts as activity, and rests while nobody sees the page. What is open or marked stays as it is.
 */
export function followEvents(): void {
  const bar = document.querySelector<HTMLElement>('[data-follow]')
  const list = document.querySelector('[data-events]')
  const button = bar?.querySelector('button')
  const status = bar?.querySelector('[role=status]')
  if (bar === null || list === null || !button || !status) return
  let timer: ReturnType<typeof setTimeout> | undefined
  let wait = EVERY
  let isOn = false
  const words = bar.dataset
  const later = (): void => {
    clearTimeout(timer)
    if (isOn && document.contains(bar)) timer = setTimeout(look, wait)
  }
  const look = (): void => {
    if (document.visibilityState !== 'visible') {
      later()
      return
    }
    void take(bar, list).then((count) => {
      if (!isOn) return
      wait = count === undefined ? Math.min(wait * 2, PATIENTLY) : EVERY
      if (count === undefined) status.textContent = words['away'] ?? ''
      else if (count > 0) status.textContent = say(words['came'] ?? '', String(count))
      else if (status.textContent === words['away']) status.textContent = words['following'] ?? ''
      later()
    })
  }
  button.addEventListener('click', () => {
    isOn = !isOn
    wait = EVERY
    button.ariaPressed = String(isOn)
    button.textContent = (isOn ? words['pauseWord'] : words['followWord']) ?? ''
    status.textContent = (isOn ? words['following'] : words['paused']) ?? ''
    if (isOn) look()
    else clearTimeout(timer)
  })
  document.addEventListener('visibilitychange', () => {
    if (isOn && document.visibilityState === 'visible') look()
  })
  bar.hidden = false
}

/** How many came; `undefined` where there was no answer. */
async function take(bar: HTMLElement, list: Element): Promise<number | undefined> {
  const answer = await load(bar.dataset['follow'] ?? '', { isPassive: true }).catch(() => undefined)
  const fresh = answer?.document.querySelector<HTMLElement>('[data-follow]')
  if (answer === undefined || answer.status >= 400 || !fresh) return undefined
  bar.dataset['follow'] = fresh.dataset['follow'] ?? ''
  const came = [...answer.document.querySelectorAll('[data-events] > [data-entry]')]
  if (came.length > 0) put(came, list)
  return came.length
}

function put(came: readonly Element[], list: Element): void {
  document.querySelector('[data-none]')?.remove()
  for (const old of list.querySelectorAll('.entry-new')) old.classList.remove('entry-new')
  const entries = came.map((one) => document.importNode(one, true))
  for (const entry of entries) entry.classList.add('entry-new')
  list.prepend(...entries)
  while (list.childElementCount > MOST) list.lastElementChild?.remove()
}
