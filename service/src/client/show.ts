import type { Answer } from './answers.js'

/**
 * Puts a page that a script was answered in the place of the one in the window, as if the browser had gone there. What the
 * scripts attach to elements has to be attached again afterwards. Another kind of page is left to the browser.
 */
export function show({ document: found, path }: Answer): boolean {
  if (scriptOf(found) !== scriptOf(document)) {
    location.assign(path)
    return false
  }
  document.title = found.title
  document.body.className = found.body.className
  Object.assign(document.body.dataset, found.body.dataset)
  document.body.replaceChildren(
    ...[...found.body.childNodes].map((one) => document.importNode(one, true)),
  )
  history.replaceState(null, '', path)
  scrollTo(0, 0)
  document.querySelector('main')?.focus()
  announce()
  return true
}

function scriptOf(page: Document): string | null | undefined {
  return page.querySelector('script')?.getAttribute('src')
}

/** Screen readers say what changes in a status, not what it came with. */
function announce(): void {
  for (const words of document.querySelectorAll('main [role=status] p')) {
    const text = words.textContent
    words.textContent = ''
    setTimeout(() => (words.textContent = text), 100)
  }
}
