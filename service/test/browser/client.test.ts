/** `sojourn/browser` in a real browser, against the real service: many tabs, a wrong clock, no network, a form, the dialog. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from '@playwright/test'
import type { Client } from '../../../library/src/browser/index.js'
import { rolldown } from 'rolldown'
import { ROOT } from '../../../tools/workspace/places.mjs'
import { standInFront, type Front } from './support/front.js'
import { fillSignIn, registerByScript, somebody, type Person } from './support/person.js'
import { startService, type Service } from './support/service.js'
import { expect, test } from './support/test.js'

interface Told {
  readonly name: string
  readonly at: number
  readonly event: { readonly reason?: string; readonly mayExtend?: boolean }
}

/** What the script of the pages below leaves for the tests. */
interface Stage {
  client: Client
  told: Told[]
  reauthed: unknown[]
}
declare const stage: Stage
/** Status of the answer, or name of the fault. */
declare function ask(path: string, signal?: AbortSignal): Promise<number | string>
/** Code of the error. */
declare function fault(promise: Promise<unknown>): Promise<string>

const SCRIPT = `
globalThis.ask = (path, signal) =>
  stage.client.fetch(path, { headers: { accept: 'application/json' }, ...(signal && { signal }) })
    .then(({ status }) => status, ({ name }) => name)
globalThis.fault = (promise) => promise.then(() => 'none', ({ code }) => code)
import { createClient } from '/browser/index.js'
import { defineExpiryDialog } from '/browser/expiry.js'
import { keepForm } from '/browser/form.js'
const client = createClient({ warnBefore: 20 })
globalThis.stage = { client, told: [], reauthed: [] }
for (const name of ['expiring', 'extended', 'ended']) {
  client.on(name, (event) => stage.told.push({ name, event, at: performance.timeOrigin + performance.now() }))
}
for (const form of document.forms) {
  keepForm(client, form, form.id === 'asked'
    ? { onReauth: (fields, fill) => { stage.reauthed.push(fields); fill() } }
    : {})
}
defineExpiryDialog(client)
`
const FORM = `<form id="note"><label>Title <input name="title"></label>
<label>Text <textarea name="text"></textarea></label>
<label>Kind <select name="kind"><option>private</option><option>public</option></select></label>
<label><input type="checkbox" name="tag" value="a"> a</label><label><input type="checkbox" name="tag" value="b"> b</label>
<label>Secret <input type="password" name="secret"></label><label>Card <input name="card" autocomplete="cc-number"></label>
<input type="hidden" name="_csrf" value="once"></form>
<form id="asked"><label>Comment <input name="comment"></label></form>`
const PAGES = {
  '/app/plain': '<sojourn-expiry></sojourn-expiry>',
  '/app/note': FORM,
  '/app/guide': '',
  '/app/dialog':
    '<label>Field <input></label><button>Other</button><sojourn-expiry></sojourn-expiry>',
}

const services: Service[] = []
const fronts: Front[] = []
let front: Front
/** Its sessions end after half the time. */
let hasty: Front

/** Nobody does anything in this one. */
let left: Page

test.beforeAll(async ({ browser }) => {
  services.push(
    ...(await Promise.all(
      ['20s', '10s'].map((idle) => startService({ env: { SESSION_IDLE: idle } })),
    )),
  )
  for (const service of services)
    fronts.push(await standInFront(service, PAGES, { '/page.js': SCRIPT }))
  ;[front, hasty] = fronts as [Front, Front]
  const context = await browser.newContext({ baseURL: hasty.of.origin })
  left = await enter(await context.newPage(), somebody('left'))
})
test.afterAll(async () => {
  await left.context().close()
  await Promise.all(fronts.map((one) => one.stop()))
  await Promise.all(services.map((one) => one.stop()))
})
test.beforeEach(() => {
  for (const one of fronts) {
    one.seen.length = 0
    one.instead.clear()
  }
})

