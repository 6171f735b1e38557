/** After signing out, this browser keeps nothing of the stay: not in its history, not in its cache, not in its jar. */
import { CHROMIUM } from './support/chromium.js'
import { elsewhere } from './support/elsewhere.js'
import { arrive, sessionId, signOut, somebody } from './support/person.js'
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
    if (!/^no-store\b/.test(rule ?? '')) cached.push(`${path}: ${String(rule)}`)
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
  const of = await serviceOn('sqlite')
  // Playwright switches this cache off; people have it on.
  const browser = await playwright.chromium.launch({
    executablePath: CHROMIUM,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
  try {
    const page = await browser.newPage({ baseURL: of.origin })
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
    await page.goto('/security')
    await page.goto('/docs')
    await goBack()
    await expect(page.getByRole('banner')).toContainText(person.name)
    expect(restored, 'Chromium keeps none whose script asks for what is not stored').toEqual([])

    // Other browsers do, and so does this one where a page may be stored.
    await page.route('**/security', async (route) => {
      const response = await route.fetch({ maxRedirects: 0 })
      const headers = { ...response.headers(), 'cache-control': 'no-cache' }
      await route.fulfill({ response, headers })
    })
    await page.reload()
    await page.goto('/docs')
    await goBack()
    await expect(page.getByRole('banner')).toContainText(person.name)
    await expect(page.getByRole('banner'), 'with its session it is as it was').toBeVisible()
    expect(restored).toEqual(['/security'])
    const id = await sessionId(page)
    await page.goto('/docs')
    await elsewhere(of, person, (send) => send('DELETE', `/sessions/${id}`))
    await goBack()
    await expect(page).toHaveURL('/login?returnTo=%2Fsecurity&reason=logged_out_elsewhere')
    await expect(page.locator('html')).not.toContainText(person.name)
    expect(restored, 'it was there, and was not shown').toEqual(['/security', '/security'])
  } finally {
    await browser.close()
  }
})
