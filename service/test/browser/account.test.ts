/** The smaller things that happen on the way: mistakes, old sign-ins, other devices, new passwords. */
import { fits } from './support/examine.js'
import {
  arrive,
  CHROME_ON_MAC,
  fillSignIn,
  FIREFOX_ON_WINDOWS,
  register,
  registerByScript,
  SAFARI_ON_IPHONE,
  sessionId,
  signIn,
  signInByScript,
  signOut,
  somebody,
} from './support/person.js'
import { expect, test } from './support/test.js'

// What a page does is the same on each store; that stores are alike, the walks and their conformance suite show.
for (const store of ['redis'] as const) {
  test(`end all others, on ${store}`, async ({ serviceOn, visit }) => {
    const of = await serviceOn(store)
    const person = somebody()
    const here = await visit({ of, userAgent: CHROME_ON_MAC })
    const there = await visit({ of, userAgent: FIREFOX_ON_WINDOWS })
    await arrive(here, person)
    await signIn(there, person)
    await signInByScript(of, person, SAFARI_ON_IPHONE)
    await here.goto('/sessions')
    await expect(here.getByRole('main').getByRole('listitem')).toHaveCount(3)
    await here.getByRole('link', { name: 'End all others' }).click()
    await here.getByRole('button', { name: 'End all others' }).click()
    await expect(here.getByRole('status')).toContainText('2 other devices were signed out.')
    await expect(here.getByRole('main').getByRole('listitem')).toHaveCount(1)
    await there.reload()
    await expect(there).toHaveURL('/login?returnTo=%2Fdashboard&reason=logged_out_elsewhere')
    await expect(there.getByRole('status')).toContainText('Signed out from another device')
  })

  test(`a new password ends the other browser and says so, on ${store}`, async ({
    serviceOn,
    visit,
  }) => {
    const of = await serviceOn(store)
    const person = somebody()
    const here = await visit({ of })
    const there = await visit({ of })
    await arrive(here, person)
    await signIn(there, person)

    await here.goto('/security')
    await here.getByLabel('Current password').fill('not the password')
    await here.getByLabel('New password').fill('another fine password')
    await here.getByRole('button', { name: 'Change password' }).click()
    await expect(here.getByRole('alert')).toContainText('That is not your password')
    for (const label of ['Current password', 'New password']) {
      await expect(here.getByLabel(label)).toHaveValue('')
    }
    await there.reload()
    await expect(there).toHaveURL('/dashboard')

    await here.getByLabel('Current password').fill(person.password)
    await here.getByLabel('New password').fill('another fine password')
    await here.getByRole('button', { name: 'Change password' }).click()
    await expect(here).toHaveURL('/security')
    await expect(here.getByRole('status')).toContainText('one other device was signed out')
    await there.reload()
    await expect(there).toHaveURL('/login?returnTo=%2Fdashboard&reason=password_changed')
    await expect(there.getByRole('status')).toContainText('Your password was changed')
    await fillSignIn(there, person)
    await expect(there.getByRole('alert')).toContainText('do not match')
    await fillSignIn(there, { ...person, password: 'another fine password' })
    await expect(there).toHaveURL('/dashboard')
  })

  test(`an old sign-in has to be confirmed before it ends others, on ${store}`, async ({
    serviceOn,
    visit,
  }) => {
    const of = await serviceOn(store)
    const person = somebody()
    // With JavaScript a dialog asks instead: see dialogs.test.ts.
    const here = await visit({ of, javaScriptEnabled: false })
    const there = await visit({ of, userAgent: FIREFOX_ON_WINDOWS })
    await arrive(here, person)
    await signIn(there, person)
    await of.forgetSignIn(await sessionId(here), 16)

    await here.goto('/sessions')
    await here.getByRole('link', { name: 'End all others' }).click()
    await here.getByRole('button', { name: 'End all others' }).click()
    await expect(here).toHaveURL('/reauthenticate?returnTo=%2Fsessions%2Frevoke-others')
    await expect(here.getByRole('heading', { level: 1 })).toHaveText('Confirm it is you')
    await expect(here.getByLabel('Signed in as')).toHaveValue(person.name)
    await there.reload()
    await expect(there, 'nothing has ended yet').toHaveURL('/dashboard')

    await here.getByLabel('Password').fill('not the password')
    await here.getByRole('button', { name: 'Confirm' }).click()
    await expect(here.getByRole('alert')).toContainText('That is not your password')
    await expect(here.getByLabel('Password')).toHaveValue('')
    await here.getByLabel('Password').fill(person.password)
    await here.getByRole('button', { name: 'Confirm' }).click()
    await expect(here).toHaveURL('/sessions/revoke-others')
    await expect(here.getByRole('status')).toContainText('You can go on')
    await here.getByRole('button', { name: 'End all others' }).click()
    await expect(here.getByRole('status')).toContainText('One other device was signed out.')
    await there.reload()
    await expect(there).toHaveURL(/reason=logged_out_elsewhere/)
  })
}

