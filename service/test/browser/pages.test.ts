/** Every page, in each of its states, is for everybody to use: by rules that a program can check. */
import { AxeBuilder } from '@axe-core/playwright'
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
