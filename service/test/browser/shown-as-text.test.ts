/** What people and their browsers call themselves is text, whatever it looks like. */
import type { Page } from '@playwright/test'
import { arrive, FIREFOX_ON_WINDOWS, signInByScript, signOut, somebody } from './support/person.js'
import { expect, test } from './support/test.js'

const MARKUP = '<img src=x onerror=document.title=1>"\'><b>'

async function otherDevices(page: Page): Promise<readonly string[]> {
  const answer = await page.request.get('/sessions', { headers: { accept: 'application/json' } })
  const devices = (await answer.json()) as readonly { id: string; current: boolean }[]
  return devices.filter(({ current }) => !current).map(({ id }) => id)
}

async function hasNoElementOfIt(page: Page): Promise<void> {
  await expect(page.locator('img, b, [onerror]')).toHaveCount(0)
  await expect(page).not.toHaveTitle('1')
}

test('ASVS 3.2.2: names with markup are shown as text', async ({ serviceOn, visit }) => {
  const of = await serviceOn('redis')
  const person = somebody(`anna ${MARKUP}`)
  const page = await visit({ of })
  await arrive(page, person)
  await signInByScript(of, person, `${MARKUP}/1 ${FIREFOX_ON_WINDOWS}`)
  // A browser's own words are reduced before they are kept. What rests there all the same is text too.
  for (const id of await otherDevices(page)) await of.renameDevice(id, `desktop|${MARKUP}`)
  await page.goto('/sessions')
  await expect(page.getByRole('main').getByRole('listitem').last()).toContainText(MARKUP)
  await hasNoElementOfIt(page)
  await page.getByRole('link', { name: `End the session on ${MARKUP}` }).click()
  await expect(page.getByRole('dialog')).toContainText(`End the session on ${MARKUP}?`)
  await hasNoElementOfIt(page)
  for (const path of ['/', '/dashboard', '/profile', '/security', '/reauthenticate', '/logout']) {
    await page.goto(path)
    await expect(page.getByRole('banner')).toContainText(person.name)
    await hasNoElementOfIt(page)
  }
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Leaving, ${person.name}?`)

  await signOut(page)
  for (const path of ['/login', '/register']) {
    await page.goto(
      `${path}?returnTo=${encodeURIComponent(`/${MARKUP}`)}&reason=${encodeURIComponent(MARKUP)}`,
    )
    await hasNoElementOfIt(page)
    await page.getByLabel('Username or email').fill(person.name)
    await page.getByLabel('Password').fill('not the password')
    await page.getByRole('main').getByRole('button').click()
    await expect(page.getByLabel('Username or email')).toHaveValue(person.name)
    await hasNoElementOfIt(page)
  }
  for (const path of ['/signed-out?reason=', '/nowhere/']) {
    await page.goto(path + encodeURIComponent(MARKUP))
    await hasNoElementOfIt(page)
  }
})