test('a wrong password keeps the name and the way, and never the password', async ({
  serviceOn,
  visit,
}) => {
  const page = await visit({ of: await serviceOn('sqlite') })
  const person = somebody()
  await arrive(page, person)
  await signOut(page)
  await page.goto('/profile')
  await expect(page.getByRole('status')).toContainText('Sign in to see that page')
  const wrong = 'hunter2 hunter2 hunter2'
  await fillSignIn(page, { ...person, password: wrong }, { remember: true })
  await expect(page).toHaveTitle(/^Problem: /)
  await expect(page.getByRole('alert')).toContainText('That username and password do not match.')
  await expect(page.getByLabel('Username or email')).toHaveValue(person.name)
  await expect(page.getByLabel('Stay signed in on this device')).toBeChecked()
  await expect(page.getByLabel('Password')).toHaveValue('')
  expect(await page.content()).not.toContain(wrong)
  await fillSignIn(page, person)
  await expect(page).toHaveURL('/profile')
})

test('an unknown name is answered as a wrong password is', async ({ serviceOn, visit }) => {
  const page = await visit({ of: await serviceOn('sqlite') })
  const person = somebody()
  await arrive(page, person)
  await signOut(page)
  const answers: string[] = []
  for (const name of [person.name, `nobody-${person.name}`]) {
    await page.goto('/login')
    await fillSignIn(page, { name, password: 'not the password' })
    await expect(page.getByRole('alert')).toBeVisible()
    answers.push((await page.content()).replaceAll(name, 'NAME'))
  }
  expect(answers[1]).toBe(answers[0])
})

test('a taken name is refused in words beside its field', async ({ serviceOn, visit }) => {
  const of = await serviceOn('sqlite')
  const person = somebody()
  await registerByScript(of, person)
  const page = await visit({ of })
  await page.goto('/register?returnTo=%2Fsecurity')
  await register(page, { ...person, password: 'somebody else entirely' })
  const field = page.getByLabel('Username or email')
  await expect(field).toHaveValue(person.name)
  await expect(field).toHaveAccessibleDescription(/That name is taken/)
  await expect(page.getByLabel('Password')).toHaveValue('')
  expect(await page.content()).not.toContain('somebody else entirely')
  await register(page, somebody())
  await expect(page, 'the way is kept through the mistake').toHaveURL('/security')
})

test('signing out everywhere ends every browser, after a page that asks', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody()
  const here = await visit({ of })
  const there = await visit({ of })
  await arrive(here, person)
  await signIn(there, person)
  await here.goto('/logout?returnTo=%2Fprofile')
  await here.getByRole('link', { name: 'Stay signed in' }).click()
  await expect(here).toHaveURL('/profile')
  await here.goto('/logout')
  await here.getByRole('button', { name: 'Sign out on all devices' }).click()
  await expect(here).toHaveURL('/signed-out?reason=logged_out')
  await there.reload()
  await expect(there).toHaveURL(/reason=logged_out_elsewhere/)
  await expect(there.getByRole('status')).toContainText('If that was not you')
  await fillSignIn(there, person)
  await there.goto('/signed-out?reason=logged_out')
  await expect(there, 'nobody is told to be signed out who is not').toHaveURL('/dashboard')
})

