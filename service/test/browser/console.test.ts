/** Administrators at work in their console, with and without scripts. One service for the whole file. */
import type { Page } from '@playwright/test'
import {
  arrive,
  FIREFOX_ON_WINDOWS,
  registerByScript,
  sessionId,
  signIn,
  signInByScript,
  somebody,
  type Person,
} from './support/person.js'
import { startService, type Service } from './support/service.js'
import { expect, test } from './support/test.js'

const ADMIN_TOKEN = 'the-token-of-the-admin:Yk3v-Qp8t-Zr5n-Wm2x'
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const

let of: Service
test.beforeAll(async () => {
  of = await startService({ env: { ADMIN_TOKEN } })
})
test.afterAll(() => of.stop())

/** Somebody with the role of an administrator, who has yet to sign in. */
async function administrator(): Promise<Person> {
  const person = somebody('grace')
  await registerByScript(of, person)
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }
  const found = await fetch(new URL(`/admin/users?q=${person.name}`, of.origin), { headers })
  const { users } = (await found.json()) as { users: { id: string }[] }
  const path = `/admin/users/${users[0]?.id ?? ''}/role`
  const body = JSON.stringify({ role: 'admin' })
  const made = await fetch(new URL(path, of.origin), { method: 'POST', headers, body })
  expect(made.ok).toBe(true)
  return person
}

async function find(page: Page, { name }: Person): Promise<void> {
  await page.getByLabel('Name, address or id').fill(name)
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('link', { name, exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
}

/** Nothing stands out at the side, whatever the words are. */
async function expectNoOverflow(page: Page): Promise<void> {
  const sides = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return { scrollWidth, clientWidth }
  })
  expect(sides.scrollWidth, page.url()).toBeLessThanOrEqual(sides.clientWidth)
}

test('an administrator finds somebody, ends a session that is open elsewhere, switches the account off and on, and acts as somebody', async ({
  visit,
}) => {
  const [admin, ada, bob] = [await administrator(), somebody('ada'), somebody('bob')]
  await registerByScript(of, bob)
  const elsewhere = await visit({ of, userAgent: FIREFOX_ON_WINDOWS })
  await arrive(elsewhere, ada)
  await elsewhere.goto('/profile')
  const page = await visit({ of })
  await signIn(page, admin)
  await page.getByRole('link', { name: 'Console' }).click()
  await page.getByRole('link', { name: 'People', exact: true }).click()
  await find(page, ada)

  // What is dangerous asks for the password, on the page where it was wanted.
  await of.forgetSignIn(await sessionId(page), 60)
  await page.reload()
  await page.getByRole('link', { name: /^End the session on Firefox/ }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('End the session on Firefox 140 on Windows?')
  await dialog.getByRole('link', { name: 'Not now' }).click()
  await expect(dialog).toBeHidden()
  await page.getByRole('link', { name: /^End the session on Firefox/ }).click()
  await dialog.getByRole('button', { name: 'End the session' }).click()
  await dialog.getByLabel('Password').fill(admin.password)
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'One session has ended.' })).toBeVisible()
  await expect(page.getByText('Not signed in anywhere.')).toBeVisible()
  // The other browser stood on a page, and nobody touched it.
  await expect(elsewhere.getByText('An administrator ended this session')).toBeVisible()

  await page.getByRole('link', { name: 'Switch off' }).click()
  await dialog.getByRole('button', { name: 'Switch off' }).click()
  await expect(page.getByText('is switched off')).toBeVisible()
  await expect(page.getByRole('link', { name: 'Act as this person' })).toBeHidden()
  await page.getByRole('link', { name: 'Switch on' }).click()
  await dialog.getByRole('button', { name: 'Switch on' }).click()
  await expect(page.getByText('can sign in again').first()).toBeVisible()

  await page.getByRole('link', { name: 'People', exact: true }).click()
  await find(page, bob)
  await page.getByRole('link', { name: 'Act as this person' }).click()
  await dialog.getByLabel('Reason').fill('ticket 1734')
  await dialog.getByRole('button', { name: 'Act as this person' }).click()
  await expect(page).toHaveURL('/dashboard')
  const banner = page.getByRole('region', { name: 'You act as somebody' })
  await expect(banner).toContainText(`You act as ${bob.name}`)
  await expect(banner).toContainText('Reason: ticket 1734')
  await page.getByRole('link', { name: 'Devices', exact: true }).first().click()
  await expect(banner).toBeVisible()
  await expect(page.getByText('An administrator, acting as you')).toBeVisible()
  await banner.getByRole('button', { name: 'Stop' }).click()
  await expect(page).toHaveURL(/\/admin\/users\//)
  await expect(page.getByText(`You no longer act as ${bob.name}.`)).toBeVisible()
})

test('on a phone without JavaScript each act asks on a page of its own', async ({ visit }) => {
  const [admin, ada] = [await administrator(), somebody('ada')]
  await registerByScript(of, ada)
  for (let at = 0; at < 2; at += 1) await signInByScript(of, ada, FIREFOX_ON_WINDOWS)
  const page = await visit({ of, ...PHONE, javaScriptEnabled: false })
  await signIn(page, admin)
  await page.goto('/admin/users')
  await expectNoOverflow(page)
  await find(page, ada)
  await expectNoOverflow(page)
  await page
    .getByRole('link', { name: /^End the session on Firefox/ })
    .first()
    .click()
  await expect(page.getByRole('heading', { name: /^End the session on Firefox/ })).toBeVisible()
  await page.getByRole('button', { name: 'End the session' }).click()
  await expect(page.getByText('One session has ended.')).toBeVisible()

  await page.goto(`/admin/sessions?q=${ada.name}`)
  await expectNoOverflow(page)
  await page.getByRole('checkbox', { name: /Firefox 140 on Windows/ }).check()
  await page.getByRole('button', { name: 'End selected' }).click()
  await expect(page.getByRole('heading', { name: 'End one session?' })).toBeVisible()
  await page.getByRole('button', { name: 'End them' }).click()
  await expect(page.getByText('One session has ended.')).toBeVisible()

  await page.goto(`/admin/users?q=${ada.name}`)
  await page.getByRole('link', { name: ada.name, exact: true }).click()
  await page.getByRole('link', { name: 'Act as this person' }).click()
  await page.getByLabel('Reason').fill('ticket 99')
  await page.getByRole('button', { name: 'Act as this person' }).click()
  await expect(page.getByText('Reason: ticket 99')).toBeVisible()
  await expectNoOverflow(page)
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByText(`You no longer act as ${ada.name}.`)).toBeVisible()
})