test('behaviour 3f, behaviour 42a: tokens that expired are refreshed once, and nothing else signs anybody out', async ({
  browser,
}) => {
  const { page, close } = await ownBrowser(browser)
  const person = somebody('tokens')
  const tabs = await openTabs(await enter(page, person), 2)

  await test.step('both tabs expire at once: one refresh, and both go on', async () => {
    await evaluateAll(tabs, () => fetch('/auth/refresh', { method: 'POST' }).then(() => undefined))
    // As if the time of the access token were over, which is when browsers drop its cookie.
    for (const { name } of await page.context().cookies()) {
      if (!name.endsWith('-refresh')) await page.context().clearCookies({ name })
    }
    front.seen.length = 0
    const statuses = await evaluateAll(tabs, () => ask('/profile'))
    expect(statuses).toEqual([200, 200])
    expect(count(front, 'POST /auth/refresh')).toBe(1)
    expect(count(front, 'GET /profile')).toBe(4)
  })

  await test.step("the application's own 401 causes no refresh", async () => {
    front.seen.length = 0
    front.instead.set('GET /pay', (response) => {
      response.writeHead(401, { 'content-type': 'application/json' })
      response.end('{"code":"session_missing"}')
    })
    expect(await page.evaluate(() => ask('/pay'))).toBe(401)
    expect(front.seen.filter((name) => !name.startsWith('GET /events'))).toEqual(['GET /pay'])
  })

  await test.step('a 401 that a refresh does not mend is repeated once', async () => {
    front.seen.length = 0
    front.instead.set('GET /never', (response) => {
      const challenge = 'Cookie realm="sojourn"'
      const type = 'application/problem+json'
      response.writeHead(401, { 'content-type': type, 'www-authenticate': challenge })
      response.end('{"code":"token_expired"}')
    })
    expect(await page.evaluate(() => ask('/never'))).toBe(401)
    expect(count(front, 'GET /never')).toBe(2)
    expect(count(front, 'POST /auth/refresh')).toBe(1)
  })

  await test.step('a service in trouble, one that says nothing, no network: nobody is signed out', async () => {
    const inTrouble = (response: { writeHead(status: number): void; end(): void }): void => {
      response.writeHead(503)
      response.end()
    }
    for (const name of ['POST /auth/refresh', 'GET /session', 'POST /session/extend']) {
      front.instead.set(name, inTrouble)
    }
    expect(await page.evaluate(() => ask('/never'))).toBe(503)
    expect(await page.evaluate(() => fault(stage.client.extend()))).toBe('unreachable')
    for (const name of ['POST /auth/refresh', 'GET /session']) {
      front.instead.set(name, () => undefined)
    }
    expect(await page.evaluate(() => ask('/never', AbortSignal.timeout(100)))).toBe('TimeoutError')
    expect(await page.evaluate(() => stage.client.state.status)).toBe('active')
    front.instead.clear()
    await page.context().setOffline(true)
    expect(await page.evaluate(() => ask('/profile'))).toBe('TypeError')
    expect(await page.evaluate(() => fault(stage.client.signOut()))).toBe('unreachable')
    await page.context().setOffline(false)
    expect(await page.evaluate(() => ask('/profile'))).toBe(200)
    const told = await evaluateAll(tabs, () => stage.told.filter(({ name }) => name === 'ended'))
    expect(told).toEqual([[], []])
  })

  await test.step('no script has written a cookie or anything else', async () => {
    const written = await evaluateAll(tabs, () => [
      document.cookie,
      localStorage.length,
      sessionStorage.length,
    ])
    expect(written).toEqual([
      ['', 0, 0],
      ['', 0, 0],
    ])
  })
  await close()

  await test.step('a browser without cookies: no loop', async () => {
    const other = await ownBrowser(browser)
    front.seen.length = 0
    await other.page.goto('/app/plain')
    const noCookies = { name: person.name, password: person.password }
    await other.page.evaluate(async ({ name, password }) => {
      const body = JSON.stringify({ username: name, password })
      const init = {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      } as const
      for (let attempt = 0; attempt < 2; attempt += 1) {
        await stage.client.fetch('/login', { ...init, credentials: 'omit' })
        await ask('/profile')
      }
    }, noCookies)
    expect(count(front, 'POST /auth/refresh')).toBe(1)
    expect(count(front, 'GET /profile')).toBe(2)
    await other.close()
  })
})

