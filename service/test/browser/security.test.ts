/** The safety of one's account, in the browser: new sign-ins, recent events, and browsers that keep no cookies. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, BrowserType } from '@playwright/test'
import { CHROMIUM } from './support/chromium.js'
import {
  arrive,
  fillSignIn,
  FIREFOX_ON_WINDOWS,
  registerByScript,
  signIn,
  somebody,
} from './support/person.js'
import { expect, test } from './support/test.js'

test('a sign-in on another device is asked about here; "no" signs it out and leads to the password', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('sqlite')
  const person = somebody()
  const here = await visit({ of })
  await arrive(here, person)
  const there = await visit({ of, userAgent: FIREFOX_ON_WINDOWS })
  await signIn(there, person)
  await expect(there.getByRole('region', { name: 'New sign-in' })).toHaveCount(0)

  await here.goto('/profile')
  const asked = here.getByRole('region', { name: 'New sign-in' })
  await expect(asked).toContainText('New sign-in: Firefox 140 on Windows')
  await expect(asked).toContainText('Was it you?')
  await asked.getByRole('button', { name: /^No: sign that device out/ }).click()

  await expect(here).toHaveURL('/security#change')
  await expect(here.getByText('Now change your password')).toBeVisible()
  await expect(asked).toHaveCount(0)
  await expect(here.getByRole('heading', { name: 'Recent security events' })).toBeVisible()
  await there.goto('/profile')
  await expect(there.getByText('Signed out from another device')).toBeVisible()

  await signIn(there, person)
  await here.goto('/security')
  await expect(asked, 'the device is known by now').toHaveCount(0)
  await expect(here.locator('.event-title').first()).toHaveText('Signed in')
  await expect(here.locator('.events')).toContainText('Signed in on a new device')
})

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with scripts' : 'without scripts'
  test(`a browser that refuses cookies is told so after signing in, and is not led in circles (${how})`, async ({
    serviceOn,
    browser,
  }) => {
    const of = await serviceOn('sqlite')
    const person = somebody()
    await registerByScript(of, person)
    const before = await of.countSessions()
    const { context, remove } = await withoutCookies(browser.browserType(), {
      baseURL: of.origin,
      javaScriptEnabled,
    })
    try {
      const page = await context.newPage()
      const asked: string[] = []
      page.on('request', (request) => {
        if (request.isNavigationRequest()) asked.push(new URL(request.url()).pathname)
      })
      await page.goto('/dashboard')
      await fillSignIn(page, person)
      await expect(page.getByRole('alert')).toContainText('Your browser keeps no cookies')
      await expect(page.getByRole('alert')).toContainText('Allow cookies for this site')
      expect(await context.cookies()).toEqual([])
      expect(asked, 'one way, no circle').toEqual(['/dashboard', '/login', '/login', '/login'])
      const visible = `${page.url()} ${await page.content()}`
      expect(visible).not.toContain(person.password)
      await expect(page.getByLabel('Password')).toBeVisible()
      expect(await of.countSessions(), 'nothing is left behind').toBe(before)
    } finally {
      await context.close()
      await remove()
    }
  })
}

/** Chromium with its own setting: "block all cookies". */
async function withoutCookies(
  type: BrowserType,
  options: { readonly baseURL: string; readonly javaScriptEnabled: boolean },
): Promise<{ readonly context: BrowserContext; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'sojourn-no-cookies-'))
  await mkdir(join(folder, 'Default'))
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } }
  await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(settings))
  const context = await type.launchPersistentContext(folder, {
    ...options,
    executablePath: CHROMIUM,
  })
  return { context, remove: () => rm(folder, { recursive: true, force: true }) }
}
