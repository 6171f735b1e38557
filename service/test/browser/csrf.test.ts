/** Requests that pages cause, own and foreign ones, as a real browser sends them. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'
import { standBetween, UNKNOWN_THEN, type GoBetween, type SeenPost } from './support/go-between.js'
import { arrive, sessionId, signIn, signOut, somebody, type Person } from './support/person.js'
import type { Service } from './support/service.js'
import { expect, test, type Visit } from './support/test.js'

/** What a page can do without asking first, and with. Each causes at most one POST to `to`. */
const TRANSPORTS: Readonly<Record<string, string>> = {
  'a form': `form({})`,
  'a form in a new window': `form({ target: '_blank' })`,
  'a form in a frame': `form({ target: frame() })`,
  'plain text by a form': `form({ enctype: 'text/plain' })`,
  'multipart by a form': `form({ enctype: 'multipart/form-data' })`,
  'fetch no-cors': `send({ mode: 'no-cors', body: 'a=b' })`,
  'fetch no-cors, a form': `send({ mode: 'no-cors', body: new URLSearchParams('a=b') })`,
  'fetch no-cors without type': `send({ mode: 'no-cors', body: new Blob(['{}']) })`,
  'fetch no-cors without body': `send({ mode: 'no-cors' })`,
  'fetch that asks to read': `send({ body: 'a=b' })`,
  'fetch with JSON': `send({ headers: { 'content-type': 'application/json' }, body: '{}' })`,
  'a beacon': `navigator.sendBeacon(to, 'a=b')`,
  XMLHttpRequest: `xhr()`,
}

const HELPERS = `
  const form = (attributes) => {
    const element = Object.assign(document.createElement('form'), { method: 'post', action: to, ...attributes })
    element.append(Object.assign(document.createElement('input'), { name: 'a', value: 'b' }))
    document.body.append(element)
    element.submit()
  }
  const frame = () => {
    document.body.append(Object.assign(document.createElement('iframe'), { name: 'inside' }))
    return 'inside'
  }
  const send = (options) => { fetch(to, { method: 'POST', credentials: 'include', ...options }).catch(() => {}) }
  const xhr = () => {
    const request = new XMLHttpRequest()
    request.open('POST', to)
    request.withCredentials = true
    request.setRequestHeader('content-type', 'text/plain')
    request.send('a=b')
  }
`

/** Where the requests come from: what the browser says of it, and whether a lax cookie goes along. */
const PLACES = {
  'another site': { host: '127.0.0.1', site: 'cross-site', cookie: '' },
  'a neighbour on the same site': { host: 'localhost', site: 'same-site', cookie: 'sid' },
} as const

/** Somebody else's page: empty, and does what it is told. */
async function startElsewhere(): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<!doctype html><link rel="icon" href="data:,"><title>Elsewhere</title><body>')
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Has the page do it, and answers what the service was sent and said; `undefined`: the browser held it back. */
async function cause(
  page: Page,
  script: string,
  { of, posts }: GoBetween,
): Promise<Omit<SeenPost, 'path'> | undefined> {
  posts.splice(0)
  let isHeldBack = false
  page.once('requestfailed', () => (isHeldBack = true))
  const to = JSON.stringify(`${of.origin}/logout`)
  await page.evaluate(`(() => { const to = ${to}; ${HELPERS}; ${script} })()`)
  // What the service has answered may still be held back from the page: that comes afterwards.
  await expect.poll(() => isHeldBack || posts.length > 0).toBe(true)
  const [post] = posts
  return post && { site: post.site, cookie: nameOf(post.cookie), status: post.status }
}

/** The name of the session cookie that went along, without what tells it from others on this host. */
function nameOf(cookie: string): string {
  return /(?:^|; )(sid)-[\w-]{4}=/.exec(cookie)?.[1] ?? ''
}

