/**
 * Everything that a program can find out about a page, found out at once: a page is opened once and looked at in light and
 * dark, on a desktop, a phone and the narrowest window, with large and with spaced text, and with the tab key.
 */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import type { PageState } from './page-state.js'
import { expect } from './test.js'
import { tabThrough } from './tab-key.js'

/** WCAG 2.2 at level AA, and what axe's makers hold to be good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** What the colours of a page decide; all other rules come out the same in light and dark. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block']
/** What the size of the window decides. */
const LAYOUT_RULES = ['color-contrast', 'target-size', 'scrollable-region-focusable']

const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
/** WCAG 1.4.10: 1280 pixels at 400 %. */
const NARROWEST = { width: 320, height: 640 }
/** 1280 pixels at 200 %, for text alone at 200 %: stricter than WCAG 1.4.4. */
const LARGE_TEXT = { width: 640, height: 800 }
/** WCAG 1.4.12. */
const SPACED = `* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
  p { margin-bottom: 2em !important }`

/** Examines the page as it stands. What it finds are soft failures: one run names all of them. */
export async function examine(
  { name, isDialog = false, isReworded = false }: PageState,
  page: Page,
): Promise<void> {
  // Reduced motion: a colour on its way to another one is neither.
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await expect.soft(page, name).toHaveTitle(/\S · sojourn$/)
  if (!isReworded) await isUsable(name, page)
  if (!isDialog) {
    await expect.soft(page.getByRole('heading', { level: 1 }), name).toHaveCount(1)
    await tabThrough(name, page)
  }
  await fits(name, page)
  await page.setViewportSize(DESKTOP)
}

/** By the rules of axe: all in light on a desktop, and those that may come out otherwise in dark and on a phone. */
async function isUsable(name: string, page: Page): Promise<void> {
  // Legacy mode is for pages without frames: it does not open another page to sum up. It leaves axe in the page.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] })
  const { violations } = await axe.withTags(RULES).analyze()
  expect.soft(violations.map(told), `${name}, light`).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  await obeys(`${name}, dark`, page, COLOUR_RULES)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(PHONE)
  await obeys(`${name}, phone`, page, LAYOUT_RULES)
  await page.setViewportSize(DESKTOP)
}

type Axe = Pick<typeof import('axe-core'), 'run'>

async function obeys(where: string, page: Page, rules: readonly string[]): Promise<void> {
  const violations = await page.evaluate(async (values) => {
    const { axe } = window as unknown as { axe: Axe }
    const options = { runOnly: { type: 'rule', values }, resultTypes: ['violations'] } as const
    const result = await axe.run(document, options as unknown as Parameters<Axe['run']>[1])
    return result.violations
  }, rules)
  expect.soft(violations.map(told), where).toEqual([])
}

interface Violation {
  readonly impact?: string | null | undefined
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

function told({ impact, id, nodes }: Violation): string {
  return `${impact ?? ''} ${id}: ${nodes.map((node) => node.html).join(' ')}`
}

/** WCAG 1.4.4, 1.4.10, 1.4.12: nothing stands out to the side, and no text is cut off. */
export async function fits(name: string, page: Page): Promise<void> {
  for (const [where, viewport, look] of [
    ['at 320 pixels', NARROWEST, {}],
    ['at 320 pixels with spaced text', NARROWEST, { sheet: SPACED }],
    ['with text at 200 %', LARGE_TEXT, { sheet: ':root { font-size: 200% }' }],
  ] as const) {
    await page.setViewportSize(viewport)
    const found = await page.evaluate(findMisfits, look)
    expect.soft(found, `${name}, ${where}`).toEqual([])
  }
}

/** Runs in the page. A part that is meant to scroll may, where the keyboard reaches it and it has a name. */
function findMisfits({ sheet }: { readonly sheet?: string }): string[] {
  const style = new CSSStyleSheet()
  style.replaceSync(sheet ?? '')
  document.adoptedStyleSheets.push(style)
  const found: string[] = []
  const tell = (what: string, element: Element): void => {
    found.push(`${what}: ${(element.cloneNode() as Element).outerHTML.slice(0, 120)}`)
  }
  const width = document.documentElement.clientWidth
  const isTooWide = document.documentElement.scrollWidth > width
  if (isTooWide) tell('scrolls to the side', document.documentElement)
  for (const element of document.body.querySelectorAll<HTMLElement>('*')) {
    const { overflowX, textOverflow, position } = getComputedStyle(element)
    const isCut = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1
    if (isTooWide && element.getBoundingClientRect().right > width + 1) tell('too wide', element)
    const isDrawing = element.closest('[aria-hidden=true]') !== null
    const mayBeCut = isDrawing || overflowX === 'visible' || element instanceof HTMLInputElement
    if (!isCut || mayBeCut) continue
    if (overflowX === 'hidden' && textOverflow !== 'ellipsis') tell(`cut (${position})`, element)
    const isNamed = element.closest('[aria-label], [aria-labelledby]') !== null
    const isReachable = element.tabIndex === 0 || element.querySelector('a[href], button') !== null
    if (overflowX !== 'hidden' && !(isNamed && isReachable)) tell('scrolls unannounced', element)
  }
  document.adoptedStyleSheets.pop()
  return found
}
