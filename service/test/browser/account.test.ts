/** The smaller things that happen on the way: mistakes, old sign-ins, other devices, new passwords. */
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
