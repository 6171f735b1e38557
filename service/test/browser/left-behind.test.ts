/** What pages leave in a browser beside cookies, and what they listen to: nothing. */
import type { Page } from '@playwright/test'
import { startOtherSite } from './support/other-site.js'
import { arrive, fillSignIn, register, signOut, somebody } from './support/person.js'
import { expect, test } from './support/test.js'

const MEMBER_PATHS = ['/dashboard', '/', '/profile', '/sessions', '/security', '/reauthenticate']
const OPEN_PATHS = ['/', '/login', '/register', '/signed-out?reason=logged_out', '/nowhere']

/** Everything that a page of this origin could find again later. */
async function keptBy(page: Page): Promise<Readonly<Record<string, unknown>>> {
  return page.evaluate(async () => ({
    localStorage: { ...localStorage },
    sessionStorage: { ...sessionStorage },
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    cookiesOfScripts: document.cookie,
    name: window.name,
    history: history.state as unknown,
  }))
}

const NOTHING = {
  localStorage: {},
  sessionStorage: {},
  databases: [],
  caches: [],
  workers: 0,
  cookiesOfScripts: '',
  name: '',
  history: null,
}

test('ASVS 14.3.3: after a whole walk, web storage, IndexedDB, caches and whatever else a script could read are empty', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const person = somebody()
  const page = await visit({ of })
  const look = async (where: string): Promise<void> => {
    expect(await keptBy(page), where).toEqual(NOTHING)
  }
  await page.goto('/register')
  await register(page, person)
  await expect(page).toHaveURL('/dashboard')
  await look('registered')
  for (const path of MEMBER_PATHS) {
    await page.goto(path)
    await look(path)
  }
  await page.goto('/dashboard')
  await signOut(page)
  await expect(page).toHaveURL(/\/signed-out/)
  await look('signed out')
  await page.goto('/login')
  await fillSignIn(page, { ...person, password: 'not the password' })
  await expect(page.getByRole('alert')).toBeVisible()
  await look('refused')
  await fillSignIn(page, person)
  await expect(page).toHaveURL('/dashboard')
  await look('signed in again')
  for (const path of OPEN_PATHS) {
    await page.goto(path)
    await look(path)
  }
  const cookies = await page.context().cookies()
  expect(cookies.length).toBeGreaterThan(0)
  expect(cookies.filter(({ httpOnly }) => !httpOnly)).toEqual([])
})

/** What somebody may hope that a page obeys. */
const ORDERS = [
  'logout',
  { type: 'logout' },
  { type: 'navigate', url: 'https://evil.example' },
  { command: 'setToken', token: 'x', html: '<img src=x onerror=alert(1)>' },
]

/** Notes each listener that a page adds for messages, before any script of its own could run. */
function noteListeners(): void {
  const added: string[] = []
  const add = EventTarget.prototype.addEventListener
  EventTarget.prototype.addEventListener = function (this: EventTarget, type: string, ...rest) {
    added.push(type)
    add.call(this, type, ...rest)
  }
  Object.defineProperty(window, 'onmessage', { set: () => added.push('message') })
  Object.assign(window, { addedListeners: added })
}

test('ASVS 3.5.5: no page listens to messages, so those of a foreign origin, or of any, change nothing', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  const other = await startOtherSite()
  try {
    const page = await visit({ of, alsoAt: [other.origin] })
    const context = page.context()
    await arrive(page, somebody())
    await context.addInitScript(noteListeners)
    for (const path of [...MEMBER_PATHS, ...OPEN_PATHS]) {
      await page.goto(path)
      const heard = await page.evaluate(() => ({
        listeners: (window as unknown as { addedListeners: string[] }).addedListeners,
        attributes: document.querySelectorAll('[onmessage]').length,
      }))
      const messages = heard.listeners.filter((type) => type.startsWith('message'))
      expect([messages, heard.attributes], path).toEqual([[], 0])
    }

    await page.goto(`${other.origin}/link?to=x`)
    const opening = context.waitForEvent('page')
    const dashboard = `${of.origin}/dashboard`
    await page.evaluate((url) => {
      Object.assign(window, { theirs: window.open(url) })
    }, dashboard)
    const ours = await opening
    await ours.waitForLoadState()
    await expect(ours).toHaveURL(dashboard)
    const before = { html: await ours.content(), cookies: await context.cookies() }
    const requests: string[] = []
    ours.on('request', (request) => requests.push(request.url()))
    await page.evaluate((orders) => {
      const { theirs } = window as unknown as { theirs: Window | null }
      for (const order of orders) theirs?.postMessage(order, '*')
    }, ORDERS)
    // The window of ours is out of their reach; these arrive, as if it were not.
    const arrived = await ours.evaluate(async (orders) => {
      let count = 0
      const done = new Promise<void>((resolve) => {
        const channel = new MessageChannel()
        channel.port1.onmessage = () => {
          resolve()
        }
        for (const data of orders) {
          window.postMessage(data, '*')
          const event = new MessageEvent('message', { data, origin: 'https://evil.example' })
          count += window.dispatchEvent(event) ? 1 : 0
        }
        channel.port2.postMessage('after all of them')
      })
      await done
      return count
    }, ORDERS)
    expect(arrived, 'nobody stopped one').toBe(ORDERS.length)
    await expect(ours).toHaveURL(dashboard)
    expect({ html: await ours.content(), cookies: await context.cookies() }).toEqual(before)
    expect(requests).toEqual([])
    await ours.reload()
    await expect(ours, 'still signed in').toHaveURL(dashboard)
  } finally {
    await other.stop()
  }
})
