/** Every page, in each of its states, is small and sufficient to itself. */
import {
  guestStage,
  lookAtEach,
  MEMBER_PAGES,
  memberStage,
  OPEN_PAGES,
  type PageState,
} from './support/every-page.js'
import { expect, test } from './support/test.js'

const MOST_BYTES = 15 * 1024

test('ASVS 3.6.1: each page has under 15 KB, names no other host, and asks none', async ({
  serviceOn,
  visit,
}) => {
  const of = await serviceOn('redis')
  // That no request leaves is checked at the end of every test: see support/test.ts.
  const check = async ({ name, status }: PageState, html: string, seen: number): Promise<void> => {
    expect.soft(seen, name).toBe(status)
    expect.soft(Buffer.byteLength(html), `${name}: bytes`).toBeLessThan(MOST_BYTES)
    const addresses = html.match(/(?:[a-z][a-z0-9+.-]*:)?\/\/[^\s"'<>)]+/gi) ?? []
    expect.soft(addresses, `${name}: addresses with a host`).toEqual([])
    expect
      .soft(html, `${name}: scripts and inline styles`)
      .not.toMatch(/<script|\sstyle=|\son\w+=/i)
  }
  for (const [states, enter] of [
    [OPEN_PAGES, guestStage],
    [MEMBER_PAGES, memberStage],
  ] as const) {
    const stage = await enter(of, visit)
    let last: Promise<{ readonly html: string; readonly status: number }> | undefined
    stage.page.on('response', (response) => {
      const isDocument = response.request().isNavigationRequest() && response.status() !== 303
      if (!isDocument) return
      last = response.text().then((html) => ({ html, status: response.status() }))
    })
    await lookAtEach(states, stage, async (state) => {
      const { html = '', status = 0 } = (await last) ?? {}
      await check(state, html, status)
    })
  }
})
