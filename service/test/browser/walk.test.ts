/** What a person does with the service, from the first visit to the last, on each store, with and without JavaScript. */
import {
  arrive,
  CHROME_ON_MAC,
  fillSignIn,
  FIREFOX_ON_WINDOWS,
  register,
  SAFARI_ON_IPHONE,
  sessionId,
  signIn,
  signOut,
  somebody,
} from './support/person.js'
import { STORES } from './support/service.js'
import { expect, test } from './support/test.js'

const WAYS = STORES.flatMap((store) =>
  [true, false].map((javaScriptEnabled) => ({
    store,
    javaScriptEnabled,
    name: `on ${store}, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`,
  })),
)

for (const { store, javaScriptEnabled, name } of WAYS) {
  test(`S1-01: register, see two devices, end one, sign out, come back, ${name}`, async ({
    serviceOn,
    visit,
  }) => {
    const of = await serviceOn(store)
    const person = somebody()
    const here = await visit({ of, javaScriptEnabled, userAgent: CHROME_ON_MAC })
    const there = await visit({ of, javaScriptEnabled, userAgent: FIREFOX_ON_WINDOWS })

    await test.step('the first visit leads to an account, and to the dashboard', async () => {
      await here.goto('/')
      await here.getByRole('main').getByRole('link', { name: 'Create account' }).click()
      await register(here, person)
      await expect(here).toHaveURL('/dashboard')
      await expect(here.getByRole('heading', { level: 1 })).toHaveText(`Hello, ${person.name}`)
      await expect(here.getByRole('status')).toContainText('you are signed in')
      await here.reload()
      await expect(here.getByRole('status'), 'said once').toHaveCount(0)
    })

    await test.step('a second browser signs in, and both see two devices by name', async () => {
      await signIn(there, person)
      await expect(there.getByText('2 devices are signed in.')).toBeVisible()
      await here.getByRole('navigation').getByRole('link', { name: 'Devices' }).click()
      const devices = here.getByRole('main').getByRole('listitem')
      await expect(devices).toHaveCount(2)
      await expect(devices.first()).toContainText('Chrome 141 on macOS')
      await expect(devices.first()).toContainText('This device')
      await expect(devices.last()).toContainText('Firefox 140 on Windows')
      await expect(devices.last()).not.toContainText('This device')
    })

    await test.step('the first ends the second, which is out at its next click and told why', async () => {
      const end = 'End the session on Firefox 140 on Windows'
      await here.getByRole('button', { name: end }).click()
      await expect(here.getByRole('status')).toContainText('That device is signed out.')
      await expect(here.getByText('You are not signed in anywhere else')).toBeVisible()
      await there.getByRole('navigation').getByRole('link', { name: 'Security' }).click()
      await expect(there).toHaveURL('/login?returnTo=%2Fsecurity&reason=logged_out_elsewhere')
      await expect(there.getByRole('status')).toContainText('Signed out from another device')
      await expect(there.getByRole('status')).toContainText('ended from your list of devices')
      await expect(there.getByRole('banner')).not.toContainText(person.name)
    })

    await test.step('signing in again leads to the page that was wanted', async () => {
      await fillSignIn(there, person)
      await expect(there).toHaveURL('/security')
      await expect(there.getByRole('heading', { level: 1 })).toHaveText('Security')
    })

    await test.step('signing out says so, and the back button shows nothing private', async () => {
      await here.goto('/profile')
      await here.goto('/dashboard')
      await signOut(here)
      await expect(here).toHaveURL('/signed-out?reason=logged_out')
      await expect(here.getByRole('heading', { level: 1 })).toHaveText('You have signed out')
      await here.goBack()
      await expect(here).toHaveURL(/\/login\?returnTo=%2Fdashboard/)
      await expect(here.locator('body')).not.toContainText(person.name)
    })

    await test.step('the way back in leads on from there', async () => {
      await fillSignIn(here, person)
      await expect(here).toHaveURL('/dashboard')
    })
  })
}

for (const store of STORES) {
  test(`end all others, on ${store}`, async ({ serviceOn, visit }) => {
    const of = await serviceOn(store)
    const person = somebody()
    const here = await visit({ of, userAgent: CHROME_ON_MAC })
    const others = [
      await visit({ of, userAgent: FIREFOX_ON_WINDOWS }),
      await visit({ of, userAgent: SAFARI_ON_IPHONE }),
    ]
    await arrive(here, person)
    for (const other of others) await signIn(other, person)
    await here.goto('/sessions')
    await expect(here.getByRole('main').getByRole('listitem')).toHaveCount(3)
    await here.getByRole('button', { name: 'End all others' }).click()
    await expect(here.getByRole('status')).toContainText('2 other devices were signed out.')
    await expect(here.getByRole('main').getByRole('listitem')).toHaveCount(1)
    for (const other of others) {
      await other.reload()
      await expect(other).toHaveURL('/login?returnTo=%2Fdashboard&reason=logged_out_elsewhere')
      await expect(other.getByRole('status')).toContainText('Signed out from another device')
    }
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
    const here = await visit({ of })
    const there = await visit({ of, userAgent: FIREFOX_ON_WINDOWS })
    await arrive(here, person)
    await signIn(there, person)
    await of.forgetSignIn(await sessionId(here), 16)

    await here.goto('/sessions')
    await here.getByRole('button', { name: 'End all others' }).click()
    await expect(here).toHaveURL('/reauthenticate?returnTo=%2Fsessions')
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
    await expect(here).toHaveURL('/sessions')
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
  await arrive(await visit({ of }), person)
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
