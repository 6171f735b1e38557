import { load } from './answers.js'
import { say } from './words.js'

const EVERY = 30_000

export interface LiveListParts {
  /** Hears whether the service answered. */
  readonly note: (isAnswered: boolean) => void
  /** Nobody is signed in any more, as the answer shows. */
  readonly lost: () => void
  /** Takes the instant of a fresh page as the present. */
  readonly setNow: (now: string | undefined) => void
}

/**
 * Keeps a list as fresh as it would be after a reload: the part of the page marked `data-live`, with the entries of its list
 * marked `data-entry`. It asks for the page as it stands, every half minute while somebody looks at it and when somebody
 * comes back to it, and never counts as activity.
 */
export function keepFresh(parts: LiveListParts): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const later = (): void => {
    clearTimeout(timer)
    timer = setTimeout(look, EVERY)
  }
  const look = (): void => {
    // The page may be another one by now, see show.ts; and nobody takes a question away from who is asked one.
    const isWanted = document.visibilityState === 'visible' && !hasDialog()
    if (isWanted && listOf(document) !== null) void refresh(parts).finally(later)
    else later()
  }
  document.addEventListener('visibilitychange', look)
  later()
}

function hasDialog(): boolean {
  return document.querySelector('dialog[open]') !== null
}

function listOf(page: Document): HTMLElement | null {
  return page.querySelector<HTMLElement>('[data-live]')
}

async function refresh({ note, lost, setNow }: LiveListParts): Promise<void> {
  const here = location.href
  const answer = await load(here, { isPassive: true }).catch(() => undefined)
  note(answer !== undefined && answer.status < 500)
  if (answer === undefined || answer.status >= 400 || location.href !== here || hasDialog()) return
  const fresh = listOf(answer.document)
  const shown = listOf(document)
  if (fresh === null) lost()
  if (fresh === null || shown === null) return
  setNow(answer.document.body.dataset['now'])
  update(shown, fresh)
}

function update(shown: HTMLElement, fresh: HTMLElement): void {
  const before = entriesOf(shown)
  const now = entriesOf(fresh)
  const gone = [...before].filter(([id]) => !now.has(id)).map(([, entry]) => entry)
  const hadFocus = gone.some((entry) => entry.contains(document.activeElement))
  const list = shown.querySelector('ul')
  const entries = [...now].map(([id, entry]) => merge(before.get(id), entry))
  // Entries that stay in their place are not moved: whoever reads on or has the keyboard there is not disturbed.
  for (const entry of gone) entry.remove()
  entries.forEach((entry, at) => {
    const present = list?.children[at]
    if (present !== entry) list?.insertBefore(entry, present ?? null)
  })
  updateRest(shown, fresh)
  if (hadFocus) document.querySelector('main')?.focus()
  // With more than one page of them, who is not on this one may be on the next.
  if (fresh.dataset['live'] !== 'all') return
  const came = [...now].filter(([id]) => !before.has(id)).map(([, entry]) => entry)
  tell(shown, [
    ...gone.map((entry) => say(shown.dataset['gone'] ?? '', nameOf(entry))),
    ...came.map((entry) => say(shown.dataset['came'] ?? '', nameOf(entry))),
  ])
}

function entriesOf(list: HTMLElement): ReadonlyMap<string, HTMLElement> {
  const entries = list.querySelectorAll<HTMLElement>('[data-entry]')
  return new Map([...entries].map((entry) => [entry.dataset['entry'] ?? '', entry]))
}

function nameOf(entry: HTMLElement): string {
  return entry.querySelector('h2')?.firstChild?.textContent?.trim() ?? ''
}

/** The entry that is there, told anew when it was last seen; a new one where more than that has changed. */
function merge(shown: HTMLElement | undefined, fresh: HTMLElement): HTMLElement {
  if (shown === undefined || !bare(shown).isEqualNode(bare(fresh))) {
    const copy = document.importNode(fresh, true)
    if (shown !== undefined && !shown.contains(document.activeElement)) shown.replaceWith(copy)
    else if (shown !== undefined) return shown
    return copy
  }
  const times = fresh.querySelectorAll('time')
  shown.querySelectorAll('time').forEach((time, at) => {
    const newer = times[at]
    if (newer !== undefined) time.replaceWith(document.importNode(newer, true))
  })
  return shown
}

/** Without what differs each time. */
function bare(entry: HTMLElement): Node {
  const copy = document.importNode(entry, true)
  for (const one of copy.querySelectorAll('time, input')) one.remove()
  return copy
}

/** What stands around the list: that it is the only one, the ways to more, the way to end all others. */
function updateRest(shown: HTMLElement, fresh: HTMLElement): void {
  const rest = shown.querySelector('[data-rest]')
  const newer = fresh.querySelector('[data-rest]')
  if (rest === null || newer === null || rest.isEqualNode(newer)) return
  rest.replaceChildren(...[...newer.childNodes].map((one) => document.importNode(one, true)))
}

/** Quietly: for those who cannot see that an entry is gone. */
function tell(shown: HTMLElement, sentences: readonly string[]): void {
  if (sentences.length === 0) return
  let line = shown.querySelector<HTMLElement>('[role=status]')
  if (line === null) {
    line = document.createElement('p')
    line.className = 'quietly'
    line.setAttribute('role', 'status')
    shown.append(line)
  }
  const said = line
  setTimeout(() => (said.textContent = sentences.join(' ')), 100)
}
