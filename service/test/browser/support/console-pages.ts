/** The pages of the console, each with something on it: what `every-page.ts` is for people. */
import { at, type PageState, type Stage } from './page-state.js'
import {
  arrive,
  FIREFOX_ON_WINDOWS,
  registerByScript,
  signIn,
  signInByScript,
  somebody,
} from './person.js'
import type { Service } from './service.js'
import { expect, type Visit } from './test.js'

/** Somebody's page, as a person gets there: by searching. */
async function openPerson({ page, person }: Stage): Promise<void> {
  await page.goto(`/admin/users?q=${person.name}`)
  await page.getByRole('main').getByRole('link', { name: person.name }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(person.name)
}

/** A link that asks in a dialog what its page would ask. */
function dialogOf(open: PageState['open'], name: string | RegExp): PageState['open'] {
  return async (stage) => {
    await open(stage)
    await stage.page.getByRole('link', { name }).first().click()
    await expect(stage.page.getByRole('dialog')).toBeVisible()
  }
}

/** In order: later ones have ended something. */
export const CONSOLE_PAGES: readonly PageState[] = [
  { name: 'console-overview', status: 200, open: at('/admin') },
  { name: 'console-people', status: 200, open: at('/admin/users') },
  { name: 'console-people-none', status: 200, open: at('/admin/users?q=nobody-at-all') },
  { name: 'console-person', status: 200, open: openPerson },
  {
    name: 'console-person-dialog',
    status: 200,
    isDialog: true,
    open: dialogOf(openPerson, /^End all|^End every/),
  },
  {
    name: 'console-person-impersonate',
    status: 200,
    async open(stage) {
      await openPerson(stage)
      const link = stage.page.locator('a[href*="act=impersonate"]')
      await stage.page.goto((await link.getAttribute('href')) ?? '')
    },
  },
  { name: 'console-sessions', status: 200, open: at('/admin/sessions') },
  { name: 'console-sessions-none', status: 200, open: at('/admin/sessions?q=nobody-at-all') },
  { name: 'console-end-everybody', status: 200, open: at('/admin/confirm?act=end-everybody') },
  { name: 'console-events', status: 200, open: at('/admin/audit') },
  {
    name: 'console-events-nobody',
    status: 404,
    isReworded: true,
    open: at('/admin/audit?userId=nobody-at-all'),
  },
  { name: 'console-keys', status: 200, open: at('/admin/keys') },
  { name: 'console-limits', status: 200, open: at('/admin/limits') },
  { name: 'console-store', status: 200, open: at('/admin/store') },
  {
    name: 'console-not-found',
    status: 404,
    isReworded: true,
    open: at('/admin/users/nobody-at-all'),
  },
]

/** An administrator, and somebody with two devices and a failed sign-in, whom the pages show. */
export async function consoleStage(of: Service, visit: Visit, adminToken: string): Promise<Stage> {
  const [administrator, person] = [somebody('admin'), somebody('shown')]
  await registerByScript(of, person)
  await signInByScript(of, person, FIREFOX_ON_WINDOWS)
  const page = await visit({ of })
  await arrive(page, administrator)
  await promote(of, await accountId(page), adminToken)
  await signIn(page, administrator)
  return { page, of, person }
}

async function accountId(page: Stage['page']): Promise<string> {
  await page.goto('/profile')
  return page.locator('dt', { hasText: 'Account' }).locator('..').locator('code').innerText()
}

/** Ends the sessions of the account, as a new role does. */
async function promote(of: Service, id: string, adminToken: string): Promise<void> {
  const answer = await fetch(`${of.origin}/admin/users/${id}/role`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${adminToken}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ role: 'admin' }),
  })
  expect(answer.status, await answer.text()).toBe(200)
}