test('the device in use leads the list, and each device is on one page, however many there are', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody()
  const page = await visit({ of, userAgent: CHROME_ON_MAC })
  await arrive(page, person)
  for (let index = 0; index < 21; index += 1) await signInByScript(of, person, `Script${index}/1.0`)
  await page.goto('/sessions')
  const names: string[] = []
  for (;;) {
    names.push(
      ...(await page.getByRole('main').getByRole('listitem').getByRole('heading').allInnerTexts()),
    )
    const more = page.getByRole('link', { name: 'More devices' })
    if ((await more.count()) === 0) break
    await more.click()
    await expect(page.getByRole('link', { name: 'Back to the first devices' })).toBeVisible()
  }
  expect(names[0]).toContain('Chrome 141 on macOS')
  expect(names[0]).toContain('This device')
  const scripts = Array.from({ length: 21 }, (_, index) => `Script${index} 1`)
  expect(names.slice(1).sort()).toEqual(scripts.sort())
})

test('a device is called what its person calls it, however long and wide, and by its browser again without a name', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const page = await visit({ of, userAgent: CHROME_ON_MAC })
  await arrive(page, somebody())
  const first = page.getByRole('main').getByRole('listitem').first()
  for (const name of ['Küche', 'W'.repeat(64), '👩‍🚀'.repeat(12)]) {
    await page.goto('/sessions')
    await first.getByRole('link', { name: 'Rename' }).click()
    await page.getByLabel('Name').fill(name)
    await page.getByRole('button', { name: 'Save the name' }).click()
    await expect(page.getByRole('status')).toHaveText('The name is saved.')
    await expect(first.getByRole('heading')).toContainText(name)
    await expect(first).toContainText('Chrome 141 on macOS')
    await fits(`devices, ${name}`, page)
  }
  await first.getByRole('link', { name: 'Rename' }).click()
  await fits('the name of a device', page)
  await page.getByRole('link', { name: 'Leave it as it is' }).click()
  await first.getByRole('link', { name: 'Rename' }).click()
  await page.getByLabel('Name').fill('')
  await page.keyboard.press('Enter')
  await expect(first.getByRole('heading')).toContainText('Chrome 141 on macOS')
})

test('the dashboard and the list of devices agree on when the stay ends', async ({
  serviceOn,
  visit,
}) => {
  const page = await visit({ of: await serviceOn('sqlite') })
  await arrive(page, somebody())
  const ends = page.locator('dt', { hasText: 'Ends at the latest' }).locator('..').locator('time')
  const onDashboard = await ends.getAttribute('datetime')
  await page.goto('/sessions')
  expect(await ends.getAttribute('datetime')).toBe(onDashboard)
})

test('an address on another host is not returned to, however it is written', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('sqlite')
  const page = await visit({ of })
  await arrive(page, somebody())
  // Who is signed in already is sent on at once.
  await page.goto('/login?returnTo=%2Fprofile')
  await expect(page).toHaveURL('/profile')
  for (const address of [
    ...[
      '//evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      'https:evil.example',
      'https://evil.example',
    ],
    ...[
      '/%2f%2fevil.example',
      '/\t/evil.example',
      '/\n/evil.example',
      '\t//evil.example',
      '/%09/evil.example',
    ],
    ...[
      '//evil.example@localhost',
      `${of.origin}@evil.example`,
      '//evil\u3002example',
      'javascript:alert(1)',
    ],
  ]) {
    await page.goto(`/login?returnTo=${encodeURIComponent(address)}`)
    await expect(page, address).toHaveURL('/dashboard')
  }
})

test('S1-04: the dashboard opens with the session cookie and leads to sign-in without', async ({
  serviceOn,
  visit,
}) => {
  const page = await visit({ of: await serviceOn('sqlite') })
  const without = await page.goto('/dashboard')
  expect(without?.request().redirectedFrom()).not.toBeNull()
  await expect(page).toHaveURL('/login?returnTo=%2Fdashboard')
  await arrive(page, somebody())
  expect((await page.goto('/dashboard'))?.status()).toBe(200)
  await page.context().clearCookies()
  await page.goto('/dashboard')
  await expect(page).toHaveURL('/login?returnTo=%2Fdashboard')
})
