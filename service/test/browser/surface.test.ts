/** Every page, in each of its states, is small, sufficient to itself and for everybody to use: by rules that a program can check. */
import { randomBytes } from 'node:crypto'
import {
  guestStage,
  lookAtEach,
  MEMBER_PAGES,
  memberStage,
  OPEN_PAGES,
  type PageState,
  type Stage,
} from './support/every-page.js'
import { CONSOLE_PAGES, consoleStage } from './support/console-pages.js'
import { examine } from './support/examine.js'
import { startService, type Service } from './support/service.js'
import { expect, test } from './support/test.js'
import { isLight, isSentWell, MOST, noteDocuments } from './support/weight.js'

const ADMIN_TOKEN = randomBytes(32).toString('hex')

/** Many pages for one test, and a machine may be busy. The longest of all tests, so each may have a worker of its own. */
test.describe.configure({ timeout: 240_000, mode: 'parallel' })

let of: Service
test.beforeAll(async () => {
  of = await startService({ store: 'redis', env: { ADMIN_TOKEN } })
})
test.afterAll(() => of.stop())

test('ASVS 3.6.1: each page that is open to all asks no other host, is light, and everybody can use it', async ({
  visit,
}) => {
  await walk(OPEN_PAGES, await guestStage(of, visit), MOST.people)
})

test('ASVS 3.6.1: each page of a signed-in person asks no other host, is light, and everybody can use it', async ({
  visit,
}) => {
  await walk(MEMBER_PAGES, await memberStage(of, visit), MOST.people)
})

test('ASVS 3.6.1: each page of the console asks no other host, is light, and everybody can use it', async ({
  visit,
}) => {
  await walk(CONSOLE_PAGES, await consoleStage(of, visit, ADMIN_TOKEN), MOST.console)
})

/** That no request leaves, no rule of the security policy is broken and no error is logged: see support/test.ts. */
async function walk(states: readonly PageState[], stage: Stage, most: number): Promise<void> {
  const lastDocument = noteDocuments(stage.page)
  const known = new Set<string>()
  await lookAtEach(states, stage, async (state, page) => {
    const { name, status, isIntercepted = false } = state
    const document = await lastDocument()
    expect.soft(document.status, name).toBe(status)
    namesNobodyElse(name, document.html)
    const assets = await isLight(name, page, { most, known: isIntercepted ? new Set() : known })
    for (const path of assets) known.add(path)
    await examine(state, page)
  })
  for (const path of known) await isSentWell(stage.of.origin, path)
}

function namesNobodyElse(name: string, html: string): void {
  const addresses = html.match(/(?:[a-z][a-z0-9+.-]*:)?\/\/[^\s"'<>)]+/gi) ?? []
  expect.soft(addresses, `${name}: addresses with a host`).toEqual([])
  const inline = html.match(/<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=/gi) ?? []
  expect.soft(inline, `${name}: scripts and styles in the page`).toEqual([])
}
