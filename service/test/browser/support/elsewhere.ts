import type { Page } from '@playwright/test'
import type { Person } from './person.js'
import type { Service } from './service.js'
import { expect } from './test.js'

type Send = (method: string, path: string, body?: object) => Promise<Response>

/** What a program of the same person does, on another device: it signs in and has a token. */
export async function elsewhere(
  of: Service,
  { name, password }: Person,
  deed: (send: Send) => Promise<Response>,
): Promise<void> {
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  const credentials = JSON.stringify({ username: name, password, deliver: 'token' })
  const entered = await fetch(`${of.origin}/login`, { method: 'POST', headers, body: credentials })
  const { tokens } = (await entered.json()) as { tokens: { accessToken: string } }
  const authorization = `Bearer ${tokens.accessToken}`
  const answer = await deed((method, path, body) =>
    fetch(of.origin + path, {
      method,
      headers: { ...headers, authorization },
      body: body === undefined ? null : JSON.stringify(body),
    }),
  )
  expect(answer.status, await answer.clone().text()).toBe(200)
}

/** The page says that it is over, and nothing of what it showed is left in it. */
export async function expectClosed(page: Page, person: Person, words: string): Promise<void> {
  const over = page.getByRole('alertdialog')
  await expect(over).toContainText(words)
  await expect(page.locator('main, header, footer')).toHaveCount(0)
  expect(await page.content()).not.toContain(person.name)
  await page.keyboard.press('Escape')
  await expect(over, 'there is nothing behind it').toBeVisible()
}
