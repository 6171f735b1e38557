/** Without a mouse: everything can be reached in reading order, and one sees where one is. */
import type { Page } from '@playwright/test'
import {
  guestStage,
  lookAtEach,
  MEMBER_PAGES,
  memberStage,
  OPEN_PAGES,
} from './support/every-page.js'
import { arrive, FIREFOX_ON_WINDOWS, somebody } from './support/person.js'
import { expect, test } from './support/test.js'

/** What a keyboard has to be able to reach, in the order of the document. */
const REACHABLE =
  'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"], [contenteditable]'

test('the tab key reaches everything on every page, in order, and shows where it is', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  await lookAtEach(OPEN_PAGES, await guestStage(of, visit), ({ name }, page) =>
    tabThrough(name, page),
  )
  const states = MEMBER_PAGES.filter(({ name }) => name !== 'member-devices-many')
  await lookAtEach(states, await memberStage(of, visit), ({ name }, page) => tabThrough(name, page))
})

async function tabThrough(name: string, page: Page): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const expected = await page.locator(REACHABLE).evaluateAll((all) => {
    all.forEach((element, index) => element.setAttribute('data-stop', String(index)))
    return all.map((element) => element.outerHTML.slice(0, 80))
  })
  // The address of the page may name a field, and a refused form may have put the focus on one.
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
    getSelection()?.removeAllRanges()
  })
  const stops: Awaited<ReturnType<typeof readFocus>>[] = []
  for (const _ of expected) {
    await page.keyboard.press('Tab')
    stops.push(await page.evaluate(readFocus))
  }
  const order = stops.map(({ stop }) => stop)
  expect.soft(order, `${name}: the order of the tab key`).toEqual(expected.map((_, index) => index))
  const named = (stop: number): string => expected[stop] ?? 'nothing'
  const hidden = stops.filter(({ isInView }) => !isInView).map(({ stop }) => named(stop))
  expect.soft(hidden, `${name}: focused out of view`).toEqual([])
  const unmarked = stops.filter(({ hasRing }) => !hasRing).map(({ stop }) => named(stop))
  expect.soft(unmarked, `${name}: focused without a ring around it`).toEqual([])
}

/** Runs in the page. A ring may be drawn around a pseudo-element that stands for the whole card. */
function readFocus(): { stop: number; hasRing: boolean; isInView: boolean } {
  const element = document.activeElement
  if (element === null) return { stop: -1, hasRing: false, isInView: false }
  const hasRing = [undefined, '::after'].some((pseudo) => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element, pseudo)
    const isDrawn = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
    return isDrawn && !/rgba\(.*, 0\)$/.test(outlineColor)
  })
  const box = element.getBoundingClientRect()
  const isInView =
    box.width > 0 &&
    box.top >= -1 &&
    box.left >= -1 &&
    box.bottom <= innerHeight + 1 &&
    box.right <= innerWidth + 1
  return { stop: Number(element.getAttribute('data-stop') ?? -1), hasRing, isInView }
}

test('the first stop skips the header', async ({ serviceOn, visit }) => {
  const page = await visit({ of: await serviceOn('sqlite') })
  await arrive(page, somebody())
  await page.goto('/security')
  await page.keyboard.press('Tab')
  const skip = page.getByRole('link', { name: 'Skip to the content' })
  await expect(skip).toBeFocused()
  await expect(skip).toBeInViewport({ ratio: 1 })
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(page.getByLabel('Signed in as')).toBeFocused()
})

test('a whole stay without a mouse: sign in, end the other device, sign out', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('sqlite')
  const person = somebody()
  const there = await visit({ of, userAgent: FIREFOX_ON_WINDOWS })
  await arrive(there, person)
  const page = await visit({ of })
  const { keyboard } = page

  await page.goto('/login')
  await tabTo(page, 'Username or email')
  await keyboard.type(person.name)
  await keyboard.press('Tab')
  await keyboard.type(person.password)
  await keyboard.press('Tab')
  await keyboard.press('Space')
  await expect(page.getByLabel('Stay signed in on this device')).toBeChecked()
  await keyboard.press('Enter')
  await expect(page).toHaveURL('/dashboard')

  await tabTo(page, 'Devices')
  await keyboard.press('Enter')
  await expect(page).toHaveURL('/sessions')
  await tabTo(page, 'End the session on Firefox 140 on Windows')
  await keyboard.press('Enter')
  await expect(page.getByRole('status')).toContainText('That device is signed out.')
  await there.reload()
  await expect(there).toHaveURL(/reason=logged_out_elsewhere/)

  await tabTo(page, 'Sign out')
  await keyboard.press('Enter')
  await expect(page).toHaveURL('/signed-out?reason=logged_out')
})

/** Presses the tab key until what has the focus is called `name`. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab')
    const snapshot = await page.locator(':focus').ariaSnapshot()
    if (snapshot.includes(`"${name}"`)) return
  }
  throw new Error(`The tab key does not reach "${name}".`)
}