test.describe('pages of other origins', () => {
  for (const [place, { host, site, cookie }] of Object.entries(PLACES)) {
    test(`ASVS 3.5.1: ${place} changes nothing, however it sends its request`, async ({
      browser,
      serviceOn,
    }) => {
      const between = await standBetween(await serviceOn('sqlite'))
      const elsewhere = await startElsewhere()
      // Not `visit`: here the browser is to complain of what the other page does.
      const context = await browser.newContext({ baseURL: between.of.origin })
      try {
        const own = await context.newPage()
        await arrive(own, somebody())
        const id = await sessionId(own)
        const found: unknown[] = []
        for (const [transport, script] of Object.entries(TRANSPORTS)) {
          const page = await context.newPage()
          await page.goto(`http://${host}:${String(elsewhere.port)}/`)
          found.push([transport, (await cause(page, script, between)) ?? 'held back'])
          for (const other of context.pages()) if (other !== own) await other.close()
        }
        const refused = { site, cookie, status: 403 }
        expect(found).toEqual(
          Object.keys(TRANSPORTS).map((transport) => [
            transport,
            // Its preflight is not answered as the browser would like.
            transport === 'fetch with JSON' ? 'held back' : refused,
          ]),
        )
        expect(await sessionId(own)).toBe(id)
      } finally {
        await context.close()
        await elsewhere.stop()
        await between.stop()
      }
    })
  }
})

const TABS = 10
const PROVE = '/reauthenticate?returnTo=%2Fprofile'

async function prove(tab: Page, { password }: Person): Promise<void> {
  await tab.getByLabel('Password').fill(password)
  await tab.getByRole('button', { name: 'Confirm' }).click()
  await expect(tab).toHaveURL('/profile')
}

/** Ten tabs, each with its form; whoever sends one has signed in anew in the same session as far as the others can tell. */
async function openTabs(visit: Visit, of: Service, person: Person, count: number): Promise<Page[]> {
  const first = await visit({ of })
  await arrive(first, person)
  const tabs = [first]
  while (tabs.length < count) tabs.push(await first.context().newPage())
  await Promise.all(tabs.map((tab) => tab.goto(PROVE)))
  return tabs
}

test('behaviour 15b: ten tabs by their tokens alone, and every form can be sent, also after others have signed in anew in the same session', async ({
  visit,
  serviceOn,
}) => {
  const old = await standBetween(await serviceOn('sqlite'), UNKNOWN_THEN)
  try {
    const person = somebody()
    const tabs = await openTabs(visit, old.of, person, TABS)
    const before = old.posts.length
    for (const tab of tabs) await prove(tab, person)
    expect(old.posts.length - before).toBe(TABS)
    // It is the tokens that do it: without one the same form is refused.
    const [tab] = tabs
    if (tab === undefined) throw new Error('no tab')
    await tab.goto(PROVE)
    await tab.locator('main input[name=_csrf]').evaluate((field) => {
      field.remove()
    })
    await tab.getByLabel('Password').fill(person.password)
    const answer = tab.waitForResponse((response) => response.request().method() === 'POST')
    await tab.getByRole('button', { name: 'Confirm' }).click()
    expect((await answer).status()).toBe(403)
    await expect(tab.getByText('csrf_invalid')).toBeVisible()
    // And everything else in such a browser: out, and in again.
    await tab.goto('/dashboard')
    await signOut(tab)
    await expect(tab).toHaveURL(/\/signed-out/)
    await signIn(tab, person)
    // Before what stands between, whose end the page would notice.
    await tab.context().close()
  } finally {
    await old.stop()
  }
})

test('a browser that says whose page it is may even have another session by then', async ({
  visit,
  serviceOn,
}) => {
  const of = await serviceOn('sqlite')
  const person = somebody()
  const [tab, other] = await openTabs(visit, of, person, 2)
  if (tab === undefined || other === undefined) throw new Error('no tab')
  await other.goto('/dashboard')
  await signOut(other)
  await expect(other).toHaveURL(/\/signed-out/)
  await signIn(other, person)
  await prove(tab, person)
})
