/** Without a mouse: everything can be reached in reading order, and one sees where one is. */
import { randomBytes } from 'node:crypto'
import type { Page } from '@playwright/test'
import { consoleStage } from './support/console-pages.js'
import { arrive, FIREFOX_ON_WINDOWS, signInByScript, somebody } from './support/person.js'
import { startService } from './support/service.js'
import { expect, test } from './support/test.js'

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

test('a whole stay without a mouse: sign up, end the other device, change the password, sign out', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody()
  const page = await visit({ of })
  const { keyboard } = page

  await page.goto('/')
  await enter(page, 'Create account')
  await expect(page).toHaveURL('/register')
  await tabTo(page, 'Username or email')
  await keyboard.type(person.name)
  await keyboard.press('Tab')
  await keyboard.type(person.password)
  await keyboard.press('Enter')
  await expect(page).toHaveURL('/dashboard')
  await signInByScript(of, person, FIREFOX_ON_WINDOWS)

  await enter(page, 'Devices')
  await expect(page).toHaveURL('/sessions')
  await enter(page, 'End the session on Firefox 140 on Windows')
  const dialog = page.getByRole('dialog')
  await expect(dialog).toBeVisible()
  await holdsTheFocus(page)
  await keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  await expect(page.getByRole('link', { name: /^End the session on Firefox/ })).toBeFocused()
  await keyboard.press('Enter')
  await expect(dialog).toBeVisible()
  await enter(page, 'End the session')
  await expect(page.getByRole('status')).toContainText('That device is signed out.')
  await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(1)

  await enter(page, 'Security', 'Shift+Tab')
  await expect(page).toHaveURL('/security')
  await tabTo(page, 'Current password')
  await keyboard.type(person.password)
  await keyboard.press('Tab')
  await keyboard.type('quite another staple')
  await keyboard.press('Enter')
  await expect(page.getByRole('status')).toContainText('Your password is changed')

  await enter(page, 'Sign out')
  await expect(page).toHaveURL('/signed-out?reason=logged_out')
})

test('the console without a mouse: find somebody, end a session, and back', async ({ visit }) => {
  const adminToken = randomBytes(32).toString('hex')
  const of = await startService({ env: { ADMIN_TOKEN: adminToken } })
  try {
    const { page, person } = await consoleStage(of, visit, adminToken)
    const { keyboard } = page
    await enter(page, 'Console')
    await expect(page).toHaveURL('/admin')
    await enter(page, 'People')
    await expect(page).toHaveURL('/admin/users')
    await tabTo(page, 'Name, address or id')
    await keyboard.type(person.name)
    await keyboard.press('Enter')
    await expect(page).toHaveURL(/q=/)
    await enter(page, person.name)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(person.name)
    const onFirefox = page.getByRole('row', { name: 'Firefox 140 on Windows' })
    await expect(onFirefox).toHaveCount(1)
    await enter(page, /^End the session on Firefox/)
    await expect(page.getByRole('dialog')).toBeVisible()
    await holdsTheFocus(page)
    await enter(page, 'End the session')
    await expect(page.getByRole('status')).toBeVisible()
    await expect(onFirefox).toHaveCount(0)
    await enter(page, 'People', 'Shift+Tab')
    await expect(page).toHaveURL('/admin/users')
    await page.context().close()
  } finally {
    await of.stop()
  }
})

type TabKey = 'Tab' | 'Shift+Tab'

/** Presses the tab key until what has the focus is called `name`. */
async function tabTo(page: Page, name: string | RegExp, key: TabKey = 'Tab'): Promise<void> {
  const passed: string[] = []
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press(key)
    const found = await page.evaluate(nameOfFocus)
    if (typeof name === 'string' ? found === name : name.test(found)) return
    passed.push(found)
  }
  throw new Error(`The tab key does not reach "${String(name)}", but: ${passed.join(', ')}`)
}

/** Runs in the page. */
function nameOfFocus(): string {
  const at = document.activeElement
  const label = at instanceof HTMLInputElement ? at.labels?.[0] : undefined
  const name = at?.ariaLabel ?? (label ?? at)?.textContent ?? ''
  return at === document.body ? '' : name.replaceAll(/\s+/g, ' ').trim()
}

/** Goes there by the tab key, and presses Enter. */
async function enter(page: Page, name: string | RegExp, key?: TabKey): Promise<void> {
  await tabTo(page, name, key)
  await page.keyboard.press('Enter')
}

/** However often the tab key is pressed in an open dialog, the focus stays in it, with a ring around what has it. */
async function holdsTheFocus(page: Page): Promise<void> {
  for (let presses = 0; presses < 6; presses += 1) {
    await page.keyboard.press('Tab')
    const where = await page.evaluate(() => {
      const { activeElement: at } = document
      // Between the last stop and the first one is the browser's own bar.
      if (at === null || at === document.body) return 'in the bar'
      if (at.closest('dialog') === null) return `behind the dialog: ${at.outerHTML.slice(0, 80)}`
      return parseFloat(getComputedStyle(at).outlineWidth) >= 2 ? 'in it' : 'in it, without a ring'
    })
    expect(['in it', 'in the bar'], where).toContain(where)
  }
}
