/** After signing out, this browser keeps nothing of the stay: not in its history, not in its cache, not in its jar. */
import { arrive, signOut, somebody } from './support/person.js'
import { expect, test } from './support/test.js'

const PRIVATE_PAGES = [
  '/profile',
  '/sessions',
  '/security',
  '/reauthenticate',
  '/logout',
  '/dashboard',
]

test('behaviour 23b: "Back" after logout shows nothing, for session answers are not stored', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody('private')
  const page = await visit({ of })
  const cached: string[] = []
  page.on('response', async (response) => {
    const path = new URL(response.url()).pathname
    if (path.startsWith('/assets/')) return
    const rule = (await response.allHeaders())['cache-control']
    if (rule !== 'no-store') cached.push(`${path}: ${String(rule)}`)
  })
  await arrive(page, person)
  for (const path of PRIVATE_PAGES) {
    await page.goto(path)
    await expect(page.getByRole('banner')).toContainText(person.name)
  }
  await signOut(page)
  await expect(page).toHaveURL('/signed-out?reason=logged_out')
  for (const path of PRIVATE_PAGES.toReversed()) {
    await page.goBack()
    const wanted =
      path === '/logout' ? /\/signed-out$/ : new RegExp(`returnTo=${encodeURIComponent(path)}`)
    await expect(page).toHaveURL(wanted)
    await expect(page.locator('html')).not.toContainText(person.name)
  }
  expect(cached, 'answers that may be stored').toEqual([])
  // That this person has been here before stays known; it opens nothing.
  const left = (await page.context().cookies()).map(({ name }) => name)
  expect(left, 'no cookie of a session is left').toEqual([expect.stringMatching(/^device-/)])
})

test('behaviour 23b: nor does a page that the browser kept alive as it was (back/forward cache)', async ({
  playwright,
  serviceOn,
}) => {
  const { origin } = await serviceOn('sqlite')
  // Playwright switches this cache off; people have it on.
  const browser = await playwright.chromium.launch({
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
  try {
    const page = await browser.newPage({ baseURL: origin })
    const person = somebody('private')
    const restored: string[] = []
    const protocol = await page.context().newCDPSession(page)
    await protocol.send('Page.enable')
    protocol.on('Page.frameNavigated', ({ type, frame }) => {
      if (type === 'BackForwardCacheRestore') restored.push(new URL(frame.url).pathname)
    })
    const goBack = async (): Promise<void> => {
      await page.evaluate(() => {
        history.back()
      })
    }
    await arrive(page, person)
    await page.goto('/profile')
    await page.goto('/security')
    await goBack()
    await expect(page).toHaveURL('/profile')
    expect(restored, 'while signed in the cache is used').toEqual(['/profile'])
    await signOut(page)
    await expect(page).toHaveURL(/\/signed-out/)
    await goBack()
    await expect(page).toHaveURL('/login?returnTo=%2Fprofile')
    await expect(page.locator('html')).not.toContainText(person.name)
    expect(restored, 'and no more after signing out').toEqual(['/profile'])
  } finally {
    await browser.close()
  }
})
