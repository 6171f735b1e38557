/** Every page, in each of its states: for everybody to use, small, and sufficient to itself. */
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import {
  guestStage,
  lookAtEach,
  MEMBER_PAGES,
  memberStage,
  OPEN_PAGES,
  type PageState,
} from './support/every-page.js'
import { expect, test } from './support/test.js'

const MOST_BYTES = 15 * 1024
/** WCAG 2.2 at level AA, and what axe's makers hold to be good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** What the colours of a page decide; all other rules come out the same in light and dark. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block']

test('everybody can use each page that is open to all, in light and dark', async ({
  serviceOn,
  visit,
}) => {
  const stage = await guestStage(await serviceOn('redis'), visit)
  await lookAtEach(OPEN_PAGES, stage, isUsable)
})

test('everybody can use each page of a signed-in person, in light and dark', async ({
  serviceOn,
  visit,
}) => {
  const stage = await memberStage(await serviceOn('redis'), visit)
  await lookAtEach(MEMBER_PAGES, stage, isUsable)
})

async function isUsable({ name }: PageState, page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    // Reduced motion: a colour on its way to another one is neither.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    // Legacy mode is for pages without frames: it does not open another page to sum up.
    const axe = new AxeBuilder({ page }).setLegacyMode(true)
    if (colorScheme === 'light') axe.withTags(RULES)
    else axe.withRules(COLOUR_RULES)
    const { violations } = await axe.analyze()
    const found = violations.map(
      ({ impact, id, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html).join(' ')}`,
    )
    expect.soft(found, `${name}, ${colorScheme}`).toEqual([])
  }
  const width = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }))
  expect.soft(width.content, `${name}: nothing stands out to the side`).toBe(width.window)
  await expect.soft(page.getByRole('heading', { level: 1 }), name).toHaveCount(1)
}

test('ASVS 3.6.1: each page has under 15 KB, names no other host, and asks none', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  // That no request leaves is checked at the end of every test: see support/test.ts.
  const check = async ({ name, status }: PageState, html: string, seen: number): Promise<void> => {
    expect.soft(seen, name).toBe(status)
    expect.soft(Buffer.byteLength(html), `${name}: bytes`).toBeLessThan(MOST_BYTES)
    const addresses = html.match(/(?:[a-z][a-z0-9+.-]*:)?\/\/[^\s"'<>)]+/gi) ?? []
    expect.soft(addresses, `${name}: addresses with a host`).toEqual([])
    expect
      .soft(html, `${name}: scripts and inline styles`)
      .not.toMatch(/<script|\sstyle=|\son\w+=/i)
  }
  for (const [states, enter] of [
    [OPEN_PAGES, guestStage],
    [MEMBER_PAGES, memberStage],
  ] as const) {
    const stage = await enter(of, visit)
    let last: Promise<{ readonly html: string; readonly status: number }> | undefined
    stage.page.on('response', (response) => {
      const isDocument = response.request().isNavigationRequest() && response.status() !== 303
      if (!isDocument) return
      last = response.text().then((html) => ({ html, status: response.status() }))
    })
    await lookAtEach(states, stage, async (state) => {
      const { html = '', status = 0 } = (await last) ?? {}
      await check(state, html, status)
    })
  }
})
