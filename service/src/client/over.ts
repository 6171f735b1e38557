import type { Client } from 'sojourn/browser'
import type { Words } from './words.js'

/** Closes the page when its session is over. */
export interface Closing {
  /** The person signs out here: the next page says so, and this one need not. */
  readonly leave: () => void
}

/**
 * When the session ends under the page, everything on it is taken away, and a dialog says why and leads to the sign-in and
 * back. Taken away, not covered: the next person at a shared computer may know how to lift a cover. Nothing goes on by
 * itself, so there is no loop where a browser and the service do not understand each other.
 */
export function closeAtEnd(client: Client, words: Words): Closing {
  let person: string | undefined
  let isLeaving = false
  let isOver = false
  const close = (reason: string): void => {
    if (isLeaving || isOver) return
    isOver = true
    const dialog = build(words, reason, client.signInAddress())
    document.body.replaceChildren(dialog)
    dialog.showModal()
  }
  const look = (): void => {
    const { status, subject, reason = 'unknown' } = client.state
    // The page was made for somebody, so "nobody is signed in" is news as well.
    if (status === 'ended' || status === 'none') close(reason)
    if (status !== 'active') return
    // Back again, or somebody else is: the page as it stands is of neither.
    if (isOver || (person !== undefined && person !== subject)) location.reload()
    person = subject
  }
  client.on('change', look)
  look()
  return {
    leave() {
      isLeaving = true
    },
  }
}

function build(words: Words, reason: string, signIn: string): HTMLDialogElement {
  const { title, body, advice } = words.ends[reason] ?? words.ends.unknown
  const dialog = document.createElement('dialog')
  dialog.className = 'dialog dialog-over'
  dialog.setAttribute('role', 'alertdialog')
  dialog.setAttribute('aria-labelledby', 'over')
  dialog.setAttribute('aria-describedby', 'over-why')
  // Behind it there is nothing to go back to.
  dialog.setAttribute('closedby', 'none')
  dialog.oncancel = (event) => {
    event.preventDefault()
  }
  dialog.onclose = () => {
    location.assign('/')
  }
  const heading = text('h1', title)
  heading.id = 'over'
  const why = text('p', body)
  why.id = 'over-why'
  const actions = text('p', '')
  actions.className = 'actions'
  if (!words.noReturn.includes(reason)) actions.append(link(words.signIn, signIn, 'button-main'))
  actions.append(link(words.home, '/', ''))
  dialog.append(heading, why, ...(advice === undefined ? [] : [text('p', advice)]), actions)
  return dialog
}

function text(tag: string, words: string): HTMLElement {
  const element = document.createElement(tag)
  element.textContent = words
  return element
}

function link(words: string, href: string, kind: string): HTMLAnchorElement {
  const element = document.createElement('a')
  element.textContent = words
  element.href = href
  element.className = `button ${kind}`
  return element
}
