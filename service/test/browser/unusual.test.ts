/** People, windows and settings that nobody thinks of at first. */
import { randomBytes } from 'node:crypto'
import type { Page } from '@playwright/test'
import { consoleStage } from './support/console-pages.js'
import { fits } from './support/examine.js'
import {
  FIREFOX_ON_WINDOWS,
  registerByScript,
  signIn,
  signInByScript,
  somebody,
} from './support/person.js'
import { startService } from './support/service.js'
import { expect, test } from './support/test.js'

/** The longest there may be, of what breaks lines, directions and heads: 254 characters. */
const NAME = `${'👩‍🚀'.repeat(20)} שלום ${'W'.repeat(120)} עולם!`

test('the longest name, of emoji, Hebrew and one long word, fits on every page and is shown as it is', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = { ...somebody(), name: NAME }
  await registerByScript(of, person)
  await signInByScript(of, person, FIREFOX_ON_WINDOWS)
  const page = await visit({ of })
  await signIn(page, person)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Hello, ${NAME}`)
  for (const path of ['/dashboard', '/', '/profile', '/reauthenticate', '/logout']) {
    await page.goto(path)
    await expect(page.getByRole('banner')).toContainText(NAME)
    await fits(path, page)
  }
})

/** Whether the edge of an element can be seen. */
async function hasEdge(page: Page, name: string): Promise<boolean> {
  const style = await page
    .getByRole('button', { name })
    .first()
    .evaluate((button) => {
      const { borderTopWidth, borderTopStyle } = getComputedStyle(button)
      return { borderTopWidth, borderTopStyle }
    })
  return parseFloat(style.borderTopWidth) >= 1 && style.borderTopStyle === 'solid'
}

test('with colours of the person\u2019s own choice controls have edges, and on paper devices are a list without them', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody()
  await registerByScript(of, person)
  const page = await visit({ of })
  await signIn(page, person)
  await page.goto('/sessions')
  await page.emulateMedia({ forcedColors: 'active' })
  expect(await hasEdge(page, 'Sign out')).toBe(true)
  const current = page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('link', { name: 'Devices' })
  await expect(current, 'not by colour alone').toHaveCSS('text-decoration-line', 'underline')
  await page.emulateMedia({ forcedColors: 'none', media: 'print' })
  for (const control of ['Sign out', 'End all others', 'Rename']) {
    await expect(page.getByRole('button', { name: control })).toHaveCount(0)
    await expect(page.getByRole('link', { name: control })).toHaveCount(0)
  }
  const devices = page.getByRole('main').getByRole('listitem')
  await expect(devices).toHaveCount(2)
  await expect(devices.first()).toContainText('This device')
  await expect(page.locator('body')).toHaveCSS('color', 'rgb(0, 0, 0)')
})

test('the console without JavaScript: find somebody, look, end a session, read of it in the events', async ({
  visit,
}) => {
  const adminToken = randomBytes(32).toString('hex')
  const of = await startService({ env: { ADMIN_TOKEN: adminToken } })
  try {
    const withoutScripts: typeof visit = (options) =>
      visit({ ...options, javaScriptEnabled: false })
    const { page, person } = await consoleStage(of, withoutScripts, adminToken)
    const main = page.getByRole('main')
    await page.goto('/admin/users')
    await page.getByLabel('Name, address or id').fill(person.name)
    await main.getByRole('button', { name: 'Search' }).click()
    await main.getByRole('link', { name: person.name }).click()
    await page.getByRole('link', { name: /^End the session on Firefox/ }).click()
    await page.getByRole('button', { name: 'End the session' }).click()
    await expect(page.getByRole('status')).toBeVisible()
    await page.goto('/admin/audit')
    await expect(main).toContainText('Session ended by an administrator')
    for (const path of ['/admin', '/admin/keys', '/admin/limits', '/admin/store']) {
      expect((await page.goto(path))?.status(), path).toBe(200)
      await expect(main.getByRole('heading', { level: 1 }), path).toHaveCount(1)
    }
  } finally {
    await of.stop()
  }
})
