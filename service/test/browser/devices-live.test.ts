/** Lists that stay fresh, times that go on by the service's clock, and forms that outlast the session. */
import type { Page } from '@playwright/test'
import {
  arrive,
  CHROME_ON_MAC,
  fillSignIn,
  FIREFOX_ON_WINDOWS,
  registerByScript,
  signIn,
  signInByScript,
  somebody,
} from './support/person.js'
import { elsewhere, expectClosed } from './support/elsewhere.js'
import { expect, test } from './support/test.js'

/** Somebody looks at the page again. */
async function lookAgain(page: Page): Promise<void> {
  const fresh = page.waitForResponse((answer) => answer.url().endsWith('/sessions'))
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  expect((await fresh).status()).toBe(200)
}

async function endAllOthers(page: Page): Promise<void> {
  const answer = await page.request.post('/sessions/revoke-others', {
    headers: { accept: 'application/json', 'sec-fetch-site': 'same-origin' },
  })
  expect(answer.status()).toBe(200)
}

test('the list of devices follows what happens elsewhere, and nobody is taken for active by it', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody()
  const page = await visit({ of, userAgent: CHROME_ON_MAC })
  const asked: (string | undefined)[] = []
  page.on('request', (request) => {
    if (request.resourceType() === 'xhr') asked.push(request.headers()['sojourn-passive'])
  })
  await arrive(page, person)
  await page.goto('/sessions')
  const entries = page.getByRole('main').getByRole('listitem')
  await expect(page.getByText('You are not signed in anywhere else')).toBeVisible()
  const own = await entries.first().elementHandle()

  await signInByScript(of, person, FIREFOX_ON_WINDOWS)
  await signInByScript(of, person, '<img src=x onerror=alert(1)> Windows')
  await lookAgain(page)
  await expect(entries).toHaveCount(3)
  await expect(page.getByRole('status')).toContainText('Firefox 140 on Windows has signed in.')
  await expect(page.getByRole('heading', { level: 2 }).filter({ hasText: 'Firefox' })).toBeVisible()
  await expect(page.locator('main img')).toHaveCount(0)
  await expect(page.getByText('You are not signed in anywhere else')).toHaveCount(0)
  expect(await own?.evaluate((one) => one.isConnected), 'what is as it was stays').toBe(true)
  await page.getByRole('link', { name: 'End the session on Firefox' }).focus()

  await endAllOthers(page)
  await lookAgain(page)
  await expect(entries).toHaveCount(1)
  await expect(page.getByRole('status')).toContainText('Firefox 140 on Windows is signed out.')
  await expect(page.getByRole('main'), 'the keyboard is not lost').toBeFocused()
  expect(asked.length).toBeGreaterThan(1)
  expect(new Set(asked)).toEqual(new Set(['1']))
})

test('times go on by the service\u2019s clock, on a computer whose own is a day off', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody()
  await registerByScript(of, person)
  const page = await visit({ of })
  await page.clock.install({ time: Date.now() + 86_400_000 })
  await signIn(page, person)
  const [arrived, ends] = await page
    .locator('.stay-ends time')
    .all()
    .then((all) => [all[0], all[1]])
  if (arrived === undefined || ends === undefined) throw new Error('no times')
  await expect(arrived).toHaveText('just now')
  await page.clock.fastForward('03:00')
  await expect(arrived).toHaveText('3 minutes ago')
  const before = await ends.textContent()
  await page.clock.fastForward('02:00:00')
  await expect(arrived).toHaveText('2 hours ago')
  expect(before).toMatch(/^in \d+ (hours|days)$/)
  await expect(page.getByRole('alertdialog'), 'the service knows better').toHaveCount(0)
  await expect(page.getByRole('heading', { level: 1 })).toContainText(person.name)
})

test('behaviour 14d: what was typed is back after a new sign-in, on the page where it was', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody('private')
  const page = await visit({ of })
  await arrive(page, person)
  // A page with free text in a form: the members' own ask for passwords only, which are never kept.
  await page.route('**/profile?of=me', async (route) => {
    const answer = await route.fetch()
    const form =
      '<form method="post" action="/note"><label>Note <textarea name="note"></textarea></label>' +
      '<label>Secret <input type="password" name="secret"></label></form></main>'
    const { 'content-length': _length, ...headers } = answer.headers()
    const body = (await answer.text()).replace('</main>', form)
    await route.fulfill({ status: answer.status(), headers, body })
  })
  await page.goto('/profile?of=me')
  await page.getByLabel('Note').fill('half a thought')
  await page.getByLabel('Secret').fill('a secret thought')
  const next = { ...person, password: 'quite another staple' }
  await elsewhere(of, person, (send) =>
    send('POST', '/password', { currentPassword: person.password, newPassword: next.password }),
  )
  await expectClosed(page, person, 'Your password was changed')
  const kept = await page.evaluate(() => [...Object.values(sessionStorage)].map(String))
  expect(kept).toEqual([expect.stringContaining('half a thought')])
  expect(kept.join()).not.toContain('secret thought')
  await page.getByRole('link', { name: 'Sign in again' }).click()
  await fillSignIn(page, next)
  await expect(page).toHaveURL('/profile?of=me')
  // Only what is asked for directly passes through the hands of the test.
  await page.reload()
  await expect(page.getByLabel('Note')).toHaveValue('half a thought')
  await expect(page.getByLabel('Secret')).toHaveValue('')
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
  await page.unrouteAll()
})