test('behaviour 14d: what stood in a form is there again after the same person has signed in, and for nobody else', async ({
  visit,
}) => {
  const [ada, bob] = [somebody('ada'), somebody('bob')]
  await registerByScript(front.of, bob)
  const page = await enter(await visit({ of: front.of }), ada, '/app/note?of=today#third')
  const write = async (title: string): Promise<void> => {
    await page.getByLabel('Title').fill(title)
    await page.getByLabel('Text').fill('Two\nlines')
    await page.getByLabel('Kind').selectOption('public')
    await page.getByLabel('b', { exact: true }).check()
    await page.getByLabel('Secret').fill('nobody may know')
    await page.getByLabel('Card').fill('4242')
    await page.getByLabel('Comment').fill('a remark')
  }
  const endByNewPassword = async (person: Person, password: string): Promise<void> => {
    const signedIn = await post('/login', { username: person.name, password: person.password })
    const { tokens } = (await signedIn.json()) as { tokens: { accessToken: string } }
    const body = { currentPassword: person.password, newPassword: password }
    expect((await post('/password', body, tokens.accessToken)).ok).toBe(true)
    await expect.poll(() => page.evaluate(() => stage.client.state.status)).toBe('ended')
  }

  await write('A note')
  await endByNewPassword(ada, 'a new password of ada')
  const kept = await page.evaluate(() => JSON.stringify(sessionStorage))
  expect(kept).toContain('A note')
  expect(kept).not.toMatch(/nobody may know|4242|once|_csrf/)
  await page.goto(await page.evaluate(() => stage.client.signInAddress()))
  await fillSignIn(page, { name: ada.name, password: 'a new password of ada' })
  await expect(page).toHaveURL('/app/note?of=today#third')
  await expect(page.getByLabel('Title')).toHaveValue('A note')
  await expect(page.getByLabel('Text')).toHaveValue('Two\nlines')
  await expect(page.getByLabel('Kind')).toHaveValue('public')
  await expect(page.getByLabel('b', { exact: true })).toBeChecked()
  await expect(page.getByLabel('a', { exact: true })).not.toBeChecked()
  await expect(page.getByLabel('Secret')).toHaveValue('')
  await expect(page.getByLabel('Card')).toHaveValue('')
  await expect(page.getByLabel('Comment')).toHaveValue('a remark')
  expect(await page.evaluate(() => stage.reauthed)).toEqual([{ comment: ['a remark'] }])
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0)

  await write('Another note')
  await endByNewPassword({ ...ada, password: 'a new password of ada' }, ada.password)
  await page.goto(await page.evaluate(() => stage.client.signInAddress()))
  await fillSignIn(page, bob)
  await expect(page).toHaveURL('/app/note?of=today#third')
  await page.waitForLoadState('load')
  await expect.poll(() => page.evaluate(() => stage.client.state.subject)).not.toBe(undefined)
  await expect(page.getByLabel('Title')).toHaveValue('')
  expect(await page.evaluate(() => stage.reauthed)).toEqual([])
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0)

  await write('A third note')
  await page.evaluate(() => stage.client.signOut())
  expect(await page.evaluate(() => sessionStorage.length), 'left on purpose').toBe(0)
})

test('the expiry dialog asks, holds the focus, is left by keyboard, and says why it is over', async ({
  visit,
}) => {
  const page = await enter(await visit({ of: hasty.of }), somebody('dialog'), '/app/dialog')
  const dialog = page.getByRole('alertdialog')
  const stay = dialog.getByRole('button', { name: 'Stay signed in' })
  const field = page.getByLabel('Field')
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await field.focus()

  await expect(dialog).toBeVisible()
  await expect(dialog).toHaveAccessibleName('Are you still there?')
  await expect(dialog).toHaveAccessibleDescription(
    /signed out in \d seconds?\. Do you want to stay/,
  )
  await expect(stay).toBeFocused()
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
  await expectAccessible(page)
  for (let stop = 0; stop < 4; stop += 1) {
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.localName)).not.toBe('input')
  }

  hasty.instead.set('POST /session/extend', (response) => {
    response.writeHead(503)
    response.end()
  })
  await stay.press('Enter')
  await expect(dialog.getByRole('alert')).toContainText('You are not signed out')
  await dialog.getByRole('button', { name: 'Sign out now' }).press('Space')
  await expect(dialog).toHaveAccessibleName('You are signed out')
  await expect(dialog).toHaveAccessibleDescription('You signed out.')
  const link = dialog.getByRole('link', { name: 'Sign in again' })
  await expect(link).toBeFocused()
  await expect(link).toHaveAttribute('href', '/login?returnTo=%2Fapp%2Fdialog&reason=logged_out')
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(field).toBeFocused()
})

test('the code of the guide runs in a page', async ({ visit }) => {
  const preact = await rolldown({ input: 'preact/compat', cwd: ROOT, logLevel: 'silent' })
  const { output } = await preact.generate({ format: 'esm' })
  const service = services[0] as Service
  const scripts = { '/react.js': output[0].code, '/page.js': await guideScript() }
  const guide = await standInFront(service, PAGES, scripts)
  fronts.push(guide)
  const page = await visit({ of: guide.of })
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  const { name, password } = somebody('reader')
  await page.request.post('/register', { data: { username: name, password } })
  await page.goto('/app/guide')
  await page.waitForFunction(() => 'stage' in globalThis)
  expect(said.some((text) => text.startsWith('200'))).toBe(true)
  expect(said).toContain('false')
  expect(said.at(-1)).toBe('function')
})

