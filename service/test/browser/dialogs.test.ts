/** What the script of the members' pages does: it asks, warns, closes the page at the end, and stays out of the way otherwise. */
import type { Page } from '@playwright/test'
import {
  arrive,
  fillSignIn,
  FIREFOX_ON_WINDOWS,
  registerByScript,
  SAFARI_ON_IPHONE,
  sessionId,
  signIn,
  signInByScript,
  signOut,
  somebody,
} from './support/person.js'
import { elsewhere, expectClosed } from './support/elsewhere.js'
import { startService } from './support/service.js'
import { expect, test } from './support/test.js'

const JSON_PLEASE = { accept: 'application/json' }

test('S1-18: a page that stays open warns before the end, stays when asked to, and says why it is over', async ({
  visit,
}) => {
  const of = await startService({ env: { SESSION_IDLE: '20s' } })
  try {
    const person = somebody()
    const page = await visit({ of })
    await arrive(page, person)
    const dialog = page.locator('sojourn-expiry').getByRole('alertdialog')
    await expect(dialog).toContainText('Are you still there?')
    await expect(dialog).toContainText(/You will be signed out in 1\d seconds, so that nobody/)
    const colours = await page.evaluate(() => {
      const root = document.querySelector('sojourn-expiry')?.shadowRoot
      const main = root?.querySelector('[part~=main]')
      const own = document.createElement('p')
      own.className = 'button button-main'
      document.body.append(own)
      const both = [main, own].map((one) => one && getComputedStyle(one).backgroundColor)
      own.remove()
      return both
    })
    expect(colours[0], 'it has the colours of the page').toBe(colours[1])
    await dialog.getByRole('button', { name: 'Stay signed in' }).click()
    await expect(dialog).toBeHidden()
    const { lastSeenAt, serverTime } = (await (
      await page.request.get('/session', { headers: { ...JSON_PLEASE, 'sojourn-passive': '1' } })
    ).json()) as Record<string, string>
    expect(Date.parse(serverTime ?? '') - Date.parse(lastSeenAt ?? '')).toBeLessThan(5_000)

    const id = await sessionId(page)
    const cookie = (await page.context().cookies())
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
    await elsewhere(of, person, (send) => send('DELETE', `/sessions/${id}`))
    await expectClosed(page, person, 'This session was ended from your list of devices.')
    const refused = await fetch(`${of.origin}/session`, { headers: { ...JSON_PLEASE, cookie } })
    expect([refused.status, await refused.json()]).toEqual([
      401,
      expect.objectContaining({ code: 'session_ended', reason: 'logged_out_elsewhere' }),
    ])
    await page.getByRole('link', { name: 'Sign in again' }).click()
    await expect(page).toHaveURL('/login?returnTo=%2Fdashboard&reason=logged_out_elsewhere')
    await fillSignIn(page, person)
    await expect(page, 'and back').toHaveURL('/dashboard')
    // Before the service, whose end it would tell of.
    await page.context().close()
  } finally {
    await of.stop()
  }
})

/** The page asks for its session when the browser is online again; not more than once in two seconds. */
async function lookAgainUntil(page: Page, isSo: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await page.evaluate(() => dispatchEvent(new Event('online')))
    await isSo()
  }).toPass()
}

test('a new password and a sign-out in another tab close the page at once; a store that is away does not', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody('private')
  const page = await visit({ of })
  await arrive(page, person)

  await test.step('nobody is signed out by a store that is away, and the page says so', async () => {
    const away = page.getByText('We cannot check your session right now')
    of.redis?.pause()
    try {
      await lookAgainUntil(page, () => expect(away).toBeVisible({ timeout: 2_000 }))
      await expect(away).toHaveRole('status')
      await expect(page.getByRole('heading', { level: 1 })).toContainText(person.name)
    } finally {
      of.redis?.resume()
    }
    await lookAgainUntil(page, () => expect(away).toHaveCount(0, { timeout: 2_000 }))
  })

  await test.step('a new password', async () => {
    const next = { ...person, password: 'quite another staple' }
    await elsewhere(of, person, (send) =>
      send('POST', '/password', { currentPassword: person.password, newPassword: next.password }),
    )
    await expectClosed(page, person, 'Your password was changed')
    await page.getByRole('link', { name: 'Sign in again' }).click()
    await expect(page.getByRole('status')).toContainText('Your password was changed')
    await fillSignIn(page, next)
    await expect(page).toHaveURL('/dashboard')
  })

  await test.step('the other tab of a sign-out', async () => {
    const other = await page.context().newPage()
    await other.goto('/profile')
    await expect(other.getByRole('heading', { level: 1 })).toBeVisible()
    // Nobody looks at it: so it asks nothing by itself.
    await other.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden' })
      document.dispatchEvent(new Event('visibilitychange'))
    })
    await signOut(page)
    await expect(page).toHaveURL('/signed-out?reason=logged_out')
    await expectClosed(other, person, 'You have signed out')
    expect(await other.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0)
    await other.getByRole('link', { name: 'Go to the start page' }).click()
    await expect(other).toHaveURL('/')
  })
})

