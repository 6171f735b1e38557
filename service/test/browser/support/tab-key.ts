import type { Page } from '@playwright/test'
import { expect } from './test.js'

/** What a keyboard has to be able to reach, in the order of the document. */
const REACHABLE =
  'a[href], button:enabled, input:not([type=hidden]):enabled, select:enabled, textarea:enabled, summary, [tabindex="0"], [contenteditable]'

interface Stop {
  readonly stop: number
  readonly hasRing: boolean
  readonly isInView: boolean
}

/** The tab key reaches everything on the page, in the order in which it is read, and one sees where it is. */
export async function tabThrough(name: string, page: Page): Promise<void> {
  const expected = await page.evaluate(watchTheFocus, REACHABLE)
  for (const _ of expected) await page.keyboard.press('Tab')
  const stops = await page.evaluate(readStops)
  const order = stops.map(({ stop }) => stop)
  expect.soft(order, `${name}: the order of the tab key`).toEqual(expected.map((_, index) => index))
  const named = ({ stop }: Stop): string => expected[stop] ?? 'nothing'
  const hidden = stops.filter(({ isInView }) => !isInView).map(named)
  expect.soft(hidden, `${name}: focused out of view`).toEqual([])
  const unmarked = stops.filter(({ hasRing }) => !hasRing).map(named)
  expect.soft(unmarked, `${name}: focused without a ring around it`).toEqual([])
}

type Watching = Window & { stopsSoFar: Stop[]; readFocus: () => Stop }

/** Runs in the page: numbers what can be reached, and notes at each press where the one before has led. */
function watchTheFocus(reachable: string): string[] {
  // The address of the page may name a field, and a refused form may have put the focus on one.
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
  getSelection()?.removeAllRanges()
  const all = [...document.querySelectorAll(reachable)].filter((one) => one.checkVisibility())
  all.forEach((element, index) => {
    element.setAttribute('data-stop', String(index))
  })
  const watching = window as unknown as Watching
  /** A ring may be drawn around a pseudo-element that stands for the whole card. */
  watching.readFocus = () => {
    const element = document.activeElement ?? document.body
    const hasRing = [undefined, '::after'].some((pseudo) => {
      const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element, pseudo)
      const isDrawn = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
      return isDrawn && !/rgba\(.*, 0\)$/.test(outlineColor)
    })
    const box = element.getBoundingClientRect()
    // What is taller than the window is in view when any of it is.
    const isInView =
      box.width > 0 &&
      box.top >= Math.min(-1, innerHeight - box.height) &&
      box.left >= -1 &&
      box.bottom <= Math.max(innerHeight, box.height) + 1 &&
      box.right <= innerWidth + 1
    return { stop: Number(element.getAttribute('data-stop') ?? -1), hasRing, isInView }
  }
  watching.stopsSoFar = []
  const note = ({ key }: KeyboardEvent): void => {
    if (key === 'Tab') watching.stopsSoFar.push(watching.readFocus())
  }
  addEventListener('keydown', note, { capture: true })
  return all.map((element) => element.outerHTML.slice(0, 80))
}

/** Runs in the page. What was focused before the first press is no stop. */
function readStops(): Stop[] {
  const { stopsSoFar, readFocus } = window as unknown as Watching
  return [...stopsSoFar.slice(1), readFocus()]
}
