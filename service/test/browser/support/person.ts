import type { Page } from '@playwright/test'
import type { Service } from './service.js'
import { expect } from './test.js'

export interface Person {
  readonly name: string
  readonly password: string
}

let count = 0

/** Somebody whom no other test knows. */
export function somebody(name = 'person'): Person {
  count += 1
  return { name: `${name}-${String(count)}`, password: `correct horse ${String(count)} staple` }
}

/** Browsers as they name themselves. */
export const FIREFOX_ON_WINDOWS =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
export const SAFARI_ON_IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'
export const CHROME_ON_MAC =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'

/** Fills in the form that stands on the page, and sends it. */
export async function register(page: Page, person: Person): Promise<void> {
  await page.getByLabel('Username or email').fill(person.name)
  await page.getByLabel('Password').fill(person.password)
  await page.getByRole('main').getByRole('button', { name: 'Create account' }).click()
}

/** Makes the account and arrives on the dashboard. */
export async function arrive(page: Page, person: Person): Promise<void> {
  await page.goto('/register')
  await register(page, person)
  await expect(page).toHaveURL('/dashboard')
}

/** Fills in the form that stands on the page, and sends it. */
export async function fillSignIn(
  page: Page,
  person: Person,
  { remember = false }: { readonly remember?: boolean } = {},
): Promise<void> {
  await page.getByLabel('Username or email').fill(person.name)
  await page.getByLabel('Password').fill(person.password)
  if (remember) await page.getByLabel('Stay signed in on this device').check()
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click()
}

/** Signs in and arrives on the dashboard. */
export async function signIn(
  page: Page,
  person: Person,
  options: { readonly remember?: boolean } = {},
): Promise<void> {
  await page.goto('/login')
  await fillSignIn(page, person, options)
  await expect(page).toHaveURL('/dashboard')
}

/** An account that a program made: quicker than a browser, where the test is about another one. */
export async function registerByScript(of: Service, person: Person): Promise<void> {
  await post(of, '/register', person, 'Script/1.0')
}

/** One more device of the person: a program, which calls itself `userAgent`. */
export async function signInByScript(
  of: Service,
  person: Person,
  userAgent: string,
): Promise<void> {
  await post(of, '/login', person, userAgent)
}

async function post(
  of: Service,
  path: string,
  { name, password }: Person,
  userAgent: string,
): Promise<void> {
  const answer = await fetch(new URL(path, of.origin), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    body: JSON.stringify({ username: name, password }),
  })
  expect(answer.ok, `${path}: ${String(answer.status)}`).toBe(true)
}

/** The form in the header that every signed-in page has. Where a script sends it, the next page comes a moment later. */
export async function signOut(page: Page): Promise<void> {
  await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/signed-out/)
}

/** The public id of the session, as the profile shows it. */
export async function sessionId(page: Page): Promise<string> {
  const answer = await page.request.get('/session', { headers: { accept: 'application/json' } })
  const { id } = (await answer.json()) as { id: string }
  return id
}
