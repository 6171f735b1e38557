import { randomBytes } from 'node:crypto'
import type { Locator, Page } from '@playwright/test'
import { signInByScript, somebody, type Person } from './support/person.js'
import { startService, type Service } from './support/service.js'
import { expect, test } from './support/test.js'

const TOKEN = randomBytes(32).toString('base64url')
let service: Service
let boss: Person

test.beforeAll(async () => {
  service = await startService({ store: 'redis', env: { ADMIN_TOKEN: TOKEN } })
  boss = somebody('boss')
  const { name: username, password } = boss
  const { user } = (await post('/register', { username, password })) as { user: { id: string } }
  await post(`/admin/users/${user.id}/role`, { role: 'admin' })
})
test.afterAll(async () => {
  await service.stop()
})

async function post(path: string, body: object): Promise<unknown> {
  const isOurs = path.startsWith('/admin/')
  const headers = {
    'content-type': 'application/json',
    ...(isOurs ? { authorization: `Bearer ${TOKEN}` } : {}),
  }
  const answer = await fetch(service.origin + path, {
    ...{ method: 'POST', headers },
    body: JSON.stringify(body),
  })
  expect(answer.ok, `${path}: ${String(answer.status)}`).toBe(true)
  return answer.json()
}

/** Opens the overview as an administrator. */
async function open(page: Page): Promise<void> {
  await page.goto('/login?returnTo=%2Fadmin')
  await page.getByLabel('Username or email').fill(boss.name)
  await page.getByLabel('Password').fill(boss.password)
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL('/admin')
}

const tile = (page: Page, name: string): Locator =>
  page.locator(`[data-tile="${name}"] .tile-value`)

/** How many pixels of each chart are drawn on. */
function inked(page: Page): Promise<number[]> {
  return page.locator('.plot canvas').evaluateAll((all) =>
    all.map((one) => {
      const { width, height } = one as HTMLCanvasElement
      const context = (one as HTMLCanvasElement).getContext('2d')
      const pixels = context?.getImageData(0, 0, width, height).data ?? []
      return pixels.filter((value, place) => place % 4 === 3 && value > 0).length
    }),
  )
}

test('the overview draws what goes on, follows it, and has gaps where nobody knows', async ({
  visit,
}) => {
  const page = await visit({ of: service })
  await open(page)
  const line = page.locator('.live-line')
  await expect(line).toHaveText('Live: a new point every 5 seconds')
  await expect(page.locator('.plot canvas')).toHaveCount(6)
  for (const pixels of await inked(page)) expect(pixels).toBeGreaterThan(500)

  // That of this page, and two from elsewhere.
  await signInByScript(service, boss, 'Script/1.0')
  await signInByScript(service, boss, 'Script/2.0')
  await expect(tile(page, 'signIns')).toHaveText('3')
  await expect(tile(page, 'failures')).toHaveText('0')

  const chart = page.getByRole('region', { name: 'Sign-ins' })
  await chart.getByText('Numbers as a table').click()
  service.redis?.pause()
  await expect(tile(page, 'store')).toHaveText('no answer')
  await expect(chart.locator('tbody tr').first()).toContainText('no answer')
  await expect(chart.locator('.chart-summary')).toContainText('Sign-ins: no answer now')
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
  service.redis?.resume()

  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(line).toHaveText('Paused')
  // A stream that ends at once, as from a service that stops.
  const lost = { status: 200, contentType: 'text/event-stream', body: '' }
  await page.route('**/admin/stream', (route) => route.fulfill(lost))
  await page.getByRole('button', { name: 'Go on' }).click()
  await expect(line).toHaveText(/^Not connected/)
  await page.unroute('**/admin/stream')
  await expect(line).toHaveText('Live: a new point every 5 seconds')
  await expect(tile(page, 'store')).toHaveText('answers')
})

test('the overview fits a phone, and says what it knows without JavaScript', async ({ visit }) => {
  const phone = await visit({ of: service, viewport: { width: 390, height: 844 } })
  await open(phone)
  await expect(phone.locator('.live-line')).toHaveText(/^Live/)
  const width = await phone.evaluate(() => document.documentElement.scrollWidth)
  expect(width).toBe(390)
  const plots = await phone.locator('.plot').evaluateAll((all) => all.map((one) => one.clientWidth))
  for (const wide of plots) expect(wide).toBeGreaterThan(280)

  const plain = await visit({ of: service, javaScriptEnabled: false })
  await open(plain)
  await expect(plain.locator('.live-line')).toContainText('The page shows the moment it was loaded')
  await expect(plain.locator('.plot').first()).toBeHidden()
  await expect(plain.getByRole('button', { name: 'Pause' })).toBeHidden()
  await expect(tile(plain, 'store')).toHaveText('answers')
  await plain.getByText('Numbers as a table').first().click()
  await expect(plain.locator('details[open] tbody tr').first()).toBeVisible()
})