test('ending a device asks first, and asks for the password where that is long ago', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody()
  const page = await visit({ of })
  await arrive(page, person)
  for (const agent of [FIREFOX_ON_WINDOWS, SAFARI_ON_IPHONE]) {
    await signInByScript(of, person, agent)
  }
  await page.goto('/sessions')
  const entries = page.getByRole('main').getByRole('listitem')
  const end = page.getByRole('link', { name: 'End the session on Firefox 140 on Windows' })
  const dialog = page.getByRole('dialog')

  await test.step('Escape and the way back change nothing, and the keyboard is where it was', async () => {
    await end.focus()
    await page.keyboard.press('Enter')
    await expect(dialog).toContainText('End the session on Firefox 140 on Windows?')
    await expect(dialog).toContainText('This cannot be undone')
    const keep = dialog.getByRole('link', { name: 'Keep it signed in' })
    await expect(keep).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    await expect(end).toBeFocused()
    await end.click()
    await keep.click()
    await expect(dialog).toHaveCount(0)
    await expect(page).toHaveURL('/sessions')
    await expect(entries).toHaveCount(3)
  })

  await test.step('yes ends it, without another page', async () => {
    await end.click()
    await dialog.getByRole('button', { name: 'End the session' }).click()
    await expect(page.getByRole('status')).toContainText('That device is signed out.')
    await expect(dialog).toHaveCount(0)
    await expect(entries).toHaveCount(2)
    await expect(page.getByRole('main')).toBeFocused()
  })

  await test.step('an old sign-in: the password in place, its mistakes too, and then it is done', async () => {
    await of.forgetSignIn(await sessionId(page), 16)
    await page.getByRole('link', { name: 'End all others' }).click()
    await expect(dialog).toContainText('End every session except this one?')
    await dialog.getByRole('button', { name: 'End all others' }).click()
    const password = dialog.getByLabel('Password')
    await expect(password).toBeFocused()
    await expect(dialog.getByLabel('Signed in as')).toHaveValue(person.name)
    await password.fill('not the password')
    await password.press('Enter')
    await expect(dialog.getByRole('alert')).toContainText('That is not your password')
    await expect(password).toHaveValue('')
    await expect(entries).toHaveCount(2)
    await password.fill(person.password)
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await expect(page.getByRole('status')).toContainText('One other device was signed out.')
    await expect(entries).toHaveCount(1)
    await expect(dialog).toHaveCount(0)
    await signOut(page)
    await expect(page, 'the forms have the new token').toHaveURL('/signed-out?reason=logged_out')
  })
})

test('a locked account and a service that is away are told in the dialog, and lose nothing', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody()
  const page = await visit({ of })
  await arrive(page, person)
  await signInByScript(of, person, FIREFOX_ON_WINDOWS)
  await page.goto('/sessions')
  await of.forgetSignIn(await sessionId(page), 16)
  const dialog = page.getByRole('dialog')
  await page.getByRole('link', { name: 'End the session on' }).click()
  of.redis?.pause()
  try {
    await dialog.getByRole('button', { name: 'End the session' }).click()
    await expect(dialog.getByRole('alert')).toContainText('We cannot check your session right now')
  } finally {
    of.redis?.resume()
  }
  await dialog.getByRole('button', { name: 'End the session' }).click()
  const password = dialog.getByLabel('Password')
  for (let tries = 0; tries < 12; tries += 1) {
    await password.fill('not the password')
    await password.press('Enter')
    await expect(dialog.getByRole('alert')).toBeVisible()
    if (/Try again in/.test(await dialog.innerText())) break
    await expect(password).toHaveValue('')
  }
  await expect(dialog.getByRole('alert')).toContainText(/Too many tries. Try again in \d+ \w+/)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('main').getByRole('listitem'), 'nothing has ended').toHaveCount(2)
})

test('a second click on what sends a form does nothing, and shows that the first one does', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('sqlite')
  const person = somebody()
  const page = await visit({ of })
  await page.goto('/register')
  const sent: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST') sent.push(new URL(request.url()).pathname)
  })
  await page.getByLabel('Username or email').fill(person.name)
  await page.getByLabel('Password').fill(person.password)
  const button = page.getByRole('main').getByRole('button', { name: 'Create account' })
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => (answer = resolve))
  await page.route('**/register', async (route) => {
    await answered
    await route.continue()
  })
  const state = await button.evaluate(async (one: HTMLButtonElement) => {
    const aMoment = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 150))
    one.click()
    await aMoment()
    const busy = [one.ariaDisabled, one.form?.ariaBusy]
    one.click()
    await aMoment()
    return busy
  })
  expect(state).toEqual(['true', 'true'])
  answer()
  await expect(page).toHaveURL('/dashboard')
  expect(sent).toEqual(['/register'])
})

test('without JavaScript pages ask the same, and the password in between', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody()
  await registerByScript(of, person)
  await signInByScript(of, person, FIREFOX_ON_WINDOWS)
  const page = await visit({ of, javaScriptEnabled: false })
  await signIn(page, person)
  await page.goto('/sessions')
  await of.forgetSignIn(await sessionId(page), 16)
  await page.getByRole('link', { name: 'End the session on Firefox' }).click()
  await expect(page).toHaveURL(/\/sessions\/[^/]+\/end$/)
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Firefox 140 on Windows?')
  await page.getByRole('button', { name: 'End the session' }).click()
  await expect(page).toHaveURL(/\/reauthenticate\?returnTo=%2Fsessions%2F[^%]+%2Fend$/)
  await page.getByLabel('Password').fill(person.password)
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Firefox 140 on Windows?')
  await page.getByRole('button', { name: 'End the session' }).click()
  await expect(page).toHaveURL('/sessions')
  await expect(page.getByRole('status')).toContainText('That device is signed out.')
  await page.goBack()
  await expect(page, 'what is gone cannot be ended').toHaveURL('/sessions')
})