test('behaviour 14c: eight tabs whose computer is a day ahead hear the same at the same moment', async ({
  visit,
}) => {
  const first = await visit({ of: front.of })
  await first.context().addInitScript(() => {
    const { now } = Date
    Date.now = () => now() + 86_400_000
  })
  const tabs = await openTabs(await enter(first, somebody('eight')), 8)

  await test.step('all are warned, a quarter of the idle time after the last activity', async () => {
    await evaluateAll(tabs, () => stage.client.extend())
    const before = Date.now()
    const warnings = await heard(tabs, 'expiring')
    expectAtOnce(warnings)
    expect(warnings[0]?.event.mayExtend).toBe(true)
    expect(Date.now() - before).toBeGreaterThan(4_000)
    for (const seconds of await evaluateAll(tabs, () => stage.client.secondsLeft())) {
      expect(seconds).toBeGreaterThanOrEqual(13)
      expect(seconds).toBeLessThanOrEqual(15)
    }
  })
  await test.step('extended in one, it is extended in all', async () => {
    await forget(tabs)
    const [dialog, another] = [tabs[2], tabs[6]].map((tab) => tab?.getByRole('alertdialog'))
    if (dialog === undefined || another === undefined) throw new Error('There are eight tabs.')
    await expect(another).toBeVisible()
    await dialog.press('Escape')
    expectAtOnce(await heard(tabs, 'extended'))
    await expect(dialog).toBeHidden()
    await expect(another).toBeHidden()
    const states = await evaluateAll(tabs, () => stage.client.state.isExpiring)
    expect(states).toEqual(Array(8).fill(false))
  })
  await test.step('one stream serves them all', () => {
    expect(count(front, 'GET /events')).toBe(1)
  })
  await test.step('signed out in one, all are told why', async () => {
    await tabs[5]?.evaluate(() => stage.client.signOut())
    const ends = await heard(tabs, 'ended')
    expectAtOnce(ends)
    expect(ends.map(({ event }) => event.reason)).toEqual(Array(8).fill('logged_out'))
  })
  await test.step('where nobody does anything it ends by time, and says so', async () => {
    const [end] = await heard([left], 'ended')
    expect(end?.event.reason).toBe('expired_idle')
  })
})

/** The code of the guide as one script, and React as Preact has it. */
async function guideScript(): Promise<string> {
  const guide = await readFile(join(ROOT, 'docs/guide/browser-client.md'), 'utf8')
  const blocks = [...guide.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => code)
  const code = blocks
    .join('\n')
    .replaceAll(
      /'sojourn\/browser(\/\w+)?'/g,
      (_, entry: string) => `'/browser${entry ?? '/index'}.js'`,
    )
  return `${code.replace("'react'", "'/react.js'")}\nglobalThis.stage = { client, blocks: ${blocks.length} }`
}

/** Makes an account, and opens a page of the front as its person. */
async function enter(page: Page, { name, password }: Person, path = '/app/plain'): Promise<Page> {
  await page.goto(path)
  await page.waitForFunction(() => stage.client.state.status === 'none')
  // By the page itself: what a browser asks for gets cookies and no tokens to read.
  const status = await page.evaluate(
    async (body) => {
      const headers = { 'content-type': 'application/json', accept: 'application/json' }
      const answer = await stage.client.fetch('/register', { method: 'POST', body, headers })
      return answer.status
    },
    JSON.stringify({ username: name, password }),
  )
  expect(status).toBe(201)
  await page.waitForFunction(() => stage.client.state.status === 'active')
  return page
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await page.waitForFunction(() => stage.client.state.status === 'active')
}

async function openTabs(page: Page, number: number): Promise<Page[]> {
  const others = Array.from({ length: number - 1 }, async () => {
    const tab = await page.context().newPage()
    await open(tab, '/app/plain')
    return tab
  })
  return [page, ...(await Promise.all(others))]
}

/** A browser whose console may complain: it is offline for a while. */
async function ownBrowser(browser: Browser) {
  const context = await browser.newContext({ baseURL: front.of.origin })
  return { page: await context.newPage(), close: () => context.close() }
}

function evaluateAll<Value>(pages: readonly Page[], work: () => Value): Promise<Awaited<Value>[]> {
  return Promise.all(pages.map((page) => page.evaluate(work) as Promise<Awaited<Value>>))
}

/** Waits until each page was told, and answers what. */
function heard(pages: readonly Page[], name: string): Promise<Told[]> {
  const wait = async (page: Page): Promise<Told> => {
    const found = await page.waitForFunction(
      (wanted) => stage.told.find((told) => told.name === wanted),
      name,
      { timeout: 15_000 },
    )
    return (await found.jsonValue()) as Told
  }
  return Promise.all(pages.map(wait))
}

const forget = (pages: readonly Page[]) => evaluateAll(pages, () => void (stage.told.length = 0))

function expectAtOnce(told: readonly Told[]): void {
  const moments = told.map(({ at }) => at)
  expect(Math.max(...moments) - Math.min(...moments)).toBeLessThanOrEqual(200)
}

function count({ seen }: Front, name: string): number {
  return seen.filter((one) => one === name).length
}

function post(path: string, body: object, token?: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(new URL(path, front.of.origin), {
    method: 'POST',
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  })
}

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
}
