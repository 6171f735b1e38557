/** What a person does with the service, from the first visit to the last: with JavaScript on one store, without on the other. */
import {
  CHROME_ON_MAC,
  fillSignIn,
  FIREFOX_ON_WINDOWS,
  register,
  signIn,
  signOut,
  somebody,
} from './support/person.js'
import { expect, test } from './support/test.js'

const WAYS = [
  { store: 'sqlite', javaScriptEnabled: true, name: 'on sqlite, with JavaScript' },
  { store: 'redis', javaScriptEnabled: false, name: 'on redis, without JavaScript' },
] as const

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

    await test.step('the first ends the second, which is out and told why', async () => {
      const end = 'End the session on Firefox 140 on Windows'
      await here.getByRole('link', { name: end }).click()
      await here.getByRole('button', { name: 'End the session' }).click()
      await expect(here.getByRole('status')).toContainText('That device is signed out.')
      await expect(here.getByText('You are not signed in anywhere else')).toBeVisible()
      const [next, returnTo] = javaScriptEnabled
        ? [there.getByRole('link', { name: 'Sign in again' }), 'dashboard']
        : [there.getByRole('navigation').getByRole('link', { name: 'Security' }), 'security']
      await next.click()
      await expect(there).toHaveURL(`/login?returnTo=%2F${returnTo}&reason=logged_out_elsewhere`)
      await expect(there.getByRole('status')).toContainText('Signed out from another device')
      await expect(there.getByRole('status')).toContainText('ended from your list of devices')
      await expect(there.getByRole('banner')).not.toContainText(person.name)
    })

    await test.step('signing in again leads to the page that was wanted', async () => {
      await fillSignIn(there, person)
      await expect(there).toHaveURL(javaScriptEnabled ? '/dashboard' : '/security')
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
