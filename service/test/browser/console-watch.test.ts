/** Administrators who watch: the feed, an export, the keys, and somebody who is locked out. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { registerByScript, sessionId, signIn, somebody, type Person } from './support/person.js'
import { startService, type Service } from './support/service.js'
import { expect, test } from './support/test.js'

const ADMIN_TOKEN = randomBytes(32).toString('base64url')

let service: Service
let admin: Person
let page: Page

test.beforeAll(async ({ browser }) => {
  service = await startService({ env: { ADMIN_TOKEN, MAX_LOGIN_ATTEMPTS: '3' } })
  admin = somebody('admin')
  await registerByScript(service, admin)
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }
  const found = await fetch(`${service.origin}/admin/users?q=${admin.name}`, { headers })
  const { users } = (await found.json()) as { users: { id: string }[] }
  await fetch(`${service.origin}/admin/users/${users[0]?.id ?? ''}/role`, {
    ...{ method: 'POST', headers, body: '{"role":"admin"}' },
  })
  const context = await browser.newContext({ baseURL: service.origin })
  page = await context.newPage()
  await signIn(page, admin)
})
test.afterAll(() => service.stop())

const login = (person: Person, password = person.password) =>
  fetch(`${service.origin}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'Script/2.0' },
    body: JSON.stringify({ username: person.name, password }),
  })

test('events are filtered by a form whose address can be shared, followed, paused and exported', async () => {
  const person = somebody('watched')
  await registerByScript(service, person)
  await page.goto('/admin/audit')
  await page.getByLabel('What').selectOption({ label: 'Sign-ins' })
  await page.getByLabel('Person').fill(person.name)
  await page.getByRole('button', { name: 'Show' }).click()
  await expect(page).toHaveURL(/event=sign-ins.*person=watched/)
  const events = page.getByRole('listitem').filter({ has: page.getByText('Facts') })
  await expect(events.first()).toContainText('Signed in')
  const before = await events.count()
  await page.getByRole('button', { name: 'Follow' }).click()
  await expect(page.getByText('New events appear at the top.')).toBeVisible()
  await login(person, 'this one is wrong')
  await expect(events.first()).toContainText('A sign-in failed: wrong name or password')
  await expect(page.getByRole('status').filter({ hasText: '1 new' })).toBeVisible()
  expect(await events.count()).toBe(before + 1)
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByText('Paused.')).toBeVisible()
  await events.first().getByText('Facts').click()
  await expect(events.first().getByText('credentials_invalid')).toBeVisible()
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download CSV' }).click(),
  ])
  expect(file.suggestedFilename()).toMatch(/^sojourn-audit-.*\.csv$/)
  const text = await readFile(await file.path(), 'utf8')
  expect(text.split('\r\n')).toHaveLength(before + 3)
  await events.first().getByRole('link', { name: person.name }).click()
  await expect(page.getByRole('heading', { level: 1, name: person.name })).toBeVisible()
})

test('a filter that is none comes back with the form', async () => {
  await page.goto('/admin/audit?person=nobody-here&address=x')
  await expect(page.getByRole('alert')).toContainText('That filter cannot be used')
  await expect(page.getByLabel('Person')).toHaveValue('nobody-here')
})

test('rotating keys says first what would happen, and asks for the password after a while', async () => {
  await service.forgetSignIn(await sessionId(page), 60)
  await page.goto('/admin/keys')
  await page.getByRole('link', { name: 'Rotate' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('Nothing has been changed yet.')
  await expect(dialog).toContainText('A new key (EdDSA) is published, and does not sign yet.')
  await dialog.getByRole('button', { name: 'Rotate' }).click()
  await page.getByLabel('Password').fill(admin.password)
  await page.keyboard.press('Enter')
  await expect(page.getByText('The signing key is being rotated.')).toBeVisible()
  await expect(page.getByText('Waits to sign')).toBeVisible()
})

test('somebody who is locked out is looked up, cleared, and gets in', async () => {
  const person = somebody('locked')
  await registerByScript(service, person)
  for (let count = 0; count < 3; count += 1) await login(person, 'this one is wrong')
  expect((await login(person)).status).toBe(429)
  await page.goto('/admin/limits')
  await page.getByLabel('Person').fill(person.name)
  await page.getByLabel('Address or network').fill('127.0.0.1')
  await page.getByRole('button', { name: 'Look up' }).click()
  await expect(page.getByText(/^Locked for/)).toHaveCount(1)
  await page.getByRole('link', { name: 'Clear these counts' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Clear these counts' }).click()
  await expect(page.getByText('The counts are cleared.')).toBeVisible()
  await expect(page.getByText(/^Locked for/)).toHaveCount(0)
  expect((await login(person)).status).toBe(200)
})
