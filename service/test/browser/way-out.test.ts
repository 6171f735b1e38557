/** The way out: from every page of a signed-in person, and nobody else's concern. */
import { arrive, register, signOut, somebody } from './support/person.js'
import { startService } from './support/service.js'
import { expect, test } from './support/test.js'

/** Pages without a link from elsewhere. */
const UNLINKED = ['/logout', '/reauthenticate', '/signed-out', '/nowhere']

test('ASVS 7.4.4: every page of a signed-in person has a form that signs out', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('sqlite')
  const page = await visit({ of })
  await arrive(page, somebody())

  const found = new Set(['/dashboard', ...UNLINKED])
  for (const path of found) {
    await page.goto(path)
    const form = page.locator('form[method=post][action="/logout"]').first()
    const button = form.getByRole('button', { name: 'Sign out' })
    await expect(button, path).toBeVisible()
    await expect(button, path).toBeEnabled()
    await button.focus()
    await expect(button, path).toBeFocused()
    const links = await page
      .locator('a[href^="/"]')
      .evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''))
    for (const link of links) found.add(link)
  }
  for (const path of ['/', '/dashboard', '/sessions', '/security', '/profile']) {
    expect(found, 'found by following links').toContain(path)
  }
})

test('two services as they come, on two ports of http://localhost, leave each other in peace', async ({
  serviceOn,
  visit,
}) => {
  const first = await serviceOn('sqlite')
  const second = await startService()
  try {
    const page = await visit({ of: first, alsoAt: [second.origin] })
    const names = async (): Promise<string[]> =>
      (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).sort()
    const person = somebody()
    await arrive(page, person)
    const alone = await names()
    await page.goto(`${second.origin}/register`)
    await register(page, somebody())
    await expect(page).toHaveURL(`${second.origin}/dashboard`)
    const both = await names()
    // Each has a session there, and a device.
    expect(both).toHaveLength(4)
    expect(both).toEqual(expect.arrayContaining(alone))
    for (const { origin } of [first, second, first]) {
      await page.goto(`${origin}/`)
      await expect(page.getByRole('heading', { level: 1 })).toContainText('Welcome back')
      expect(await names(), 'the cookies are as they were').toEqual(both)
    }
    await page.goto(`${second.origin}/dashboard`)
    await signOut(page)
    await expect(page).toHaveURL(/\/signed-out/)
    // The browser stays known to the service that it has left: its device cookie opens nothing.
    const sessions = (list: readonly string[]): string[] =>
      list.filter((cookie) => !cookie.startsWith('device-'))
    const left = sessions(await names())
    expect(left, 'signing out of one removes its own cookie only').toEqual(sessions(alone))
    await page.goto('/dashboard')
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Hello, ${person.name}`)
  } finally {
    await second.stop()
  }
})
